/*
 * A form speaks of a local and a remote side, the engine of one that listens
 * and a target: the type says which is which, and it may be among what changes.
 * So a record is taken apart into its sides, read over, and put together.
 */
#include "api/fields_forward.h"

#include <stdlib.h>
#include <string.h>

#include "api/fields_side.h"
#include "base/mem.h"

#define ROW(text, kind, member, ...)                                           \
	{                                                                      \
		.name = text, .read = fields_##kind,                           \
		.offset = offsetof(struct store_forward, member), __VA_ARGS__  \
	}
#define LATER(text)                                                            \
	{                                                                      \
		.name = text                                                   \
	}

static fields_read_fn read_type;

static const struct fields_row rows[] = {
	ROW("name", text, name),
	{.name = "type", .read = read_type},
	LATER("server"),
	LATER("server_id"),
	LATER("local"),
	LATER("local_host"),
	LATER("local_port"),
	LATER("local_path"),
	LATER("remote"),
	LATER("remote_host"),
	LATER("remote_port"),
	LATER("remote_path"),
	ROW("tags", texts, tags),
	ROW("autostart", flag, autostart),
	ROW("lazy", flag, spec.lazy),
	ROW("idle_disconnect_s", u32, spec.idle_s),
	ROW("auto_off_s", u32, auto_off_s),
	ROW("allow", text, spec.allow),
	ROW("limit_in_bytes_s", u64, spec.limit_in_bytes_s),
	ROW("limit_out_bytes_s", u64, spec.limit_out_bytes_s),
	ROW("socks_user", text, spec.socks_user, .max = 255),
	LATER("socks_password"),
	ROW("note", text, note),
	ROW("position", i64, position),
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

void fields_forward_init(
	struct fields_forward *f, const struct store_forward *from)
{
	*f = (struct fields_forward){0};
	if (from != NULL)
		store_forward_copy(&f->record, from);
}

void fields_forward_done(struct fields_forward *f)
{
	store_forward_done(&f->record);
	secret_done(&f->socks_password);
}

static int read_type(const struct fields_row *row, const json_t *value,
	void *record, struct trouble *trouble)
{
	static const enum forward_type types[] = {
		FORWARD_LOCAL, FORWARD_REMOTE, FORWARD_DYNAMIC};
	const char *text = fields_string(value, trouble);
	struct store_forward *forward = record;

	if (text == NULL)
		return -ERR_INVALID;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(text, forward_type_name(types[i])) == 0) {
			forward->spec.type = types[i];
			return 0;
		}
	return trouble_say(trouble, ERR_INVALID,
		"it can't be \"%.40s\"; it takes: local, remote, dynamic",
		text);
}

/* ---- server ---- */

static void not_there(
	struct control_fields *fields, const char *field, const char *what)
{
	struct trouble trouble;

	trouble_say(&trouble, ERR_NOT_FOUND, "%s", what);
	control_fields_add(fields, field, &trouble);
}

static void read_server(struct store_forward *record, const struct control *c,
	const json_t *body, struct control_fields *fields)
{
	const json_t *name = json_object_get(body, "server");
	const json_t *id = json_object_get(body, "server_id");
	const struct control_server *server;
	struct trouble trouble;
	const char *text;
	uint64_t number;

	if (id != NULL && !json_is_null(id)) {
		if (fields_number(id, UINT32_MAX, &number, &trouble) != 0)
			control_fields_add(fields, "server_id", &trouble);
		else if (control_server(c, (uint32_t)number) == NULL)
			not_there(
				fields, "server_id", "there is no such server");
		else
			record->server = (uint32_t)number;
		return;
	}
	if (name == NULL || json_is_null(name))
		return;
	text = fields_string(name, &trouble);
	server = text != NULL ? control_server_named(c, text) : NULL;
	if (text == NULL)
		control_fields_add(fields, "server", &trouble);
	else if (server == NULL)
		not_there(fields, "server", text);
	else
		record->server = server->want.id;
}

