#include "ssh/auth.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clean.h"
#include "base/log.h"
#include "base/mem.h"
#include "ssh/auth_private.h"
#include "ssh/namelist.h"

/* Of the list of methods in FAILURE; a name has at most 64 (RFC 4251 §6). */
#define METHODS_MAX_BYTES 4096

const struct auth_method *const auth_methods[] = {
	[AUTH_PUBKEY] = &auth_pubkey_method,
	[AUTH_KBDINT] = &auth_kbdint_method,
	[AUTH_PASSWORD] = &auth_password_method,
};
static_assert(
	sizeof(auth_methods) / sizeof(auth_methods[0]) == AUTH_METHOD_COUNT,
	"one row a method");

static const char *const state_names[] = {
	[AUTH_STATE_NEW] = "new",
	[AUTH_STATE_SERVER] = "waits for the server",
	[AUTH_STATE_PERSON] = "waits for a person",
	[AUTH_STATE_AGENT] = "waits for the agent",
	[AUTH_STATE_OVER] = "over",
};
static_assert(sizeof(state_names) / sizeof(state_names[0]) == AUTH_STATE_COUNT,
	"one name a state");

#define TO(state) (1u << AUTH_STATE_##state)
static const unsigned transitions[AUTH_STATE_COUNT] = {
	[AUTH_STATE_NEW] = TO(SERVER),
	[AUTH_STATE_SERVER] = TO(SERVER) | TO(PERSON) | TO(AGENT) | TO(OVER),
	[AUTH_STATE_PERSON] = TO(SERVER) | TO(PERSON) | TO(OVER),
	[AUTH_STATE_AGENT] = TO(SERVER) | TO(PERSON) | TO(OVER),
	[AUTH_STATE_OVER] = 0,
};

static void set_state(struct auth *a, enum auth_state state)
{
	assert((transitions[a->state] & 1u << state) != 0);
	log_debug("auth: %s", state_names[state]);
	a->state = state;
}

struct auth *auth_new(
	const struct auth_config *config, const struct auth_ops *ops, void *arg)
{
	struct auth *a = mem_zalloc(1, sizeof(*a));

	a->config = *config;
	a->ops = *ops;
	a->arg = arg;
	a->method = AUTH_METHOD_COUNT;
	a->about = mem_printf("%s@%s", config->user, config->host);
	a->offered = mem_strdup("");
	auth_pubkey_init(a);
	return a;
}

void auth_forget_learned(struct auth *a)
{
	secret_done(&a->learned.secret);
	free(a->learned.about);
	a->learned.about = NULL;
}

void auth_free(struct auth *a)
{
	if (a == NULL)
		return;
	auth_password_done(a);
	auth_pubkey_done(a);
	auth_tried_done(a);
	auth_forget_learned(a);
	free(a->unasked);
	free(a->offered);
	free(a->sig_algs);
	free(a->session_id);
	free(a->about);
	free(a);
}

static void fail(struct auth *a, int err)
{
	struct buf tried = BUF_INIT;
	struct trouble t;

	set_state(a, AUTH_STATE_OVER);
	if (err == -ERR_AUTH_FAILED && a->unasked != NULL)
		err = -ERR_NEED_INPUT;
	auth_tried_put(a, &tried);
	trouble_set(&t, err);
	trouble_arg(&t, "user", "%s", a->config.user);
	trouble_arg(&t, "host", "%s", a->config.host);
	trouble_arg(&t, "tried", "%.*s", (int)buf_len(&tried),
		(const char *)buf_ptr(&tried));
	trouble_arg(&t, "offered", "%s", a->offered);
	if (err == -ERR_NEED_INPUT && a->unasked != NULL)
		trouble_arg(&t, "about", "%s", a->unasked);
	buf_done(&tried);
	a->ops.done(a->arg, err, &t, "", "");
}

static int refuse(struct auth *a)
{
	set_state(a, AUTH_STATE_OVER);
	return -ERR_PROTOCOL;
}

void auth_put_request(struct auth *a, struct buf *b, const char *method)
{
	buf_put_u8(b, AUTH_MSG_REQUEST);
	buf_put_cstring(b, a->config.user);
	buf_put_cstring(b, "ssh-connection");
	buf_put_cstring(b, method);
}

void auth_send(struct auth *a, struct buf *b)
{
	if (a->tries == AUTH_TRIES_MAX) {
		fail(a, -ERR_AUTH_FAILED);
	} else {
		a->tries++;
		if (a->method != AUTH_METHOD_COUNT)
			auth_tried_method(a, a->method);
		set_state(a, AUTH_STATE_SERVER);
		a->ops.send(a->arg, buf_ptr(b), buf_len(b));
	}
	buf_wipe_done(b);
}

void auth_ask(struct auth *a, struct prompt *p)
{
	if (a->prompts == AUTH_PROMPTS_MAX) {
		prompt_free(p);
		fail(a, -ERR_AUTH_FAILED);
		return;
	}
	a->prompts++;
	set_state(a, AUTH_STATE_PERSON);
	a->ops.ask(a->arg, p);
}

void auth_agent_sign(struct auth *a, struct slice key_blob,
	struct slice to_sign, const char *alg)
{
	set_state(a, AUTH_STATE_AGENT);
	a->ops.agent_sign(a->arg, key_blob, to_sign, alg);
}

