/*
 * A session's authentication: ssh-userauth is asked for, auth.c does it, and
 * what it calls back for goes to the session's owner.
 */
#include "ssh/session_private.h"

static void auth_send(void *arg, const uint8_t *payload, size_t n)
{
	session_send(arg, payload, n);
}

static void auth_ask(void *arg, struct prompt *prompt)
{
	struct session *s = arg;

	s->ops->ask(s->arg, prompt);
}

static void auth_agent_sign(
	void *arg, struct slice key_blob, struct slice data, const char *alg)
{
	struct session *s = arg;

	s->ops->agent_sign(s->arg, key_blob, data, alg);
}

static void auth_banner(void *arg, const char *text)
{
	struct session *s = arg;

	s->ops->banner(s->arg, text);
}

static void auth_learned(void *arg, enum prompt_kind kind, const char *about,
	const struct secret *secret)
{
	struct session *s = arg;

	s->ops->learned(s->arg, kind, about, secret);
}

static void auth_over(void *arg, int err, const struct trouble *trouble,
	const char *method, const char *how)
{
	struct session *s = arg;

	if (err != 0) {
		session_fail(s, err, trouble);
		return;
	}
	if (s->phase != PHASE_AUTH)
		return;
	s->phase = PHASE_READY;
	s->alive_due_us =
		s->now_us + (uint64_t)s->config->alive_interval_s * 1000000;
	global_alive(s); /* a first round-trip time, before data flows */
	s->ops->ready(s->arg, method, how);
}

static const struct auth_ops auth_callbacks = {
	.send = auth_send,
	.ask = auth_ask,
	.agent_sign = auth_agent_sign,
	.banner = auth_banner,
	.learned = auth_learned,
	.done = auth_over,
};

void session_answer(struct session *s, const struct secret *answers, size_t n)
{
	if (s->phase == PHASE_AUTH)
		auth_answer(s->auth, answers, n);
}

void session_agent_signed(struct session *s, struct slice signature)
{
	if (s->phase == PHASE_AUTH)
		auth_agent_signed(s->auth, signature);
}

void session_auth_accepted(struct session *s, struct slice payload)
{
	struct rd r = rd_slice(payload);

	rd_u8(&r);
	if (s->phase != PHASE_SERVICE ||
		!slice_is(rd_string(&r), "ssh-userauth")) {
		session_protocol_error(s, "SERVICE_ACCEPT out of turn");
		return;
	}
	session_rtt_sample(s, s->now_us - s->service_sent_us);
	s->phase = PHASE_AUTH;
	auth_start(s->auth, buf_slice(&s->kex.session_id));
}

void session_auth_begin(struct session *s)
{
	struct buf b = BUF_INIT;

	/* Only now: what host_key found may have changed the config. */
	s->auth = auth_new(&s->config->auth, &auth_callbacks, s);
	if (buf_len(&s->sig_algs) != 0)
		auth_server_sig_algs(s->auth, buf_slice(&s->sig_algs));
	s->phase = PHASE_SERVICE;
	s->service_sent_us = s->now_us;
	buf_put_u8(&b, MSG_SERVICE_REQUEST);
	buf_put_cstring(&b, "ssh-userauth");
	session_send_buf(s, &b);
	buf_done(&b);
}
