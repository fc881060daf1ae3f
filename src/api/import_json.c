#include "api/import_json.h"

#include <stdlib.h>
#include <string.h>

#include "api/export.h"
#include "api/fields_forward.h"
#include "api/fields_server.h"
#include "base/mem.h"
#include "import/import_build.h"

/* Words for the first thing that is wrong, under the item's name. */
static void skip(struct import_set *set, const json_t *item,
	const struct control_fields *fields)
{
	const char *name = json_string_value(json_object_get(item, "name"));
	const char *detail = trouble_get(&fields->item[0].trouble, "detail");
	struct trouble why;

	trouble_set(&why, ERR_INVALID);
	trouble_arg(&why, "detail", "%s: %s", fields->item[0].field,
		detail != NULL ? detail : "");
	import_build_skip_trouble(
		set, 0, slice_of(name != NULL ? name : "?"), &why);
}

/* The item without what names another server, and that name. */
static json_t *without(
	const json_t *item, const char *member, const char **ret_name)
{
	json_t *copy = json_is_object(item) ? json_copy((json_t *)item) : NULL;

	*ret_name = json_string_value(json_object_get(item, member));
	if (copy != NULL)
		json_object_del(copy, member);
	return copy;
}

static bool named_twice(const struct import_set *set, const char *name)
{
	for (size_t i = 0; i < set->n_servers; i++)
		if (strcmp(set->servers[i].server.name, name) == 0)
			return true;
	return false;
}

static void read_server(struct import_set *set, const json_t *item)
{
	struct control_fields fields = {0};
	struct import_server *to;
	struct fields_server f;
	const char *jump;
	json_t *body = without(item, "jump_server", &jump);

	fields_server_init(&f, NULL);
	if (body == NULL)
		fields_wrong(&fields, "servers", "a JSON object is wanted");
	else
		fields_server_read(&f, NULL, body, &fields);
	if (f.record.name == NULL)
		fields_wrong(&fields, "name", "it is missing");
	else if (named_twice(set, f.record.name))
		fields_wrong(&fields, "name", "it is there twice");
	if (f.record.host == NULL)
		fields_wrong(&fields, "host", "it is missing");
	if (fields.n != 0) {
		skip(set, item, &fields);
	} else {
		set->servers = mem_grow(set->servers, set->n_servers,
			&set->servers_room, sizeof(*set->servers));
		to = &set->servers[set->n_servers++];
		*to = (struct import_server){.server = f.record};
		f.record = (struct store_server){0};
		if (jump != NULL)
			to->jump = mem_strdup(jump);
	}
	fields_server_done(&f);
	json_decref(body);
}

static bool find_server(
	const struct import_set *set, const char *name, size_t *ret_index)
{
	for (size_t i = 0; name != NULL && i < set->n_servers; i++)
		if (strcmp(set->servers[i].server.name, name) == 0) {
			*ret_index = i;
			return true;
		}
	return false;
}

static void read_forward(struct import_set *set, const json_t *item)
{
	struct control_fields fields = {0};
	struct import_forward *to;
	struct fields_forward f;
	const char *server;
	size_t index = 0;
	json_t *body = without(item, "server", &server);

	fields_forward_init(&f, NULL);
	if (body == NULL)
		fields_wrong(&fields, "forwards", "a JSON object is wanted");
	else
		fields_forward_read(&f, NULL, body, &fields);
	if (f.record.name == NULL)
		fields_wrong(&fields, "name", "it is missing");
	if (!find_server(set, server, &index))
		fields_wrong(&fields, "server", "there is no such server");
	if (fields.n != 0) {
		skip(set, item, &fields);
	} else {
		set->forwards = mem_grow(set->forwards, set->n_forwards,
			&set->forwards_room, sizeof(*set->forwards));
		to = &set->forwards[set->n_forwards++];
		*to = (struct import_forward){
			.forward = f.record, .server = index};
		f.record = (struct store_forward){0};
	}
	fields_forward_done(&f);
	json_decref(body);
}

static int read_all(
	const json_t *root, struct import_set *set, struct trouble *trouble)
{
	const json_t *version = json_object_get(root, "taupe");
	const json_t *servers = json_object_get(root, "servers");
	const json_t *forwards = json_object_get(root, "forwards");

	if (!json_is_integer(version) || !json_is_array(servers) ||
		!json_is_array(forwards))
		return trouble_say(
			trouble, ERR_INVALID, "it is no export of taupe");
	if (json_integer_value(version) > EXPORT_VERSION)
		return trouble_say(trouble, ERR_INVALID,
			"it was written by a newer taupe");
	if (json_array_size(servers) > IMPORT_ITEMS_MAX ||
		json_array_size(forwards) > IMPORT_ITEMS_MAX)
		return trouble_say(trouble, ERR_LIMIT, "too many entries");
	for (size_t i = 0; i < json_array_size(servers); i++)
		read_server(set, json_array_get(servers, i));
	for (size_t i = 0; i < json_array_size(forwards); i++)
		read_forward(set, json_array_get(forwards, i));
	return 0;
}

int import_json_read(const char *text, size_t n, struct import_set *ret_set,
	struct trouble *trouble)
{
	struct import_set set = {0};
	json_error_t error;
	json_t *root;
	int err;

	if (n > IMPORT_TEXT_MAX)
		return trouble_say(trouble, ERR_LIMIT, "the text is too long");
	root = json_loadb(text, n, JSON_REJECT_DUPLICATES, &error);
	if (root == NULL)
		return trouble_say(trouble, ERR_INVALID,
			"it is no JSON (%d:%d)", error.line, error.column);
	err = read_all(root, &set, trouble);
	json_decref(root);
	if (err != 0)
		import_set_done(&set);
	else
		*ret_set = set;
	return err;
}
