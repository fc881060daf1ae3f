#include "import/import_same.h"

#include <string.h>
#include <strings.h>

/* ---- what is the same ---- */

static bool same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool same_list(const struct string_list *a, const struct string_list *b)
{
	bool same = a->n == b->n;

	for (size_t i = 0; i < a->n && same; i++)
		same = strcmp(a->item[i], b->item[i]) == 0;
	return same;
}

static uint16_t port_of(const struct store_server *s)
{
	return s->port != 0 ? s->port : 22;
}

bool import_same_way(const struct store_server *a, const struct store_server *b,
	uint32_t jump_server)
{
	return strcasecmp(a->host, b->host) == 0 && port_of(a) == port_of(b) &&
	       same_text(a->user, b->user) && a->jump_server == jump_server &&
	       same_list(&a->options, &b->options);
}

static bool same_endpoint(const struct endpoint *a, const struct endpoint *b)
{
	return same_text(a->host, b->host) && same_text(a->path, b->path) &&
	       a->port == b->port;
}

bool import_same_ends(
	const struct forward_spec *a, const struct forward_spec *b)
{
	return a->type == b->type && same_endpoint(&a->listen, &b->listen) &&
	       a->reverse_dynamic == b->reverse_dynamic &&
	       (a->type == FORWARD_DYNAMIC || a->reverse_dynamic ||
		       same_endpoint(&a->target, &b->target));
}

/* ---- where to look for it ---- */

static uint64_t way_of(const struct store_server *s)
{
	uint64_t hash = row_index_text(ROW_INDEX_START, s->host);

	return row_index_text(row_index_number(hash, port_of(s)), s->user);
}

static uint64_t ends_of(const struct forward_spec *f)
{
	uint64_t hash = row_index_number(ROW_INDEX_START, f->type);

	hash = row_index_text(hash, f->listen.host);
	hash = row_index_text(hash, f->listen.path);
	hash = row_index_number(hash, f->listen.port);
	if (f->type == FORWARD_DYNAMIC || f->reverse_dynamic)
		return hash;
	hash = row_index_text(hash, f->target.host);
	hash = row_index_text(hash, f->target.path);
	return row_index_number(hash, f->target.port);
}

static uint64_t hash_server(const void *arg, size_t row)
{
	size_t n;

	return way_of(&control_servers(arg, &n)[row]->want);
}

static uint64_t hash_forward(const void *arg, size_t row)
{
	size_t n;

	return ends_of(&control_forwards(arg, &n)[row]->want.spec);
}

static const char *server_name(const struct import_set *set, size_t row)
{
	return set->servers[row].server.name;
}

static const char *forward_name(const struct import_set *set, size_t row)
{
	return set->forwards[row].forward.name;
}

static uint64_t hash_set_server(const void *arg, size_t row)
{
	return row_index_text(ROW_INDEX_START, server_name(arg, row));
}

static uint64_t hash_set_forward(const void *arg, size_t row)
{
	return row_index_text(ROW_INDEX_START, forward_name(arg, row));
}

void import_same_init(struct import_same *x, const struct control *c,
	const struct import_set *set)
{
	size_t n;

	*x = (struct import_same){.c = c, .set = set};
	(void)control_servers(c, &n);
	row_index_make(&x->servers, n, hash_server, c);
	(void)control_forwards(c, &n);
	row_index_make(&x->forwards, n, hash_forward, c);
	row_index_make(&x->set_servers, set->n_servers, hash_set_server, set);
	row_index_make(
		&x->set_forwards, set->n_forwards, hash_set_forward, set);
}

void import_same_done(struct import_same *x)
{
	row_index_done(&x->servers);
	row_index_done(&x->forwards);
	row_index_done(&x->set_servers);
	row_index_done(&x->set_forwards);
}

/* ---- in the control ---- */

uint32_t import_same_server(const struct import_same *x,
	const struct store_server *s, uint32_t jump_server)
{
	const struct control_server *const *list, *found = NULL;
	size_t n, i = row_index_first(&x->servers, way_of(s));

	list = control_servers(x->c, &n);
	for (; i != ROW_INDEX_NONE; i = row_index_next(&x->servers, i))
		if (import_same_way(&list[i]->want, s, jump_server) &&
			(found == NULL ||
				strcmp(list[i]->want.name, s->name) == 0))
			found = list[i];
	return found != NULL ? found->want.id : 0;
}

const struct control_forward *import_same_forward(const struct import_same *x,
	const struct store_forward *f, const struct store_server *on)
{
	const struct control_forward *const *list, *found = NULL;
	const struct control_server *other;
	size_t n, i = row_index_first(&x->forwards, ends_of(&f->spec));

	list = control_forwards(x->c, &n);
	for (; i != ROW_INDEX_NONE; i = row_index_next(&x->forwards, i)) {
		if (!import_same_ends(&list[i]->want.spec, &f->spec) ||
			(found != NULL &&
				strcmp(list[i]->want.name, f->name) != 0))
			continue;
		other = control_server(x->c, list[i]->want.server);
		if (other != NULL &&
			import_same_way(&other->want, on, on->jump_server))
			found = list[i];
	}
	return found;
}

/* ---- in the set ---- */

typedef const char *name_fn(const struct import_set *set, size_t row);

/* From the row `i` on, the first that has the name. */
static size_t named(const struct row_index *rows, const struct import_set *set,
	name_fn *name_of, const char *name, size_t i)
{
	while (i != ROW_INDEX_NONE && strcmp(name_of(set, i), name) != 0)
		i = row_index_next(rows, i);
	return i;
}

static size_t first_named(const struct row_index *rows,
	const struct import_set *set, name_fn *name_of, const char *name)
{
	return named(rows, set, name_of, name,
		row_index_first(rows, row_index_text(ROW_INDEX_START, name)));
}

static size_t next_named(const struct row_index *rows,
	const struct import_set *set, name_fn *name_of, size_t i)
{
	return named(
		rows, set, name_of, name_of(set, i), row_index_next(rows, i));
}

size_t import_same_set_server(const struct import_same *x, const char *name)
{
	return first_named(&x->set_servers, x->set, server_name, name);
}

size_t import_same_set_server_next(const struct import_same *x, size_t i)
{
	return next_named(&x->set_servers, x->set, server_name, i);
}

size_t import_same_set_forward(const struct import_same *x, const char *name)
{
	return first_named(&x->set_forwards, x->set, forward_name, name);
}

size_t import_same_set_forward_next(const struct import_same *x, size_t i)
{
	return next_named(&x->set_forwards, x->set, forward_name, i);
}
