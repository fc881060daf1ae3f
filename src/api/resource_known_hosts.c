/*
 * /api/v1/known-hosts, see docs/api.md. What is removed is looked up anew by
 * its id, so that a file that changed meanwhile loses nothing else.
 */
#include <stdlib.h>
#include <string.h>

#include "api/fields.h"
#include "api/known_host_list.h"
#include "api/member.h"
#include "api/query.h"
#include "api/refuse.h"
#include "api/request.h"
#include "base/mem.h"

#define BASE "/api/v1/known-hosts"

/* ---- list ---- */

static json_t *entry_json(const struct known_hosts_entry *entry,
	const struct control_server *const *servers, size_t n)
{
	json_t *o = member_object(), *ids = member_array();
	char fingerprint[PUBKEY_FINGERPRINT_MAX], id[KNOWN_HOST_ID];

	known_host_list_id(entry, id);
	pubkey_fingerprint(entry->key, fingerprint);
	member_text(o, "id", id);
	member_text(o, "path", entry->path);
	member_number(o, "line", entry->line);
	member_text(o, "marker", entry->marker);
	member_text(o, "names", entry->names);
	member_flag(o, "hashed", entry->hashed);
	member_text(o, "type", pubkey_label(entry->key));
	member_text(o, "fingerprint", fingerprint);
	member_text(o, "comment", entry->comment);
	for (size_t i = 0; i < n; i++)
		member_append(ids, json_integer(servers[i]->want.id));
	member_set(o, "server_ids", ids);
	return o;
}

static void add(void *arg, const struct known_hosts_entry *entry,
	const struct control_server *const *servers, size_t n)
{
	member_append(arg, entry_json(entry, servers, n));
}

static void list(struct request *r)
{
	struct control_fields fields = {0};
	uint32_t server = query_id(r, "server_id", &fields);
	json_t *list;

	if (query_is_wrong(r, &fields))
		return;
	list = member_array();
	known_host_list_each(request_control(r), server, add, list);
	request_reply_json(r, 200, list);
}

/* ---- remove ---- */

struct wanted {
	const char *id;
	char *path; /* found */
	unsigned line;
	char fingerprint[PUBKEY_FINGERPRINT_MAX];
};

static void match(void *arg, const struct known_hosts_entry *entry,
	const struct control_server *const *servers, size_t n)
{
	struct wanted *w = arg;
	char id[KNOWN_HOST_ID];

	known_host_list_id(entry, id);
	if (w->path != NULL || strcmp(id, w->id) != 0)
		return;
	w->path = mem_strdup(entry->path);
	w->line = entry->line;
	pubkey_fingerprint(entry->key, w->fingerprint);
}

static void drop(struct request *r)
{
	struct wanted w = {.id = request_id_text(r)};
	struct trouble trouble;

	known_host_list_each(request_control(r), 0, match, &w);
	if (w.path == NULL)
		request_reply_error(
			r, ERR_NOT_FOUND, "there is no such line any more");
	else if (known_hosts_remove(w.path, w.line, w.fingerprint, &trouble) !=
		 0)
		request_reply_trouble(r, &trouble, NULL);
	else
		request_reply_empty(r, 204);
	free(w.path);
}

/* ---- accept ---- */

static const struct control_prompt *pending(
	const struct control *c, uint32_t server, const char *fingerprint)
{
	size_t n;
	const struct control_prompt *const *p = control_prompts(c, &n);

	for (size_t i = 0; i < n; i++) {
		const char *shown = trouble_get(&p[i]->about, "fingerprint");

		if (p[i]->server == server &&
			p[i]->prompt->kind == PROMPT_HOST_KEY &&
			shown != NULL && strcmp(shown, fingerprint) == 0)
			return p[i];
	}
	return NULL;
}

struct key {
	uint32_t server;
	char *fingerprint;
};

static const struct fields_row rows[] = {
	{.name = "server_id",
		.read = fields_u32,
		.offset = offsetof(struct key, server)},
	{.name = "fingerprint",
		.read = fields_text,
		.offset = offsetof(struct key, fingerprint)},
};

/* The fingerprint is the answer: the engine compares it once more. */
static void answer(struct request *r, const struct key *key)
{
	struct control *c = request_control(r);
	const struct control_prompt *p =
		pending(c, key->server, key->fingerprint);
	struct secret yes = SECRET_INIT;
	struct trouble trouble;
	json_t *o;

	if (p == NULL) {
		request_reply_error(
			r, ERR_NOT_FOUND, "there is no such question");
		return;
	}
	secret_set(&yes, key->fingerprint, strlen(key->fingerprint));
	if (control_answer(c, p->id, &yes, 1, true, &trouble) != 0) {
		request_reply_trouble(r, &trouble, NULL);
	} else {
		o = member_object();
		member_id(o, "server_id", key->server);
		member_text(o, "fingerprint", key->fingerprint);
		request_reply_json(r, 201, o);
	}
	secret_done(&yes);
}

static void accept_key(struct request *r)
{
	struct control_fields fields = {0};
	struct key key = {0};

	if (!refuse_without_object(r))
		return;
	fields_read(rows, sizeof(rows) / sizeof(rows[0]), request_body(r), &key,
		&fields);
	if (key.server == 0)
		fields_wrong(&fields, "server_id", "it is missing");
	if (key.fingerprint == NULL)
		fields_wrong(&fields, "fingerprint", "it is missing");
	if (fields.n != 0 || key.fingerprint == NULL)
		refuse_fields(r, &fields);
	else
		answer(r, &key);
	free(key.fingerprint);
}

const struct route routes_known_hosts[] = {
	{"GET", BASE, ROUTE_READ, 0, list},
	{"POST", BASE, ROUTE_WRITE, 0, accept_key},
	{"DELETE", BASE "/{id}", ROUTE_WRITE, ROUTE_TEXT_ID, drop},
	{0},
};
