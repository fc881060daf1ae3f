/*
 * For the tests of src/ssh/channel and flow: a session that is taken for ready,
 * without handshake or cipher, the peer's messages by hand, and what each
 * channel's application was told.
 */
#ifndef TAUPE_TESTS_CHANNEL_WORLD_H
#define TAUPE_TESTS_CHANNEL_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ssh/channel_private.h"
#include "ssh/namelist.h"

#define WINDOW (1u << 20)
#define MAX    64
#define THEIRS 1000 /* the peer's number for our channel 0 */

/* What the application of one channel was told. */
struct app {
	struct channel *ch;
	unsigned n_opened, n_failed, n_eof, n_closed, n_writable;
	size_t bytes;
	uint32_t reason;
	char text[300];
	bool lost;
	bool keep; /* does not consume */
	struct app *close_on_data, *close_on_closed, *close_on_writable;
	bool end_session;
};

static struct world {
	struct window_budget budget;
	struct session_config config;
	struct session *s;
	struct packet *peer;
	uint64_t now_us;
	struct app app[MAX];
	unsigned n_down, n_forwarded;
	int err;
	bool refuse, leave_asked;
	struct buf last;
	unsigned count[256]; /* messages that we sent, by type */
} w;

static inline void close_it(struct app *a)
{
	struct channel *ch = a->ch;

	a->ch = NULL;
	if (ch != NULL)
		channel_close(ch);
}

static inline void on_opened(void *arg)
{
	((struct app *)arg)->n_opened++;
}

static inline void on_failed(void *arg, uint32_t reason, const char *text)
{
	struct app *a = arg;

	a->ch = NULL;
	a->n_failed++;
	a->reason = reason;
	snprintf(a->text, sizeof(a->text), "%s", text);
}

static inline void on_data(void *arg, const uint8_t *p, size_t n)
{
	struct app *a = arg;

	assert_true(n != 0);
	a->bytes += n;
	if (!a->keep)
		channel_consumed(a->ch, n, w.now_us);
	if (a->close_on_data != NULL)
		close_it(a->close_on_data);
	if (a->end_session)
		session_disconnect(w.s);
}

static inline void on_eof(void *arg)
{
	((struct app *)arg)->n_eof++;
}

static inline void on_closed(void *arg, bool lost)
{
	struct app *a = arg;

	a->ch = NULL;
	a->n_closed++;
	a->lost = lost;
	if (a->close_on_closed != NULL)
		close_it(a->close_on_closed);
}

static inline void on_writable(void *arg)
{
	struct app *a = arg;

	a->n_writable++;
	if (a->close_on_writable != NULL)
		close_it(a->close_on_writable);
	if (a->end_session)
		session_disconnect(w.s);
}

static const struct channel_ops app_ops = {
	.opened = on_opened,
	.failed = on_failed,
	.data = on_data,
	.eof = on_eof,
	.closed = on_closed,
	.writable = on_writable,
};

static inline void on_forwarded(void *arg, struct channel *ch,
	struct slice host, uint32_t port, bool is_path, struct slice originator,
	uint32_t originator_port)
{
	struct app *a = &w.app[MAX - 1];

	w.n_forwarded++;
	assert_true(is_path ? slice_is(host, "/run/x") : port == 8080);
	a->ch = ch;
	channel_claim(ch, &app_ops, a);
	if (w.leave_asked)
		return;
	if (!w.refuse) {
		channel_accept(ch);
		return;
	}
	a->ch = NULL;
	channel_refuse(ch, OPEN_CONNECT_FAILED, "nobody there");
}

static inline void on_down(void *arg, int err, const struct trouble *trouble)
{
	w.n_down++;
	w.err = err;
}

static inline void on_output(void *arg)
{
}

static const struct session_ops world_ops = {
	.forwarded = on_forwarded,
	.down = on_down,
	.output = on_output,
};

static inline int setup(void **state)
{
	w = (struct world){
		.budget = {.limit_bytes = 64u << 20},
		.now_us = 1000000,
	};
	w.config.budget = &w.budget;
	w.s = session_new(&w.config, &world_ops, NULL);
	w.s->phase = PHASE_READY;
	w.s->now_us = w.now_us;
	w.s->kex.choice.cipher_in = w.s->kex.choice.cipher_out =
		cipher_alg_find(slice_of("aes128-ctr"));
	w.s->min_rtt_us = w.s->rtt_us = 1000;
	w.peer = packet_new();
	return 0;
}

static inline int teardown(void **state)
{
	session_free(w.s);
	packet_free(w.peer);
	buf_done(&w.last);
	return 0;
}

/* ---- the wire ---- */

/* Takes what we sent; the last message stays in w.last. */
static inline void take_output(void)
{
	struct slice payload;
	struct iovec iov;

	while (session_output(w.s, &iov, 1) == 1) {
		size_t room, n = iov.iov_len;
		uint8_t *to = packet_in_space(w.peer, &room);

		n = n < room ? n : room;
		memcpy(to, iov.iov_base, n);
		packet_in_commit(w.peer, n);
		session_output_done(w.s, n);
		while (packet_next(w.peer, &payload) == 0) {
			w.count[payload.p[0]]++;
			buf_clear(&w.last);
			buf_put(&w.last, payload.p, payload.len);
		}
	}
}

