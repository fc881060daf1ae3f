/*
 * boring's configuration: an array of tables "tunnels", each with name, local,
 * remote, host, mode (local, remote, socks, socks-remote), user, identity,
 * port, group, keep_alive.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "import/import_build.h"
#include "import/import_formats.h"
#include "import/toml_lines.h"

enum boring_key {
	BORING_NAME,
	BORING_LOCAL,
	BORING_REMOTE,
	BORING_HOST,
	BORING_MODE,
	BORING_USER,
	BORING_IDENTITY,
	BORING_PORT,
	BORING_GROUP,
	BORING_KEEP_ALIVE,
	BORING_KEYS
};
static const char *const key_names[BORING_KEYS] = {
	[BORING_NAME] = "name",
	[BORING_LOCAL] = "local",
	[BORING_REMOTE] = "remote",
	[BORING_HOST] = "host",
	[BORING_MODE] = "mode",
	[BORING_USER] = "user",
	[BORING_IDENTITY] = "identity",
	[BORING_PORT] = "port",
	[BORING_GROUP] = "group",
	[BORING_KEEP_ALIVE] = "keep_alive",
};

struct reader {
	struct import_set *set;
	bool in_tunnel;
	unsigned line;
	char *value[BORING_KEYS];
	char *keep_alive; /* of all tunnels, or NULL */
	int result;
};

/* A lone port is one of the loopback; a path stays. */
static char *address(const char *text)
{
	if (text[strspn(text, "0123456789")] == '\0')
		return mem_printf("127.0.0.1:%s", text);
	return mem_strdup(text);
}

static const char *mode_of(const struct reader *r)
{
	return r->value[BORING_MODE] != NULL ? r->value[BORING_MODE] : "local";
}

static bool has_mode(const struct reader *r)
{
	static const char *const modes[] = {
		"local", "remote", "socks", "socks-remote"};

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strcmp(modes[i], mode_of(r)) == 0)
			return true;
	return false;
}

/* ssh's text of the forward; NULL: something is missing, or no such mode. */
static char *forward_text(const struct reader *r, enum forward_type *ret_type)
{
	const char *mode = mode_of(r);
	const char *local = r->value[BORING_LOCAL];
	const char *remote = r->value[BORING_REMOTE];
	bool is_local = strcmp(mode, "local") == 0;
	char *from, *to, *text;

	*ret_type = is_local || strcmp(mode, "socks") == 0 ? FORWARD_LOCAL
							   : FORWARD_REMOTE;
	if (strcmp(mode, "socks") == 0 && local != NULL) {
		*ret_type = FORWARD_DYNAMIC;
		return address(local);
	}
	if (strcmp(mode, "socks-remote") == 0 && remote != NULL)
		return address(remote);
	if ((!is_local && strcmp(mode, "remote") != 0) || local == NULL ||
		remote == NULL)
		return NULL;
	from = address(is_local ? local : remote);
	to = address(is_local ? remote : local);
	text = mem_printf("%s %s", from, to);
	free(from);
	free(to);
	return text;
}

static int add_server(struct reader *r, size_t *ret_server)
{
	const char *alive = r->value[BORING_KEEP_ALIVE] != NULL
				    ? r->value[BORING_KEEP_ALIVE]
				    : r->keep_alive;
	int result = import_build_server(r->set, r->line, NULL,
		r->value[BORING_HOST],
		import_build_port(r->set, r->line, r->value[BORING_PORT]),
		r->value[BORING_USER], ret_server);

	if (result < 0)
		return result;
	if (r->value[BORING_IDENTITY] != NULL)
		import_build_word(r->set, r->line, *ret_server, "IdentityFile",
			r->value[BORING_IDENTITY]);
	if (alive != NULL)
		import_build_option(r->set, r->line, *ret_server,
			"ServerAliveInterval", alive);
	*ret_server = import_build_fold(r->set);
	return 0;
}

/* -ERR_INVALID: told as skipped. */
static int add_tunnel(struct reader *r)
{
	const char *name = r->value[BORING_NAME];
	enum forward_type type;
	char *text = forward_text(r, &type);
	size_t server;
	int err = -ERR_INVALID;

	if (!has_mode(r))
		import_build_skip(r->set, r->line, slice_of(mode_of(r)),
			"there is no such mode");
	else if (text == NULL || r->value[BORING_HOST] == NULL)
		import_build_skip(r->set, r->line,
			slice_of(name != NULL ? name : "[[tunnels]]"),
			"something that it needs is missing");
	else
		err = add_server(r, &server);
	if (err == 0)
		err = import_build_forward(
			r->set, r->line, server, type, text, name);
	if (err >= 0 && r->value[BORING_GROUP] != NULL)
		import_build_tag(r->set, (size_t)err, r->value[BORING_GROUP]);
	free(text);
	return err;
}

static void end_tunnel(struct reader *r)
{
	if (!r->in_tunnel)
		return;
	if (add_tunnel(r) == -ERR_LIMIT)
		r->result = -ERR_LIMIT;
	for (int i = 0; i < BORING_KEYS; i++) {
		free(r->value[i]);
		r->value[i] = NULL;
	}
	r->in_tunnel = false;
}

static void on_table(void *arg, unsigned line, const char *name, bool is_item)
{
	struct reader *r = arg;

	end_tunnel(r);
	r->in_tunnel = is_item && strcmp(name, "tunnels") == 0;
	r->line = line;
	if (!r->in_tunnel)
		import_build_skip(
			r->set, line, slice_of(name), "unknown option");
}

static void on_key(void *arg, unsigned line, const char *name,
	const struct toml_value *value)
{
	struct reader *r = arg;

	if (!value->is_array)
		for (int i = 0; i < BORING_KEYS; i++)
			if (strcmp(key_names[i], name) == 0) {
				char **place = r->in_tunnel ? &r->value[i]
							    : &r->keep_alive;

				if (!r->in_tunnel && i != BORING_KEEP_ALIVE)
					break;
				free(*place);
				*place = mem_strdup(value->texts.item[0]);
				return;
			}
	import_build_skip(r->set, line, slice_of(name), "unknown option");
}

static void on_wrong(void *arg, unsigned line, const char *text)
{
	struct reader *r = arg;

	import_build_skip(
		r->set, line, slice_of(text), "it can't be understood");
}

int import_boring_read(char *text, const char *path, struct import_set *set,
	struct trouble *trouble)
{
	static const struct toml_ops ops = {on_table, on_key, on_wrong};
	struct reader r = {.set = set};

	toml_lines_read(text, &ops, &r);
	end_tunnel(&r);
	free(r.keep_alive);
	if (r.result == 0 && set->n_forwards == 0)
		r.result =
			trouble_say(trouble, ERR_INVALID, "it names no tunnel");
	return r.result;
}
