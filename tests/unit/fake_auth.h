/*
 * For the tests of src/ssh/auth*: what auth calls back is recorded here, and
 * the server's messages are made by hand.
 */
#ifndef TAUPE_TESTS_FAKE_AUTH_H
#define TAUPE_TESTS_FAKE_AUTH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "ssh/auth.h"
#include "ssh/namelist.h"

#define SESSION_ID "the session's id"

static struct fake {
	struct auth_config config;
	struct auth *a;
	struct buf sent; /* the last message */
	unsigned n_sent;
	struct prompt *prompt; /* the last one */
	unsigned n_asked, n_agent, n_banners, n_learned, n_done;
	struct slice agent_blob, agent_data;
	const char *agent_alg;
	char banner[AUTH_BANNER_MAX + 1];
	enum prompt_kind learned_kind;
	char learned[128], learned_about[128];
	int err;
	struct trouble trouble;
	char method[64], how[128];
} fake;

static inline void fake_send(void *arg, const uint8_t *payload, size_t n)
{
	assert_ptr_equal(arg, &fake);
	buf_clear(&fake.sent);
	buf_put(&fake.sent, payload, n);
	fake.n_sent++;
}

static inline void fake_ask(void *arg, struct prompt *prompt)
{
	prompt_free(fake.prompt);
	fake.prompt = prompt;
	fake.n_asked++;
}

static inline void fake_agent_sign(
	void *arg, struct slice key_blob, struct slice data, const char *alg)
{
	fake.agent_blob = key_blob;
	fake.agent_data = data;
	fake.agent_alg = alg;
	fake.n_agent++;
}

static inline void fake_banner(void *arg, const char *text)
{
	snprintf(fake.banner, sizeof(fake.banner), "%s", text);
	fake.n_banners++;
}

static inline void fake_learned(void *arg, enum prompt_kind kind,
	const char *about, const struct secret *secret)
{
	fake.learned_kind = kind;
	snprintf(fake.learned_about, sizeof(fake.learned_about), "%s", about);
	snprintf(fake.learned, sizeof(fake.learned), "%s", secret->p);
	fake.n_learned++;
}

static inline void fake_done(void *arg, int err, const struct trouble *trouble,
	const char *method, const char *how)
{
	fake.err = err;
	assert_int_equal(err != 0, trouble != NULL);
	if (trouble != NULL) {
		assert_int_equal(trouble->code, -err);
		fake.trouble = *trouble;
	}
	snprintf(fake.method, sizeof(fake.method), "%s", method);
	snprintf(fake.how, sizeof(fake.how), "%s", how);
	fake.n_done++;
}

static inline int fake_setup(void **state)
{
	fake = (struct fake){0};
	fake.config.user = "ada";
	fake.config.host = "box";
	fake.config.preferred = "publickey,keyboard-interactive,password";
	fake.config.may_ask = true;
	fake.config.password_prompts = 3;
	return 0;
}

static inline int fake_teardown(void **state)
{
	auth_free(fake.a);
	prompt_free(fake.prompt);
	buf_wipe_done(&fake.sent);
	return 0;
}

/* The body of a USERAUTH_REQUEST of `method` that was sent. */
static inline struct rd sent_request(const char *method)
{
	struct rd r = rd_of(buf_ptr(&fake.sent), buf_len(&fake.sent));

	assert_int_equal(rd_u8(&r), 50);
	assert_true(slice_is(rd_string(&r), "ada"));
	assert_true(slice_is(rd_string(&r), "ssh-connection"));
	assert_true(slice_is(rd_string(&r), method));
	assert_true(rd_ok(&r));
	return r;
}

static inline void fake_start(void)
{
	static const struct auth_ops ops = {fake_send, fake_ask,
		fake_agent_sign, fake_banner, fake_learned, fake_done};
	struct rd r;

	fake.a = auth_new(&fake.config, &ops, &fake);
	auth_start(fake.a, slice_of(SESSION_ID));
	assert_int_equal(fake.n_sent, 1);
	r = sent_request("none");
	assert_true(rd_end(&r));
}

/* Feeds `b` and frees it. */
static inline int feed(struct buf *b)
{
	int err = auth_input(fake.a, (struct slice){buf_ptr(b), buf_len(b)});

	buf_done(b);
	return err;
}

static inline int feed_type(uint8_t type)
{
	return auth_input(fake.a, (struct slice){&type, 1});
}

static inline void say_failure(const char *methods, bool partial)
{
	struct buf b = BUF_INIT;

	buf_put_u8(&b, 51);
	buf_put_cstring(&b, methods);
	buf_put_bool(&b, partial);
	assert_int_equal(feed(&b), 0);
}

static inline void say_success(void)
{
	assert_int_equal(feed_type(52), 0);
	assert_int_equal(fake.n_done, 1);
	assert_int_equal(fake.err, 0);
}

static inline int say_banner(const char *text)
{
	struct buf b = BUF_INIT;

	buf_put_u8(&b, 53);
	buf_put_cstring(&b, text);
	buf_put_cstring(&b, "en");
	return feed(&b);
}

/* One prompt a row of `texts`, which NULL ends; a first '+' is for echo. */
static inline int say_info_request(
	const char *instruction, const char *const *texts)
{
	struct buf b = BUF_INIT;
	uint32_t n = 0;

	while (texts[n] != NULL)
		n++;
	buf_put_u8(&b, 60);
	buf_put_cstring(&b, "name");
	buf_put_cstring(&b, instruction);
	buf_put_cstring(&b, "");
	buf_put_u32(&b, n);
	for (uint32_t i = 0; i < n; i++) {
		bool echo = texts[i][0] == '+';

		buf_put_cstring(&b, texts[i] + echo);
		buf_put_bool(&b, echo);
	}
	return feed(&b);
}

static inline void answer(const char *first, const char *second)
{
	struct secret s[2] = {SECRET_INIT, SECRET_INIT};

	secret_set(&s[0], first, strlen(first));
	if (second != NULL)
		secret_set(&s[1], second, strlen(second));
	auth_answer(fake.a, s, second != NULL ? 2 : 1);
	secret_done(&s[0]);
	secret_done(&s[1]);
}

static inline void expect_prompt(
	enum prompt_kind kind, unsigned n_asked, bool retry)
{
	assert_int_equal(fake.n_asked, n_asked);
	assert_int_equal(fake.prompt->kind, kind);
	assert_string_equal(fake.prompt->about, "ada@box");
	assert_int_equal(fake.prompt->retry, retry);
}

static inline void set_known(struct secret *s, const char *password)
{
	secret_set(s, password, strlen(password));
	fake.config.password = s;
}

/* The texts of a round's prompts or answers. */
#define TEXTS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NO_TEXTS   ((const char *const[]){NULL})

static inline void expect_end(int err, const char *tried, const char *offered)
{
	assert_int_equal(fake.n_done, 1);
	assert_int_equal(fake.err, err);
	assert_string_equal(trouble_get(&fake.trouble, "user"), "ada");
	assert_string_equal(trouble_get(&fake.trouble, "host"), "box");
	assert_string_equal(trouble_get(&fake.trouble, "tried"), tried);
	assert_string_equal(trouble_get(&fake.trouble, "offered"), offered);
}

#endif
