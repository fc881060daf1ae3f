#include "import/import_build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clean.h"
#include "base/mem.h"
#include "store/option_text.h"

/* Names have 1..64 characters (product.md). */
#define NAME_MAX_BYTES 64
#define WHAT_MAX       160

void import_build_skip_trouble(struct import_set *set, unsigned line,
	struct slice what, const struct trouble *why)
{
	struct import_skip *skip;

	if (set->n_skipped == IMPORT_ITEMS_MAX)
		return;
	set->skipped = mem_realloc(
		set->skipped, set->n_skipped + 1, sizeof(*set->skipped));
	skip = &set->skipped[set->n_skipped++];
	skip->line = line;
	skip->what = mem_alloc(WHAT_MAX);
	clean_line(skip->what, WHAT_MAX, what.p, what.len);
	skip->why = *why;
}

void import_build_skip(struct import_set *set, unsigned line, struct slice what,
	const char *detail)
{
	struct trouble why = {0};

	(void)trouble_say(&why, ERR_INVALID, "%s", detail);
	import_build_skip_trouble(set, line, what, &why);
}

static bool server_named(const struct import_set *set, const char *name)
{
	for (size_t i = 0; i < set->n_servers; i++)
		if (strcasecmp(set->servers[i].server.name, name) == 0)
			return true;
	return false;
}

static bool forward_named(const struct import_set *set, const char *name)
{
	for (size_t i = 0; i < set->n_forwards; i++)
		if (strcasecmp(set->forwards[i].forward.name, name) == 0)
			return true;
	return false;
}

