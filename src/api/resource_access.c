/*
 * /api/v1/tokens, /login-links, /login, /logout, /session: see docs/api.md,
 * "Tokens and login".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "api/fields.h"
#include "api/member.h"
#include "api/passphrase.h"
#include "api/refuse.h"
#include "api/request_private.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/secret.h"

#define BASE "/api/v1"

#define NAME_MAX_BYTES 256
#define EXPIRES_MAX_S  (10ull * 366 * 86400)

/* ---- tokens ---- */

static json_t *json_token(const struct store_access *row)
{
	json_t *o = member_object();

	member_number(o, "id", row->id);
	member_text(o, "name", row->name);
	member_text(o, "scope", row->scope);
	member_time(o, "created_at", row->created_ms);
	member_time(o, "used_at", row->used_ms);
	member_time(o, "expires_at", row->expires_ms);
	return o;
}

static void add_token_to(void *arg, const struct store_access *row)
{
	member_append(arg, json_token(row));
}

static void list_tokens(struct request *r)
{
	json_t *list = member_array();

	access_each_token(request_api(r)->access, add_token_to, list);
	request_reply_json(r, MHD_HTTP_OK, list);
}

struct token {
	char *name, *scope;
	uint64_t expires_in_s;
};

static const struct fields_row token_rows[] = {
	{.name = "name",
		.read = fields_text,
		.offset = offsetof(struct token, name),
		.max = NAME_MAX_BYTES},
	{.name = "scope",
		.read = fields_text,
		.offset = offsetof(struct token, scope)},
	{.name = "expires_in_s",
		.read = fields_u64,
		.offset = offsetof(struct token, expires_in_s),
		.max = EXPIRES_MAX_S},
};

static void check_token(const struct token *t, struct control_fields *fields)
{
	if (t->name == NULL)
		fields_wrong(fields, "name", "it is missing");
	if (t->scope == NULL || (strcmp(t->scope, "read") != 0 &&
					strcmp(t->scope, "write") != 0))
		fields_wrong(fields, "scope", "read or write is wanted");
}

static void reply_token(struct request *r, const struct token *t)
{
	const struct store_access *row = NULL;
	char value[ACCESS_VALUE] = "";
	struct control_fields fields = {0};
	struct trouble trouble;
	json_t *o;
	uint64_t until = t->expires_in_s == 0
				 ? 0
				 : clock_wall_ms() + t->expires_in_s * 1000;
	int err = access_add_token(request_api(r)->access, t->name,
		strcmp(t->scope, "write") == 0, until, value, &row, &trouble);

	if (err != 0) {
		if (err == -ERR_CONFLICT)
			control_fields_add(&fields, "name", &trouble);
		request_reply_trouble(r, &trouble, &fields);
		return;
	}
	o = json_token(row);
	member_text(o, "token", value);
	secret_wipe(value, sizeof(value));
	request_reply_json(r, MHD_HTTP_CREATED, o);
}

static void add_token(struct request *r)
{
	struct control_fields fields = {0};
	struct token t = {0};

	if (!refuse_without_object(r))
		return;
	fields_read(token_rows, sizeof(token_rows) / sizeof(token_rows[0]),
		request_body(r), &t, &fields);
	if (fields.n == 0)
		check_token(&t, &fields);
	if (fields.n != 0)
		refuse_fields(r, &fields);
	else
		reply_token(r, &t);
	free(t.name);
	free(t.scope);
}

static void remove_token(struct request *r)
{
	struct trouble trouble;

	if (access_remove(request_api(r)->access, ACCESS_TOKEN, request_id(r),
		    &trouble) != 0)
		request_reply_trouble(r, &trouble, NULL);
	else
		request_reply_empty(r, MHD_HTTP_NO_CONTENT);
}

/* ---- logging in ---- */

/* The code stands behind '#': it is in no server's log and no Referer. */
static void make_link(struct request *r)
{
	struct api *a = request_api(r);
	char code[LOGIN_CODE], url[512];
	json_t *o;

	if (a->tcp == NULL) {
		request_reply_error(
			r, ERR_NOT_FOUND, "taupe listens on no TCP port");
		return;
	}
	login_make(&a->login, clock_mono_ms(), code);
	snprintf(url, sizeof(url), "%s/login#%s", a->url, code);
	o = member_object();
	member_text(o, "url", url);
	member_time(o, "expires_at", clock_wall_ms() + LOGIN_CODE_MS);
	secret_wipe(code, sizeof(code));
	secret_wipe(url, sizeof(url));
	request_reply_json(r, MHD_HTTP_CREATED, o);
}

struct login_body {
	char *code, *passphrase;
};

static const struct fields_row login_rows[] = {
	{.name = "code",
		.read = fields_text,
		.offset = offsetof(struct login_body, code)},
	{.name = "passphrase",
		.read = fields_text,
		.offset = offsetof(struct login_body, passphrase)},
};

/* To be sent back over the way it was given on only. */
static bool is_https(const struct request *r)
{
	const char *origin = request_header(r, "Origin");

	return r->api->origin.tls ||
	       (origin != NULL && strncmp(origin, "https://", 8) == 0);
}

static void set_cookie(struct request *r, const char *value, unsigned age_s)
{
	char cookie[256];

	snprintf(cookie, sizeof(cookie),
		"%s=%s; Path=/; Max-Age=%u; HttpOnly; SameSite=Strict%s",
		access_cookie(request_api(r)->access), value, age_s,
		is_https(r) ? "; Secure" : "");
	request_add_header(r, MHD_HTTP_HEADER_SET_COOKIE, cookie);
	secret_wipe(cookie, sizeof(cookie));
}

