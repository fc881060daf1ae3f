/*
 * For the tests of src/ssh/session: a session and a fake_sshd that speak with
 * each other in memory, on a clock that the test moves, and what the session
 * called back.
 */
#ifndef TAUPE_TESTS_SESSION_WORLD_H
#define TAUPE_TESTS_SESSION_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "fake_sshd.h"
#include "ssh/channel.h"
#include "ssh/msg.h"
#include "ssh/namelist.h"
#include "ssh/session.h"

#define WORLD_BYTES 65536

static struct world {
	struct fake_sshd_config server; /* set before world_start */
	struct fake_sshd *d;
	struct window_budget budget;
	struct session_config config;
	struct session *s;
	uint64_t now_us;
	size_t step; /* bytes that arrive at once; 0: all */
	bool defer_host_key, answer_wrong;
	bool drop_output; /* the server reads nothing */
	uint8_t wire[WORLD_BYTES];

	unsigned n_host_key, n_ask, n_ready, n_down, n_host_keys;
	uint32_t rtt_at_ready_us;
	size_t keys_told;
	int err;
	struct trouble trouble;
	struct buf last; /* the last message that the server got */
	unsigned n_requests;
} w;

static inline void world_host_key(void *arg, const struct pubkey *key)
{
	assert_non_null(key);
	w.n_host_key++;
	if (!w.defer_host_key)
		session_accept_host_key(w.s, w.now_us);
}

static inline void world_ask(void *arg, struct prompt *prompt)
{
	w.n_ask++;
	prompt_free(prompt);
}

static inline void world_agent_sign(
	void *arg, struct slice key_blob, struct slice data, const char *alg)
{
	fail();
}

static inline void world_banner(void *arg, const char *text)
{
}

static inline void world_learned(void *arg, enum prompt_kind kind,
	const char *about, const struct secret *secret)
{
}

static inline void world_ready(void *arg, const char *method, const char *how)
{
	w.n_ready++;
	w.rtt_at_ready_us = session_rtt_us(w.s);
}

static inline void world_forwarded(void *arg, struct channel *ch,
	struct slice host, uint32_t port, bool is_path, struct slice originator,
	uint32_t originator_port)
{
	channel_refuse(ch, OPEN_ADMINISTRATIVELY_PROHIBITED, "");
}

static inline bool world_host_key_is_new(void *arg, const struct pubkey *key)
{
	return true;
}

static inline void world_host_keys(
	void *arg, const struct pubkey *const *keys, size_t n)
{
	w.n_host_keys++;
	w.keys_told = n;
}

static inline void world_down(void *arg, int err, const struct trouble *trouble)
{
	w.n_down++;
	w.err = err;
	w.trouble = *trouble;
}

static inline void world_output(void *arg)
{
}

static const struct session_ops world_ops = {
	.host_key = world_host_key,
	.ask = world_ask,
	.agent_sign = world_agent_sign,
	.banner = world_banner,
	.learned = world_learned,
	.ready = world_ready,
	.forwarded = world_forwarded,
	.host_key_is_new = world_host_key_is_new,
	.host_keys = world_host_keys,
	.down = world_down,
	.output = world_output,
};

static inline void world_keep(void *arg, struct slice payload)
{
	buf_clear(&w.last);
	buf_put(&w.last, payload.p, payload.len);
	if (payload.p[0] == MSG_GLOBAL_REQUEST)
		w.n_requests++;
}

/* Defaults; a test changes them, then starts. */
static inline int world_setup(void **state)
{
	w = (struct world){
		.server = {.strict = true, .message = world_keep},
		.budget = {.limit_bytes = 64u << 20},
		.now_us = 1000000,
		.config =
			{
				.alive_count_max = 3,
				.update_host_keys = true,
				.auth =
					{
						.user = "ada",
						.host = "box",
						.preferred = "password",
						.may_ask = true,
						.password_prompts = 3,
					},
			},
	};
	w.config.budget = &w.budget;
	return 0;
}

static inline int world_teardown(void **state)
{
	session_free(w.s);
	fake_sshd_free(w.d);
	buf_done(&w.last);
	return 0;
}

static inline size_t to_server(void)
{
	size_t n = 0, moved = 0;
	struct iovec iov;

	while (session_output(w.s, &iov, 1) == 1) {
		n = iov.iov_len;
		if (w.step != 0 && n > w.step)
			n = w.step;
		if (!w.drop_output)
			fake_sshd_input(w.d, iov.iov_base, n);
		session_output_done(w.s, n);
		moved += n;
	}
	return moved;
}

static inline void receive(const uint8_t *p, size_t n)
{
	while (n != 0 && !session_is_down(w.s)) {
		size_t room, len;
		uint8_t *to = session_input_space(w.s, &room);

		assert_true(room != 0);
		len = n < room ? n : room;
		if (w.step != 0 && len > w.step)
			len = w.step;
		memcpy(to, p, len);
		session_input(w.s, len, w.now_us);
		p += len;
		n -= len;
	}
}

/* One trip each way; false: nothing was under way. */
static inline bool world_trip(void)
{
	size_t sent = to_server(), n, got = 0;

	w.now_us += 50;
	while ((n = fake_sshd_output(w.d, w.wire, sizeof(w.wire))) != 0) {
		receive(w.wire, n);
		got += n;
	}
	w.now_us += 50;
	return sent + got != 0;
}

static inline void world_pump(void)
{
	while (world_trip())
		continue;
}

static inline void world_start(void)
{
	w.d = fake_sshd_new(&w.server);
	w.s = session_new(&w.config, &world_ops, &w);
	session_start(w.s, w.now_us);
	world_pump();
}

static inline void world_started_ready(void)
{
	world_start();
	assert_int_equal(w.n_down, 0);
	assert_int_equal(w.n_ready, 1);
	assert_true(session_is_ready(w.s));
}

static inline void assert_down(int err)
{
	assert_int_equal(w.n_down, 1);
	assert_int_equal(w.err, err);
	assert_true(session_is_down(w.s));
}

#endif