/* A name that nobody in the set has: "name", "name 2" … malloc'ed. */
static char *free_name(const struct import_set *set, const char *wanted,
	bool (*taken)(const struct import_set *, const char *))
{
	char base[NAME_MAX_BYTES - 7], name[NAME_MAX_BYTES];

	clean_line(base, sizeof(base), wanted, strlen(wanted));
	/* A number alone would be taken for an id. */
	if (base[0] == '\0' || strspn(base, "0123456789") == strlen(base))
		snprintf(name, sizeof(name), "ssh %s", base);
	else
		snprintf(name, sizeof(name), "%s", base);
	for (unsigned i = 2; taken(set, name); i++)
		snprintf(name, sizeof(name), "%s %u", base, i);
	return mem_strdup(name);
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

int import_build_own_server(struct import_set *set, unsigned line,
	const char *name, const char *host, uint16_t port, const char *user,
	size_t *ret_index)
{
	struct import_server *s;

	if (!destination_host_valid(host)) {
		import_build_skip(set, line, slice_of(host), "is not a host");
		return -ERR_INVALID;
	}
	if (user != NULL && (user[0] == '\0' || user[0] == '-')) {
		import_build_skip(set, line, slice_of(user),
			"the user name is empty or has unsafe characters");
		return -ERR_INVALID;
	}
	if (set->n_servers == IMPORT_ITEMS_MAX)
		return -ERR_LIMIT;
	set->servers = mem_realloc(
		set->servers, set->n_servers + 1, sizeof(*set->servers));
	s = &set->servers[set->n_servers];
	memset(s, 0, sizeof(*s));
	s->server.name =
		free_name(set, name != NULL ? name : host, server_named);
	s->server.host = mem_strdup(host);
	s->server.port = port == 22 ? 0 : port;
	s->server.user = user != NULL ? mem_strdup(user) : NULL;
	*ret_index = set->n_servers++;
	return 0;
}

int import_build_server(struct import_set *set, unsigned line, const char *name,
	const char *host, uint16_t port, const char *user, size_t *ret_index)
{
	for (size_t i = 0; i < set->n_servers; i++) {
		const struct store_server *s = &set->servers[i].server;

		if (strcasecmp(s->host, host) == 0 &&
			s->port == (port == 22 ? 0 : port) &&
			same_text(s->user, user) && s->options.n == 0) {
			*ret_index = i;
			return 0;
		}
	}
	return import_build_own_server(
		set, line, name, host, port, user, ret_index);
}

static bool same_server(
	const struct import_server *a, const struct import_server *b)
{
	if (strcasecmp(a->server.host, b->server.host) != 0 ||
		a->server.port != b->server.port ||
		!same_text(a->server.user, b->server.user) ||
		!same_text(a->jump, b->jump) ||
		a->server.options.n != b->server.options.n)
		return false;
	for (size_t i = 0; i < a->server.options.n; i++)
		if (strcmp(a->server.options.item[i],
			    b->server.options.item[i]) != 0)
			return false;
	return true;
}

void import_build_fold_last(struct import_set *set)
{
	size_t last = set->n_servers - 1, same = 0;

	while (!same_server(&set->servers[same], &set->servers[last]))
		same++;
	if (same == last)
		return;
	for (size_t i = 0; i < set->n_forwards; i++)
		if (set->forwards[i].server == last)
			set->forwards[i].server = same;
	store_server_done(&set->servers[last].server);
	free(set->servers[last].jump);
	set->n_servers--;
}

void import_build_option(struct import_set *set, unsigned line, size_t server,
	const char *name, const char *value)
{
	char *assignment = mem_printf("%s=%s", name, value);
	struct trouble why = {0};
	struct options probe;

	options_init(&probe);
	if (options_set(&probe, assignment, &why) < 0)
		import_build_skip_trouble(
			set, line, slice_of(assignment), &why);
	else
		option_text_add(
			&set->servers[server].server.options, name, value);
	options_done(&probe);
	free(assignment);
}

void import_build_word(struct import_set *set, unsigned line, size_t server,
	const char *name, const char *word)
{
	char *quoted = option_text_quote(word);

	import_build_option(set, line, server, name, quoted);
	free(quoted);
}

static char *made_name(
	const struct store_server *server, const struct forward_spec *spec)
{
	const struct endpoint *e = &spec->listen;
	const char *mark = spec->type == FORWARD_DYNAMIC  ? "SOCKS "
			   : spec->type == FORWARD_REMOTE ? "R "
							  : "";

	if (e->path != NULL) {
		const char *slash = strrchr(e->path, '/');

		return mem_printf("%.40s %s%.20s", server->name, mark,
			slash != NULL ? slash + 1 : e->path);
	}
	return mem_printf("%.40s %s%u", server->name, mark, e->port);
}

int import_build_forward(struct import_set *set, unsigned line, size_t server,
	enum forward_type type, const char *text, const char *name)
{
	struct import_forward *f;
	struct forward_spec spec;
	struct trouble why = {0};
	char *made = NULL;

	if (set->n_forwards == IMPORT_ITEMS_MAX)
		return -ERR_LIMIT;
	if (forward_spec_parse(type, text, &spec, &why) < 0) {
		import_build_skip_trouble(set, line, slice_of(text), &why);
		return -ERR_INVALID;
	}
	if (name == NULL)
		name = made = made_name(&set->servers[server].server, &spec);
	set->forwards = mem_realloc(
		set->forwards, set->n_forwards + 1, sizeof(*set->forwards));
	f = &set->forwards[set->n_forwards];
	memset(f, 0, sizeof(*f));
	f->forward.spec = spec;
	f->forward.name = free_name(set, name, forward_named);
	f->server = server;
	free(made);
	return (int)set->n_forwards++;
}

void import_build_tag(struct import_set *set, size_t forward, const char *tag)
{
	struct string_list *tags = &set->forwards[forward].forward.tags;
	char clean[33];

	clean_line(clean, sizeof(clean), tag, strlen(tag));
	if (clean[0] == '\0')
		return;
	tags->item = mem_realloc(tags->item, tags->n + 1, sizeof(char *));
	tags->item[tags->n++] = mem_strdup(clean);
}