void auth_note_unasked(struct auth *a, const char *about)
{
	if (a->unasked == NULL)
		a->unasked = mem_strdup(about);
}

void auth_note_learned(struct auth *a, enum prompt_kind kind, const char *about,
	const struct secret *secret)
{
	auth_forget_learned(a);
	a->learned.kind = kind;
	a->learned.about = mem_strdup(about);
	secret_copy(&a->learned.secret, secret);
}

static void tell_learned(struct auth *a)
{
	if (secret_is_set(&a->learned.secret))
		a->ops.learned(a->arg, a->learned.kind, a->learned.about,
			&a->learned.secret);
	auth_forget_learned(a);
}

static bool start_method(struct auth *a, struct slice name)
{
	for (unsigned i = 0; i < AUTH_METHOD_COUNT; i++) {
		if (!slice_is(name, auth_methods[i]->name))
			continue;
		a->method = (enum auth_method_id)i;
		return auth_methods[i]->start(a);
	}
	return false;
}

void auth_next(struct auth *a)
{
	struct slice wanted = slice_of(a->config.preferred), name;
	struct slice offered = slice_of(a->offered);

	while (namelist_next(&wanted, &name))
		if (namelist_has(offered, name) && start_method(a, name))
			return;
	fail(a, -ERR_AUTH_FAILED);
}

void auth_start(struct auth *a, struct slice session_id)
{
	struct buf b = BUF_INIT;

	a->session_id = mem_dup(session_id.p, session_id.len);
	a->session_id_len = session_id.len;
	auth_put_request(a, &b, "none");
	auth_send(a, &b);
}

void auth_server_sig_algs(struct auth *a, struct slice list)
{
	free(a->sig_algs);
	a->sig_algs = mem_dup(list.p, list.len);
}

/* ---- what the server says ---- */

static int input_banner(struct auth *a, struct rd *r)
{
	struct slice text = rd_string(r);
	char *clean;

	rd_string(r); /* language */
	if (!rd_end(r) || ++a->banners > AUTH_BANNERS_MAX)
		return refuse(a);
	clean = clean_copy(text.p, text.len, AUTH_BANNER_MAX);
	a->ops.banner(a->arg, clean);
	free(clean);
	return 0;
}

static int input_success(struct auth *a, struct rd *r)
{
	char how[PUBKEY_FINGERPRINT_MAX] = "";
	const char *method = "none";

	if (!rd_end(r))
		return refuse(a);
	set_state(a, AUTH_STATE_OVER);
	tell_learned(a);
	if (a->method != AUTH_METHOD_COUNT)
		method = auth_methods[a->method]->name;
	if (a->method == AUTH_PUBKEY)
		pubkey_fingerprint(a->pubkey.key, how);
	a->ops.done(a->arg, 0, NULL, method, how);
	return 0;
}

static int input_failure(struct auth *a, struct rd *r)
{
	struct slice list = rd_string(r);
	bool partial = rd_bool(r);

	if (!rd_end(r) || list.len > METHODS_MAX_BYTES)
		return refuse(a);
	free(a->offered);
	a->offered = mem_dup(list.p, list.len);
	if (partial)
		tell_learned(a);
	if (a->method != AUTH_METHOD_COUNT)
		auth_methods[a->method]->failed(a, partial);
	for (unsigned i = 0; partial && i < AUTH_METHOD_COUNT; i++)
		auth_methods[i]->reset(a);
	auth_next(a);
	return 0;
}

static int input_method(struct auth *a, struct rd *r)
{
	int err;

	if (a->method == AUTH_METHOD_COUNT)
		return refuse(a);
	err = auth_methods[a->method]->input(a, r);
	return err != 0 ? refuse(a) : 0;
}

int auth_input(struct auth *a, struct slice payload)
{
	struct rd r = rd_slice(payload);
	uint8_t type = rd_u8(&r);

	if (a->state == AUTH_STATE_NEW || a->state == AUTH_STATE_OVER)
		return -ERR_PROTOCOL;
	if (type == AUTH_MSG_BANNER)
		return input_banner(a, &r);
	if (a->state != AUTH_STATE_SERVER)
		return refuse(a);
	switch (type) {
	case AUTH_MSG_SUCCESS:
		return input_success(a, &r);
	case AUTH_MSG_FAILURE:
		return input_failure(a, &r);
	case AUTH_MSG_METHOD:
		return input_method(a, &r);
	default:
		return refuse(a);
	}
}

/* ---- what the person and the agent say ---- */

void auth_answer(struct auth *a, const struct secret *answers, size_t n)
{
	struct secret full[PROMPT_FIELDS_MAX] = {SECRET_INIT};

	if (a->state != AUTH_STATE_PERSON)
		return;
	if (answers == NULL) {
		fail(a, -ERR_CANCELLED);
		return;
	}
	/* Borrowed, so that the methods can count on one secret a field. */
	for (size_t i = 0; i < n && i < PROMPT_FIELDS_MAX; i++)
		full[i] = answers[i];
	auth_methods[a->method]->answer(a, full);
}

void auth_agent_signed(struct auth *a, struct slice signature)
{
	if (a->state == AUTH_STATE_AGENT)
		auth_pubkey_agent_signed(a, signature);
}
