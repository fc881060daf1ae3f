/*
 * /api/v1/servers, see docs/api.md.
 */
#include <stdlib.h>
#include <string.h>

#include "api/fields_server.h"
#include "api/fresh.h"
#include "api/member.h"
#include "api/refuse.h"
#include "api/request.h"
#include "daemon/vault.h"

#define BASE "/api/v1/servers"

static const struct control_server *find(struct request *r)
{
	const struct control_server *s =
		control_server(request_control(r), request_id(r));

	if (s == NULL)
		request_reply_error(
			r, ERR_NOT_FOUND, "there is no such server");
	return s;
}

static void reply(struct request *r, unsigned status, uint32_t id)
{
	struct control *c = request_control(r);
	const struct control_server *s = control_server(c, id);

	if (s == NULL) {
		request_reply_error(
			r, ERR_NOT_FOUND, "there is no such server");
		return;
	}
	request_reply_resource(r, status, json_server(c, s, request_lang(r)),
		s->want.revision);
}

/* ---- list and one ---- */

static void list_fresh(struct request *r)
{
	const struct control *c = request_control(r);
	const char *name = request_query(r, "name");
	json_t *list = member_array();
	size_t n;
	const struct control_server *const *s = control_servers(c, &n);

	for (size_t i = 0; i < n; i++)
		if (name == NULL || strcmp(s[i]->want.name, name) == 0)
			member_append(
				list, json_server(c, s[i], request_lang(r)));
	request_reply_json(r, 200, list);
}

static void list(struct request *r)
{
	fresh_reply(r, list_fresh);
}

static void get_fresh(struct request *r)
{
	reply(r, 200, request_id(r));
}

static void get(struct request *r)
{
	if (find(r) != NULL)
		fresh_reply(r, get_fresh);
}

/* ---- changes ---- */

static unsigned put_flags(const struct request *r)
{
	return (request_flag(r, "stop") ? CONTROL_STOP : 0) |
	       (request_flag(r, "start") ? CONTROL_START : 0);
}

/* What was given ahead, under the name that the question will have. A
 * passphrase is for any key of the server. */
static int put_secrets(struct control *c, uint32_t id,
	const struct fields_server *f, struct trouble *trouble)
{
	int err = 0;

	if (secret_is_set(&f->password))
		err = control_put_secret(c, id,
			prompt_kind_name(PROMPT_PASSWORD), NULL, &f->password,
			trouble);
	if (err == 0 && secret_is_set(&f->passphrase))
		err = control_put_secret(c, id,
			prompt_kind_name(PROMPT_PASSPHRASE), NULL,
			&f->passphrase, trouble);
	return err;
}

/* What could not be kept is said before anything is changed. */
static int check_secrets(const struct control *c, const struct fields_server *f,
	struct trouble *trouble)
{
	bool any = secret_is_set(&f->password) || secret_is_set(&f->passphrase);

	if (!any || f->record.keep_secrets != STORE_KEEP ||
		!vault_is_locked(control_vault(c)))
		return 0;
	return trouble_say(trouble, ERR_VAULT_LOCKED, "secrets");
}

/* Stores what the body says over `from` (NULL: a new one). */
static void put(
	struct request *r, const struct store_server *from, unsigned status)
{
	struct control *c = request_control(r);
	struct control_fields fields = {0};
	struct fields_server f;
	struct trouble trouble;
	uint32_t id = 0;
	int err;

	if (!refuse_without_object(r))
		return;
	fields_server_init(&f, from);
	if (fields_server_read(&f, c, request_body(r), &fields) &&
		!request_is_owner(r))
		fields_server_check_token(from, &f.record, &fields);
	if (fields.n != 0) {
		refuse_fields(r, &fields);
		goto out;
	}
	err = check_secrets(c, &f, &trouble);
	if (err == 0)
		err = control_put_server(c, &f.record, request_if_match(r),
			put_flags(r), &fields, &id, &trouble);
	if (id == 0)
		id = f.record.id;
	if (err == 0)
		err = put_secrets(c, id, &f, &trouble);
	if (err != 0)
		request_reply_trouble(r, &trouble, &fields);
	else
		reply(r, status, id);
out:
	fields_server_done(&f);
}

