/*
 * What a link's session calls back for: the host key, authentication,
 * readiness, the server's channels, the end.
 */
#include "tunnel/link_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "tunnel/event.h"

static void on_output(void *arg)
{
	link_dirty(arg);
}

/* ---- what the session is told ---- */

static bool skip_method(const struct options *o, const char *name, size_t n)
{
	static const char kbdint[] = "keyboard-interactive";

	if (n == strlen("publickey") && memcmp(name, "publickey", n) == 0)
		return !o->pubkey_auth;
	if (n == strlen("password") && memcmp(name, "password", n) == 0)
		return !o->password_auth;
	if (n == strlen(kbdint) && memcmp(name, kbdint, n) == 0)
		return !o->kbdint_auth;
	return false;
}

/* PreferredAuthentications without what is switched off. */
static char *methods(const struct options *o)
{
	const char *list = o->preferred_auths != NULL
				   ? o->preferred_auths
				   : "publickey,keyboard-interactive,password";
	struct buf b = BUF_INIT;

	while (*list != '\0') {
		size_t n = strcspn(list, ",");

		if (n != 0 && !skip_method(o, list, n)) {
			if (buf_len(&b) != 0)
				buf_put_u8(&b, ',');
			buf_put(&b, list, n);
		}
		list += n + (list[n] == ',' ? 1 : 0);
	}
	buf_put_u8(&b, 0);
	return (char *)b.data;
}

void link_session_config(struct link *l)
{
	const struct options *o = &l->peer->config->options;
	struct session_config *c = &l->config;

	l->host_key_algs = known_hosts_order_algs(l->known_hosts,
		l->peer->recorded_name,
		o->host_key_algs != NULL ? o->host_key_algs
					 : pubkey_host_alg_default_list());
	l->methods = methods(o);
	*c = (struct session_config){
		.proposal =
			{
				.kex = o->kex,
				.host_key_algs = l->host_key_algs,
				.ciphers = o->ciphers,
				.macs = o->macs,
			},
		.rekey_bytes = o->rekey_bytes,
		.rekey_s = o->rekey_s,
		.alive_interval_s = o->alive_interval_s,
		.alive_count_max = o->alive_count_max,
		.update_host_keys = o->update_host_keys == 1,
		.budget = &l->lane->budget,
		.auth =
			{
				.user = l->peer->user,
				.host = l->peer->recorded_name,
				.preferred = l->methods,
				.password = &l->peer->password,
				.passphrase = &l->peer->passphrase,
				.may_ask = l->asks != LINK_ASKS_NOBODY &&
					   !o->batch_mode,
				.password_prompts = o->password_prompts,
				.accepted_algs = o->pubkey_accepted,
			},
	};
	c->auth.keys = identity_keys(l->identity, &c->auth.n_keys);
}

/* ---- host key ---- */

static void notice(struct link *l, const char *key, const struct trouble *t)
{
	struct event *e = server_event(l->server, EVENT_NOTICE);

	e->link_no = l->number;
	e->text = mem_strdup(key);
	e->trouble = *t;
	server_emit(l->server, e);
}

static void ask_host_key(
	struct link *l, const struct pubkey *key, const struct trouble *t)
{
	struct prompt *p = prompt_new(PROMPT_HOST_KEY, l->peer->recorded_name);

	prompt_add(p, (struct slice){(const uint8_t *)"", 0}, true);
	l->asked_key = key;
	l->handshake_due_us = UINT64_MAX;
	server_ask(l->server, l, p, t);
}

static void on_host_key(void *arg, const struct pubkey *key)
{
	struct link *l = arg;
	const char *key_text;
	struct trouble t;

	switch (peer_judge(l->peer, l->known_hosts, key, &t, &key_text)) {
	case PEER_REFUSE:
		session_fail(l->session, (int)t.code, &t);
		return;
	case PEER_ASK:
		if (l->asks != LINK_ASKS_NOBODY)
			ask_host_key(l, key, &t);
		else
			session_fail(l->session, (int)t.code, &t);
		return;
	case PEER_ACCEPT:
		break;
	}
	if (key_text != NULL)
		notice(l, key_text, &t);
	link_stage_key_done(l, key);
	session_accept_host_key(l->session, lane_now_us());
}

static bool says_yes(const struct secret *answer, const struct pubkey *key)
{
	char fingerprint[PUBKEY_FINGERPRINT_MAX];

	pubkey_fingerprint(key, fingerprint);
	return answer->p != NULL &&
	       (strcmp(answer->p, "yes") == 0 ||
		       strcmp(answer->p, fingerprint) == 0);
}

static void host_key_answered(
	struct link *l, const struct secret *answers, size_t n)
{
	const struct pubkey *key = l->asked_key;
	char fingerprint[PUBKEY_FINGERPRINT_MAX];
	const char *key_text;
	struct trouble t;