/* ---- the two sides ---- */

static bool has_target(const struct forward_spec *spec)
{
	return spec->type != FORWARD_DYNAMIC && !spec->reverse_dynamic;
}

static void take_apart(const struct store_forward *from,
	struct fields_side *local, struct fields_side *remote)
{
	const struct forward_spec *spec = &from->spec;
	bool here = spec->type != FORWARD_REMOTE;

	*local = fields_side_local();
	*remote = fields_side_remote();
	if (spec->listen.host == NULL && spec->listen.path == NULL)
		return;
	fields_side_from(
		here ? local : remote, &spec->listen, spec->bind_left_out);
	if (has_target(spec))
		fields_side_from(here ? remote : local, &spec->target, false);
}

static void put_together(struct store_forward *record,
	struct fields_side *local, struct fields_side *remote,
	const json_t *body, struct control_fields *fields)
{
	struct forward_spec *spec = &record->spec;
	bool here = spec->type != FORWARD_REMOTE, unused;
	struct fields_side *listen = here ? local : remote;
	struct fields_side *target = here ? remote : local;
	const char *name;
	json_t *value;

	fields_side_to(
		listen, true, &spec->listen, &spec->bind_left_out, fields);
	spec->reverse_dynamic =
		spec->type == FORWARD_REMOTE && fields_side_is_absent(target);
	if (has_target(spec)) {
		fields_side_to(target, false, &spec->target, &unused, fields);
		return;
	}
	endpoint_done(&spec->target);
	if (spec->type != FORWARD_DYNAMIC)
		return;
	/* What an older type left there goes; what is typed now is wrong. */
	json_object_foreach ((json_t *)body, name, value)
		if (fields_side_has(target, name) && !json_is_null(value))
			fields_wrong(fields, target->name,
				"it has no destination of its own");
}

/* ---- the rest ---- */

/* A password in a JSON text is wiped where it lies. */
static void read_socks_password(struct fields_forward *f, const json_t *body,
	struct control_fields *fields)
{
	const json_t *value = json_object_get(body, "socks_password");
	struct trouble trouble;
	const char *text = "";

	if (value == NULL)
		return;
	if (!json_is_null(value))
		text = fields_string(value, &trouble);
	if (text == NULL) {
		control_fields_add(fields, "socks_password", &trouble);
		return;
	}
	f->has_socks_password = true;
	secret_set(&f->socks_password, text, strlen(text));
	secret_wipe((char *)text, strlen(text));
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_tags(struct string_list *tags)
{
	size_t kept = 0;

	if (tags->n == 0)
		return;
	qsort(tags->item, tags->n, sizeof(*tags->item), by_text);
	for (size_t i = 0; i < tags->n; i++) {
		if (kept > 0 &&
			strcmp(tags->item[kept - 1], tags->item[i]) == 0)
			free(tags->item[i]);
		else
			tags->item[kept++] = tags->item[i];
	}
	tags->n = kept;
}

bool fields_forward_read(struct fields_forward *f, const struct control *c,
	json_t *body, struct control_fields *fields)
{
	bool is_new = f->record.id == 0;
	struct control_fields more = {0};
	struct fields_side local, remote;

	take_apart(&f->record, &local, &remote);
	fields_read(rows, ROWS, body, &f->record, fields);
	if (is_new && json_object_get(body, "type") == NULL)
		fields_wrong(fields, "type", "it is missing");
	if (c != NULL)
		read_server(&f->record, c, body, fields);
	fields_side_read(&local, body, fields);
	fields_side_read(&remote, body, fields);
	put_together(&f->record, &local, &remote, body, fields);
	fields_side_done(&local);
	fields_side_done(&remote);
	read_socks_password(f, body, fields);
	sort_tags(&f->record.tags);
	if (c != NULL)
		control_check_forward(c, &f->record, &more);
	fields_merge(fields, &more);
	return fields->n == 0;
}
