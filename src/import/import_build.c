#include "import/import_build.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clean.h"
#include "base/mem.h"
#include "import/name_set.h"
#include "store/option_text.h"
#include "store/store_list.h"
#include "tunnel/option_passive.h"
#include "tunnel/option_value.h"

#define WHAT_MAX           160
#define TAG_MAX_CHARACTERS 32

struct import_names {
	struct name_set servers, forwards;
};

static struct import_names *names_of(struct import_set *set)
{
	if (set->names == NULL)
		set->names = mem_zalloc(1, sizeof(*set->names));
	return set->names;
}

void import_build_end(struct import_set *set)
{
	if (set->names == NULL)
		return;
	name_set_done(&set->names->servers);
	name_set_done(&set->names->forwards);
	free(set->names);
	set->names = NULL;
}

void import_build_skip_trouble(struct import_set *set, unsigned line,
	struct slice what, const struct trouble *why)
{
	struct import_skip *skip;

	if (set->n_skipped == IMPORT_ITEMS_MAX)
		return;
	set->skipped = mem_grow(set->skipped, set->n_skipped,
		&set->skipped_room, sizeof(*set->skipped));
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

static bool same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

int import_build_server(struct import_set *set, unsigned line, const char *name,
	const char *host, uint16_t port, const char *user, size_t *ret_index)
{
	struct import_server *s;

	if (!destination_host_valid(host)) {
		import_build_skip(set, line, slice_of(host), "is not a host");
		return -ERR_INVALID;
	}
	if (user != NULL &&
		(user[0] == '\0' || !destination_user_valid(user))) {
		import_build_skip(set, line, slice_of(user),
			"the user name is empty or has unsafe characters");
		return -ERR_INVALID;
	}
	if (set->n_servers == IMPORT_ITEMS_MAX)
		return -ERR_LIMIT;
	set->servers = mem_grow(set->servers, set->n_servers,
		&set->servers_room, sizeof(*set->servers));
	s = &set->servers[set->n_servers];
	memset(s, 0, sizeof(*s));
	s->server.name = name_set_take(
		&names_of(set)->servers, name != NULL ? name : host);
	s->server.host = mem_strdup(host);
	s->server.port = port == 22 ? 0 : port;
	s->server.user = user != NULL ? mem_strdup(user) : NULL;
	*ret_index = set->n_servers++;
	return 0;
}

uint16_t import_build_port(
	struct import_set *set, unsigned line, const char *text)
{
	unsigned port = 0;

	if (text != NULL &&
		(option_value_unsigned(text, 65535, &port) < 0 || port == 0))
		import_build_skip(set, line, slice_of(text), "is not a port");
	return (uint16_t)port;
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

static bool same_endpoint(const struct endpoint *a, const struct endpoint *b)
{
	return same_text(a->host, b->host) && same_text(a->path, b->path) &&
	       a->port == b->port;
}

/* Whether the server has one with the same ends. */
static bool is_there(const struct import_set *set, size_t server,
	const struct forward_spec *spec)
{
	for (size_t i = 0; i < set->n_forwards; i++) {
		const struct forward_spec *f = &set->forwards[i].forward.spec;

		if (set->forwards[i].server == server &&
			f->type == spec->type &&
			same_endpoint(&f->listen, &spec->listen) &&
			same_endpoint(&f->target, &spec->target))
			return true;
	}
	return false;
}

size_t import_build_fold(struct import_set *set)
{
	size_t last = set->n_servers - 1, same = 0;

	while (!same_server(&set->servers[same], &set->servers[last]))
		same++;
	if (same == last)
		return last;
	name_set_remove(
		&names_of(set)->servers, set->servers[last].server.name);
	store_server_done(&set->servers[last].server);
	free(set->servers[last].jump);
	set->n_servers--;
	return same;
}

static bool grows(const char *option)
{
	return strcasecmp(option, "IdentityFile") == 0 ||
	       strcasecmp(option, "CertificateFile") == 0;
}

void import_build_option(struct import_set *set, unsigned line, size_t server,
	const char *name, const char *value)
{
	struct string_list *list = &set->servers[server].server.options;
	char *assignment = mem_printf("%s=%s", name, value);
	struct trouble why = {0};
	struct options probe;

	options_init(&probe);
	if (options_set(&probe, assignment, &why) < 0)
		import_build_skip_trouble(
			set, line, slice_of(assignment), &why);
	else if (option_passive_find(name) == NULL &&
		 (grows(name) || option_text_last(list, name) == NULL))
		option_text_add(list, name, value);
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
	if (is_there(set, server, &spec)) {
		import_build_skip(
			set, line, slice_of(text), "it is there twice");
		forward_spec_done(&spec);
		return -ERR_INVALID;
	}
	if (name == NULL)
		name = made = made_name(&set->servers[server].server, &spec);
	set->forwards = mem_grow(set->forwards, set->n_forwards,
		&set->forwards_room, sizeof(*set->forwards));
	f = &set->forwards[set->n_forwards];
	memset(f, 0, sizeof(*f));
	f->forward.spec = spec;
	f->forward.name = name_set_take(&names_of(set)->forwards, name);
	f->server = server;
	free(made);
	return (int)set->n_forwards++;
}

void import_build_tag(struct import_set *set, size_t forward, const char *tag)
{
	struct string_list *tags = &set->forwards[forward].forward.tags;
	char clean[4 * TAG_MAX_CHARACTERS + 1];
	size_t n = 0;

	clean_line(clean, sizeof(clean), tag, strlen(tag));
	for (char *at = clean; *at != '\0'; at++) {
		if (strchr(", ", *at) != NULL)
			*at = '-';
		n += ((unsigned char)*at & 0xc0) != 0x80;
		if (n > TAG_MAX_CHARACTERS) {
			*at = '\0';
			break;
		}
	}
	if (clean[0] != '\0')
		store_list_add(tags, clean);
}