	l->asked_key = NULL;
	if (n == 1 && says_yes(&answers[0], key)) {
		peer_accept(l->peer, key, &t, &key_text);
		notice(l, key_text, &t);
		link_stage_key_done(l, key);
		session_accept_host_key(l->session, lane_now_us());
		link_dirty(l);
		return;
	}
	pubkey_fingerprint(key, fingerprint);
	trouble_set(&t, ERR_HOST_KEY_UNKNOWN);
	trouble_arg(&t, "host", "%s", l->peer->recorded_name);
	trouble_arg(&t, "type", "%s", pubkey_label(key));
	trouble_arg(&t, "fingerprint", "%s", fingerprint);
	session_fail(l->session, (int)t.code, &t);
}

static bool on_host_key_is_new(void *arg, const struct pubkey *key)
{
	struct link *l = arg;
	struct known_hosts_answer answer;

	known_hosts_check(l->known_hosts, l->peer->recorded_name, key, &answer);
	return answer.verdict != KNOWN_HOSTS_MATCH;
}

static void on_host_keys(void *arg, const struct pubkey *const *keys, size_t n)
{
	struct link *l = arg;

	peer_learn_keys(l->peer, keys, n);
}

/* ---- authentication ---- */

/* The person or the agent has answered: it is the server's turn again. */
static void expect_server(struct link *l)
{
	uint64_t limit_s = l->peer->config->options.connect_timeout_s;

	if (limit_s == 0)
		return;
	l->handshake_due_us = lane_now_us() + limit_s * 1000000;
	link_io_arm_timer(l);
}

static void on_ask(void *arg, struct prompt *prompt)
{
	struct link *l = arg;

	l->handshake_due_us = UINT64_MAX;
	server_ask(l->server, l, prompt, NULL);
}

void link_answer(struct link *l, const struct secret *answers, size_t n)
{
	if (l->phase != LINK_TALK)
		return;
	expect_server(l);
	if (l->asked_key != NULL) {
		host_key_answered(l, answers, n);
		return;
	}
	session_answer(l->session, answers, n);
	link_dirty(l);
}

static void on_agent_signed(void *arg, struct slice signature)
{
	struct link *l = arg;

	if (l->phase != LINK_TALK)
		return;
	expect_server(l);
	session_agent_signed(l->session, signature);
	link_dirty(l);
}

static void on_agent_sign(
	void *arg, struct slice key_blob, struct slice data, const char *alg)
{
	struct link *l = arg;

	/* A person may have to touch a token. */
	l->handshake_due_us = UINT64_MAX;
	identity_sign(l->identity, key_blob, data, alg, on_agent_signed, l);
}

static void on_banner(void *arg, const char *text)
{
	struct link *l = arg;
	struct event *e;

	if (l->asks != LINK_ASKS_PERSON)
		return;
	e = server_event(l->server, EVENT_BANNER);
	e->link_no = l->number;
	e->text = mem_strdup(text);
	server_emit(l->server, e);
}

static void on_learned(void *arg, enum prompt_kind kind, const char *about,
	const struct secret *secret)
{
	struct link *l = arg;

	(void)about;
	secret_copy(kind == PROMPT_PASSWORD ? &l->peer->password
					    : &l->peer->passphrase,
		secret);
	if (kind == PROMPT_PASSPHRASE)
		server_share_passphrase(l->server, l->peer, secret);
}

/* ---- up and down ---- */

static void tell_in(struct link *l, const char *method, const char *how)
{
	char detail[512];

	snprintf(detail, sizeof(detail), *how != '\0' ? "%s (%s)" : "%s",
		method, how);
	link_stage_done(l, STAGE_AUTH, detail);
}

static void on_ready(void *arg, const char *method, const char *how)
{
	struct link *l = arg;

	l->phase = LINK_READY;
	l->handshake_due_us = UINT64_MAX;
	l->up_since_ms = clock_wall_ms();
	l->up_mono_ms = clock_mono_ms();
	l->idle_since_ms = uv_now(&l->lane->loop);
	tell_in(l, method, how);
	log_debug("%s: link %u: in by %s (%s), %s, %s, %s", l->peer->name,
		l->number, method, how, session_server_version(l->session),
		session_kex(l->session), session_cipher(l->session));
	server_link_ready(l->server, l);
}

static void on_forwarded(void *arg, struct channel *ch, struct slice host,
	uint32_t port, bool is_path, struct slice originator,
	uint32_t originator_port)
{
	struct link *l = arg;

	server_forwarded(l->server, l, ch, host, port, is_path, originator,
		originator_port);
}

static void on_down(void *arg, int err, const struct trouble *trouble)
{
	struct trouble t = *trouble;

	/* One with a host is about another: a hop that fell. */
	if (trouble_get(&t, "host") == NULL)
		link_stage_explain(arg, &t);
	link_down(arg, err != 0 ? &t : NULL);
}

const struct session_ops link_session_ops = {
	.host_key = on_host_key,
	.ask = on_ask,
	.agent_sign = on_agent_sign,
	.banner = on_banner,
	.learned = on_learned,
	.ready = on_ready,
	.forwarded = on_forwarded,
	.host_key_is_new = on_host_key_is_new,
	.host_keys = on_host_keys,
	.down = on_down,
	.output = on_output,
};