static void let_in(struct request *r)
{
	struct access *access = request_api(r)->access;
	char value[ACCESS_VALUE] = "", mark[ACCESS_MARK];
	struct trouble trouble;

	if (access_add_session(access,
		    request_header(r, MHD_HTTP_HEADER_USER_AGENT), value,
		    &trouble) != 0) {
		request_reply_trouble(r, &trouble, NULL);
		return;
	}
	set_cookie(r, value, ACCESS_SESSION_S);
	access_mark(access, value, mark);
	request_add_header(r, "X-Taupe", mark);
	secret_wipe(mark, sizeof(mark));
	secret_wipe(value, sizeof(value));
	request_reply_empty(r, MHD_HTTP_NO_CONTENT);
}

static void refuse_login(
	struct request *r, const char *detail, const char *passphrase)
{
	struct trouble trouble;

	(void)trouble_say(&trouble, ERR_UNAUTHORIZED, "%s", detail);
	if (passphrase != NULL)
		trouble_arg(&trouble, "passphrase", "%s", passphrase);
	request_reply_trouble(r, &trouble, NULL);
}

static void refuse_pause(struct request *r, uint64_t pause_ms)
{
	char seconds[24];

	snprintf(seconds, sizeof(seconds), "%llu",
		(unsigned long long)(pause_ms / 1000 + 1));
	request_add_header(r, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
	request_reply_error(r, ERR_LIMIT, "too many failed logins");
}

/* A passphrase is asked for only of who has a code, which stays good until the
 * passphrase is right. */
static void try_passphrase(struct request *r, const struct login_body *given)
{
	struct login *l = &request_api(r)->login;
	uint64_t now = clock_mono_ms();
	uint64_t pause_ms = login_pause(l, LOGIN_BY_PASSPHRASE, now);

	if (pause_ms != 0) {
		refuse_pause(r, pause_ms);
	} else if (passphrase_fits(request_control(r), given->passphrase)) {
		login_use(l, given->code);
		let_in(r);
	} else if (given->passphrase == NULL) {
		refuse_login(r, "the passphrase is asked for", "wanted");
	} else {
		login_failed(l, LOGIN_BY_PASSPHRASE, now);
		refuse_login(r, "the passphrase is wrong", "wrong");
	}
}

static void try_login(struct request *r, const struct login_body *given)
{
	struct login *l = &request_api(r)->login;
	uint64_t now = clock_mono_ms();
	uint64_t pause_ms = login_pause(l, LOGIN_BY_CODE, now);

	if (given->code != NULL && login_knows(l, now, given->code)) {
		try_passphrase(r, given);
	} else if (pause_ms != 0) {
		refuse_pause(r, pause_ms);
	} else {
		login_failed(l, LOGIN_BY_CODE, now);
		refuse_login(r, "the link is used up, or too old", NULL);
	}
}

static void wipe_text(char *text)
{
	if (text != NULL)
		secret_wipe(text, strlen(text));
	free(text);
}

/* A link can be read by others while a browser starts: it stands in ps(1). The
 * browser is its owner's; before a proxy it is elsewhere. */
static bool is_others(const struct request *r)
{
	const struct request_source *source = r->source;

	return r->api->config.public_url == NULL && source->by_other != NULL &&
	       source->by_other(source->arg);
}

static void log_in(struct request *r)
{
	struct control_fields fields = {0};
	struct login_body given = {0};

	if (is_others(r)) {
		request_reply_error(r, ERR_FORBIDDEN,
			"the request comes from another user");
		return;
	}
	if (!refuse_without_object(r))
		return;
	fields_read(login_rows, sizeof(login_rows) / sizeof(login_rows[0]),
		request_body(r), &given, &fields);
	if (fields.n != 0)
		refuse_fields(r, &fields);
	else
		try_login(r, &given);
	wipe_text(given.code);
	wipe_text(given.passphrase);
}

static void log_out(struct request *r)
{
	struct trouble trouble;

	if (r->grant.by == ACCESS_SESSION &&
		access_remove(request_api(r)->access, ACCESS_SESSION,
			r->grant.id, &trouble) != 0) {
		request_reply_trouble(r, &trouble, NULL);
		return;
	}
	set_cookie(r, "", 0);
	request_reply_empty(r, MHD_HTTP_NO_CONTENT);
}

static void get_session(struct request *r)
{
	json_t *o = member_object();

	member_text(o, "scope", r->grant.write ? "write" : "read");
	member_text(o, "lang", catalog_lang_name(request_lang(r)));
	member_text(o, "version", TAUPE_VERSION);
	request_reply_json(r, MHD_HTTP_OK, o);
}

const struct route routes_access[] = {
	{"GET", BASE "/tokens", ROUTE_READ, 0, list_tokens},
	{"POST", BASE "/tokens", ROUTE_OWNER, 0, add_token},
	{"DELETE", BASE "/tokens/{id}", ROUTE_OWNER, 0, remove_token},
	{"POST", BASE "/login-links", ROUTE_OWNER, ROUTE_LOCAL_ONLY, make_link},
	{"POST", BASE "/login", ROUTE_PUBLIC, 0, log_in},
	{"POST", BASE "/logout", ROUTE_READ, 0, log_out},
	{"GET", BASE "/session", ROUTE_READ, 0, get_session},
	{0},
};