static void create(struct request *r)
{
	put(r, NULL, 201);
}

static void change(struct request *r)
{
	const struct control_server *s = find(r);

	if (s != NULL)
		put(r, &s->want, 200);
}

static void drop(struct request *r)
{
	struct trouble trouble;

	if (control_remove_server(request_control(r), request_id(r),
		    request_if_match(r), put_flags(r),
		    request_flag(r, "forwards"), &trouble) != 0)
		request_reply_trouble(r, &trouble, NULL);
	else
		request_reply_empty(r, 204);
}

static void reconnect(struct request *r)
{
	struct trouble trouble;

	if (find(r) == NULL)
		return;
	if (control_reconnect(request_control(r), request_id(r), &trouble) != 0)
		request_reply_trouble(r, &trouble, NULL);
	else
		reply(r, 202, request_id(r));
}

/* ---- secrets ---- */

struct secret_body {
	char *kind, *about, *value;
};

static const struct fields_row secret_rows[] = {
	{.name = "kind",
		.read = fields_text,
		.offset = offsetof(struct secret_body, kind)},
	{.name = "about",
		.read = fields_text,
		.offset = offsetof(struct secret_body, about)},
	{.name = "value",
		.read = fields_text,
		.offset = offsetof(struct secret_body, value)},
};

static bool is_kind(const char *kind)
{
	return strcmp(kind, prompt_kind_name(PROMPT_PASSWORD)) == 0 ||
	       strcmp(kind, prompt_kind_name(PROMPT_PASSPHRASE)) == 0;
}

static void check_secret(
	const struct secret_body *s, struct control_fields *fields)
{
	if (s->kind == NULL)
		fields_wrong(fields, "kind", "it is missing");
	else if (!is_kind(s->kind))
		fields_wrong(fields, "kind",
			"it is none of the words that it takes");
	if (s->value == NULL)
		fields_wrong(fields, "value", "it is missing");
}

static void wipe_text(const json_t *value)
{
	if (json_is_string(value))
		secret_wipe((char *)json_string_value(value),
			json_string_length(value));
}

static void put_secret(struct request *r)
{
	struct control_fields fields = {0};
	struct secret value = SECRET_INIT;
	struct secret_body s = {0};
	struct trouble trouble;

	if (find(r) == NULL || !refuse_without_object(r))
		return;
	fields_read(secret_rows, sizeof(secret_rows) / sizeof(secret_rows[0]),
		request_body(r), &s, &fields);
	check_secret(&s, &fields);
	if (fields.n != 0) {
		refuse_fields(r, &fields);
		goto out;
	}
	secret_set(&value, s.value, strlen(s.value));
	if (control_put_secret(request_control(r), request_id(r), s.kind,
		    s.about, &value, &trouble) != 0)
		request_reply_trouble(r, &trouble, NULL);
	else
		request_reply_empty(r, 204);
	secret_done(&value);
out:
	wipe_text(json_object_get(request_body(r), "value"));
	if (s.value != NULL)
		secret_wipe(s.value, strlen(s.value));
	free(s.kind);
	free(s.about);
	free(s.value);
}

static void forget_secrets(struct request *r)
{
	struct trouble trouble;

	if (find(r) == NULL)
		return;
	if (control_forget_secrets(request_control(r), request_id(r),
		    request_query(r, "kind"), request_query(r, "about"),
		    &trouble) != 0)
		request_reply_trouble(r, &trouble, NULL);
	else
		request_reply_empty(r, 204);
}

const struct route routes_servers[] = {
	{"GET", BASE, ROUTE_READ, 0, list},
	{"POST", BASE, ROUTE_WRITE, 0, create},
	{"GET", BASE "/{id}", ROUTE_READ, 0, get},
	{"PATCH", BASE "/{id}", ROUTE_WRITE, 0, change},
	{"DELETE", BASE "/{id}", ROUTE_WRITE, 0, drop},
	{"POST", BASE "/{id}/reconnect", ROUTE_WRITE, 0, reconnect},
	{"PUT", BASE "/{id}/secrets", ROUTE_WRITE, 0, put_secret},
	{"DELETE", BASE "/{id}/secrets", ROUTE_WRITE, 0, forget_secrets},
	{0},
};
