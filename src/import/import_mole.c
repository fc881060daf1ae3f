/*
 * mole's aliases: one table each ("aliases.<name>" as `mole show alias` prints
 * them, or a file of its own, named by its path), with type (local, remote,
 * dynamic), source, destination, server, key, keep-alive-interval, timeout.
 */
#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "import/import_build.h"
#include "import/import_formats.h"
#include "import/shell_words.h"
#include "import/toml_lines.h"

struct reader {
	struct import_set *set;
	unsigned line;
	char *name, *type, *server, *key, *keep_alive, *timeout;
	struct string_list source, destination;
	int result;
};

/* "10s", "1m30s": Go's durations, which ssh reads too; empty ones are 0. */
static void duration(
	struct reader *r, size_t server, const char *option, const char *text)
{
	if (text != NULL && *text != '\0' && strcmp(text, "0s") != 0)
		import_build_option(r->set, r->line, server, option, text);
}

/* ":3306" and "3306" are of the loopback. */
static char *address(const char *text)
{
	if (text[strspn(text, "0123456789")] == '\0')
		return mem_printf("127.0.0.1:%s", text);
	return mem_printf("%s%s", text[0] == ':' ? "127.0.0.1" : "", text);
}

/* Its source is what listens, here or on the server. */
static char *forward_text(
	const struct reader *r, size_t i, enum forward_type type)
{
	char *from, *to, *text;

	from = address(i < r->source.n ? r->source.item[i] : ":0");
	if (type == FORWARD_DYNAMIC)
		return from;
	if (i >= r->destination.n) {
		import_build_skip(r->set, r->line, slice_of(from),
			"something that it needs is missing");
		free(from);
		return NULL;
	}
	to = address(r->destination.item[i]);
	text = mem_printf("%s %s", from, to);
	free(from);
	free(to);
	return text;
}

static int add_forwards(struct reader *r, size_t server)
{
	enum forward_type type =
		strcmp(r->type, "dynamic") == 0  ? FORWARD_DYNAMIC
		: strcmp(r->type, "remote") == 0 ? FORWARD_REMOTE
						 : FORWARD_LOCAL;
	size_t n = r->source.n;

	if (type != FORWARD_DYNAMIC && r->destination.n > n)
		n = r->destination.n;
	/* Without any, mole picks a port. */
	n = n != 0 ? n : 1;
	for (size_t i = 0; i < n; i++) {
		char *text = forward_text(r, i, type);
		int forward = 0;

		if (text != NULL)
			forward = import_build_forward(
				r->set, r->line, server, type, text, r->name);
		free(text);
		if (forward == -ERR_LIMIT)
			return forward;
	}
	return 0;
}

static void end_alias(struct reader *r)
{
	struct destination d;
	struct trouble why = {0};
	char *url = NULL;
	size_t server;
	int err;

	if (r->server == NULL && r->source.n == 0 && r->destination.n == 0)
		goto out;
	if (r->server == NULL || r->type == NULL) {
		import_build_skip(r->set, r->line,
			slice_of(r->name != NULL ? r->name : ""),
			"something that it needs is missing");
		goto out;
	}
	url = mem_printf("ssh://%s", r->server);
	if (destination_parse(url, &d, &why) < 0) {
		import_build_skip_trouble(
			r->set, r->line, slice_of(r->server), &why);
		goto out;
	}
	err = import_build_server(
		r->set, r->line, NULL, d.host, d.port, d.user, &server);
	if (err == 0) {
		if (r->key != NULL && *r->key != '\0')
			import_build_word(r->set, r->line, server,
				"IdentityFile", r->key);
		duration(r, server, "ServerAliveInterval", r->keep_alive);
		duration(r, server, "ConnectTimeout", r->timeout);
		server = import_build_fold(r->set);
		err = add_forwards(r, server);
	}
	if (err == -ERR_LIMIT)
		r->result = err;
	destination_done(&d);
out:
	free(url);
	free(r->name);
	free(r->type);
	free(r->server);
	free(r->key);
	free(r->keep_alive);
	free(r->timeout);
	shell_words_done(&r->source);
	shell_words_done(&r->destination);
	r->name = r->type = r->server = r->key = r->keep_alive = r->timeout =
		NULL;
}

static void on_table(void *arg, unsigned line, const char *name, bool is_item)
{
	struct reader *r = arg;
	const char *dot = strchr(name, '.');

	end_alias(r);
	r->line = line;
	if (dot != NULL && strncmp(name, "aliases.", 8) == 0) {
		size_t n = strlen(dot + 1);

		if (n >= 2 && dot[1] == '"' && dot[n] == '"')
			r->name = mem_dup(dot + 2, n - 2);
		else
			r->name = mem_strdup(dot + 1);
	}
}

static void on_key(void *arg, unsigned line, const char *name,
	const struct toml_value *value)
{
	struct reader *r = arg;
	const struct {
		const char *name;
		char **place;
		struct string_list *list;
	} keys[] = {{"name", &r->name, NULL}, {"type", &r->type, NULL},
		{"server", &r->server, NULL}, {"key", &r->key, NULL},
		{"keep-alive-interval", &r->keep_alive, NULL},
		{"timeout", &r->timeout, NULL}, {"source", NULL, &r->source},
		{"destination", NULL, &r->destination}};
	const char *first = value->texts.n != 0 ? value->texts.item[0] : "";

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(keys[i].name, name) != 0)
			continue;
		if (keys[i].place != NULL && *first != '\0') {
			free(*keys[i].place);
			*keys[i].place = mem_strdup(first);
		}
		for (size_t k = 0; keys[i].list != NULL && k < value->texts.n;
			k++) {
			struct string_list *l = keys[i].list;

			l->item = mem_realloc(
				l->item, l->n + 1, sizeof(*l->item));
			l->item[l->n++] = mem_strdup(value->texts.item[k]);
		}
		return;
	}
}

static void on_wrong(void *arg, unsigned line, const char *text)
{
	struct reader *r = arg;

	import_build_skip(
		r->set, line, slice_of(text), "it can't be understood");
}

/* "…/.mole/db.toml" is the alias db. */
static char *name_of_path(const char *path)
{
	char *copy = mem_strdup(path), *base = basename(copy), *name;
	char *dot = strrchr(base, '.');

	if (dot != NULL)
		*dot = '\0';
	name = mem_strdup(base);
	free(copy);
	return name;
}

int import_mole_read(char *text, const char *path, struct import_set *set,
	struct trouble *trouble)
{
	static const struct toml_ops ops = {on_table, on_key, on_wrong};
	struct reader r = {.set = set, .line = 1};

	if (path != NULL)
		r.name = name_of_path(path);
	toml_lines_read(text, &ops, &r);
	end_alias(&r);
	if (r.result == 0 && set->n_forwards == 0)
		r.result =
			trouble_say(trouble, ERR_INVALID, "it names no tunnel");
	return r.result;
}
