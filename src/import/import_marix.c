/*
 * marix: {"servers": [{id, name, host, port, username, privateKeyPath, tags}],
 * "portForwards": [{name, type, localHost, localPort, remoteHost, remotePort,
 * serverId}]}, as its decrypted backup has them; "port_forwards" is the name in
 * its page's storage. Its encrypted backups can't be read. Passwords are left.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/mem.h"
#include "import/import_build.h"
#include "import/import_formats.h"

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL && *text != '\0' ? text : NULL;
}

/* Numbers may stand as texts. */
static unsigned port_of(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);
	const char *text = json_string_value(value);
	json_int_t number = text != NULL ? strtol(text, NULL, 10)
					 : json_integer_value(value);

	return number > 0 && number <= 65535 ? (unsigned)number : 0;
}

/* The index of each server of the list, by its id there. */
struct known {
	const char **id;
	size_t *index;
	size_t n;
};

static int read_servers(
	struct import_set *set, const json_t *servers, struct known *known)
{
	const json_t *server;
	size_t i;

	json_array_foreach(servers, i, server)
	{
		const char *host = text_of(server, "host");
		const char *key = text_of(server, "privateKeyPath");
		size_t index;
		int r;

		if (host == NULL) {
			import_build_skip(set, 0, slice_of("servers"),
				"the host is missing");
			continue;
		}
		r = import_build_server(set, 0, text_of(server, "name"), host,
			(uint16_t)port_of(server, "port"),
			text_of(server, "username"), &index);
		if (r == -ERR_LIMIT)
			return r;
		if (r < 0)
			continue;
		if (key != NULL)
			import_build_word(set, 0, index, "IdentityFile", key);
		known->id = mem_realloc(
			known->id, known->n + 1, sizeof(*known->id));
		known->index = mem_realloc(
			known->index, known->n + 1, sizeof(*known->index));
		known->id[known->n] = text_of(server, "id");
		known->index[known->n++] = index;
	}
	return 0;
}

static bool find_server(
	const struct known *known, const char *id, size_t *ret_index)
{
	for (size_t i = 0; i < known->n && id != NULL; i++)
		if (known->id[i] != NULL && strcmp(known->id[i], id) == 0) {
			*ret_index = known->index[i];
			return true;
		}
	return false;
}

static const char *host_or_loopback(const json_t *forward, const char *name)
{
	const char *host = text_of(forward, name);

	return host != NULL ? host : "127.0.0.1";
}

static int read_forward(
	struct import_set *set, const json_t *forward, size_t server)
{
	const char *type = text_of(forward, "type");
	const char *name = text_of(forward, "name");
	const char *local = host_or_loopback(forward, "localHost");
	const char *remote = host_or_loopback(forward, "remoteHost");
	unsigned local_port = port_of(forward, "localPort");
	unsigned remote_port = port_of(forward, "remotePort");
	enum forward_type kind = FORWARD_LOCAL;
	char *text;
	int r;

	if (type != NULL && strcmp(type, "dynamic") == 0) {
		kind = FORWARD_DYNAMIC;
		text = mem_printf("[%s]:%u", local, local_port);
	} else if (type != NULL && strcmp(type, "remote") == 0) {
		kind = FORWARD_REMOTE;
		text = mem_printf("[%s]:%u [%s]:%u", remote, remote_port, local,
			local_port);
	} else {
		text = mem_printf("[%s]:%u [%s]:%u", local, local_port, remote,
			remote_port);
	}
	r = import_build_forward(set, 0, server, kind, text, name);
	free(text);
	return r == -ERR_LIMIT ? r : 0;
}

static int read_forwards(struct import_set *set, const json_t *forwards,
	const struct known *known)
{
	const json_t *forward;
	size_t i;

	json_array_foreach(forwards, i, forward)
	{
		const char *name = text_of(forward, "name");
		size_t server;

		if (!find_server(known, text_of(forward, "serverId"), &server))
			import_build_skip(set, 0,
				slice_of(name != NULL ? name : "portForwards"),
				"its server is not in the list");
		else if (read_forward(set, forward, server) < 0)
			return -ERR_LIMIT;
	}
	return 0;
}

int import_marix_read(char *text, const char *path, struct import_set *set,
	struct trouble *trouble)
{
	json_error_t where;
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &where);
	const json_t *forwards = json_object_get(root, "portForwards");
	struct known known = {0};
	int r;

	if (root == NULL)
		return trouble_say(trouble, ERR_INVALID,
			"it is no JSON (%d:%d)", where.line, where.column);
	if (forwards == NULL)
		forwards = json_object_get(root, "port_forwards");
	if (json_object_get(root, "encrypted") != NULL)
		r = trouble_say(trouble, ERR_INVALID, "it is encrypted");
	else
		r = read_servers(set, json_object_get(root, "servers"), &known);
	if (r == 0)
		r = read_forwards(set, forwards, &known);
	if (r == 0 && set->n_servers == 0)
		r = trouble_say(trouble, ERR_INVALID, "it names no server");
	free(known.id);
	free(known.index);
	json_decref(root);
	return r;
}