static inline void deliver(void)
{
	struct iovec iov;

	while (packet_out_iov(w.peer, &iov, 1) == 1) {
		size_t room, n = iov.iov_len;
		uint8_t *to = session_input_space(w.s, &room);

		n = n < room ? n : room;
		memcpy(to, iov.iov_base, n);
		packet_out_done(w.peer, n);
		session_input(w.s, n, w.now_us);
	}
	take_output();
}

static inline void queue_buf(struct buf *b)
{
	assert_int_equal(packet_send(w.peer, buf_ptr(b), buf_len(b)), 0);
	buf_done(b);
}

static inline void say_buf(struct buf *b)
{
	queue_buf(b);
	deliver();
}

static inline void queue(uint8_t type, uint32_t id)
{
	struct buf b = BUF_INIT;

	buf_put_u8(&b, type);
	buf_put_u32(&b, id);
	queue_buf(&b);
}

static inline void say(uint8_t type, uint32_t id)
{
	queue(type, id);
	deliver();
}

static inline void say_confirm(
	uint32_t id, uint32_t window, uint32_t packet_max)
{
	struct buf b = BUF_INIT;

	buf_put_u8(&b, MSG_CHANNEL_OPEN_CONFIRMATION);
	buf_put_u32(&b, id);
	buf_put_u32(&b, THEIRS + id);
	buf_put_u32(&b, window);
	buf_put_u32(&b, packet_max);
	say_buf(&b);
}

static inline void say_adjust(uint32_t id, uint32_t n)
{
	struct buf b = BUF_INIT;

	buf_put_u8(&b, MSG_CHANNEL_WINDOW_ADJUST);
	buf_put_u32(&b, id);
	buf_put_u32(&b, n);
	say_buf(&b);
}

static inline void queue_data(uint32_t id, size_t n)
{
	struct buf b = BUF_INIT;

	buf_put_u8(&b, MSG_CHANNEL_DATA);
	buf_put_u32(&b, id);
	buf_put_u32(&b, (uint32_t)n);
	memset(buf_reserve(&b, n + 1), 'd', n);
	buf_commit(&b, n);
	queue_buf(&b);
}

static inline void say_data(uint32_t id, size_t n)
{
	queue_data(id, n);
	deliver();
}

static inline void say_open(const char *type, uint32_t theirs)
{
	struct buf b = BUF_INIT;

	buf_put_u8(&b, MSG_CHANNEL_OPEN);
	buf_put_cstring(&b, type);
	buf_put_u32(&b, theirs);
	buf_put_u32(&b, WINDOW);
	buf_put_u32(&b, 32768);
	if (strcmp(type, "forwarded-tcpip") == 0) {
		buf_put_cstring(&b, "0.0.0.0");
		buf_put_u32(&b, 8080);
		buf_put_cstring(&b, "192.0.2.1");
		buf_put_u32(&b, 50000);
	} else {
		buf_put_cstring(&b, "/run/x");
		buf_put_cstring(&b, "");
	}
	say_buf(&b);
}

static inline struct app *open_one(unsigned i)
{
	struct app *a = &w.app[i];

	a->ch = channel_open_tcp(w.s, "h", 1, "127.0.0.1", 2, &app_ops, a);
	assert_non_null(a->ch);
	take_output();
	assert_int_equal(w.last.data[w.last.head], MSG_CHANNEL_OPEN);
	return a;
}

static inline struct app *open_up(unsigned i)
{
	struct app *a = open_one(i);

	say_confirm(a->ch->id, WINDOW, 32768);
	assert_int_equal(a->n_opened, 1);
	return a;
}

static inline void assert_last(uint8_t type, uint32_t recipient)
{
	struct rd r = rd_of(buf_ptr(&w.last), buf_len(&w.last));

	assert_int_equal(rd_u8(&r), type);
	assert_int_equal(rd_u32(&r), recipient);
}

static inline void assert_fell(void)
{
	assert_int_equal(w.n_down, 1);
	assert_int_equal(w.err, -ERR_PROTOCOL);
	assert_int_equal(session_channels(w.s), 0);
}

static inline size_t write_some(struct app *a, size_t most)
{
	struct iovec iov[4];
	int n = channel_reserve(a->ch, iov, 4);
	size_t total = 0;

	for (int i = 0; i < n; i++) {
		memset(iov[i].iov_base, 'u', iov[i].iov_len);
		total += iov[i].iov_len;
	}
	total = total < most ? total : most;
	if (total != 0)
		channel_commit(a->ch, total);
	take_output();
	return total;
}

/* Starts over, for the next turn of a loop. */
static inline void fresh(void)
{
	teardown(NULL);
	setup(NULL);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
