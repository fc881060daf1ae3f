#include "import/import_plan.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "import/name_set.h"

#define NONE SIZE_MAX

const char *import_action_name(enum import_action action)
{
	static const char *const names[IMPORT_ACTION_COUNT] = {
		[IMPORT_ADD] = "add",
		[IMPORT_SAME] = "same",
		[IMPORT_RENAME] = "rename",
		[IMPORT_CONFLICT] = "conflict",
	};

	return names[action];
}

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

/* Where it leads to and how, whatever it is called. */
static bool same_way(const struct store_server *there,
	const struct store_server *s, uint32_t jump_server)
{
	return strcasecmp(there->host, s->host) == 0 &&
	       port_of(there) == port_of(s) &&
	       same_text(there->user, s->user) &&
	       there->jump_server == jump_server &&
	       same_list(&there->options, &s->options);
}

static bool same_endpoint(const struct endpoint *a, const struct endpoint *b)
{
	return same_text(a->host, b->host) && same_text(a->path, b->path) &&
	       a->port == b->port;
}

static bool same_forward(
	const struct forward_spec *a, const struct forward_spec *b)
{
	return a->type == b->type && same_endpoint(&a->listen, &b->listen) &&
	       a->reverse_dynamic == b->reverse_dynamic &&
	       (a->type == FORWARD_DYNAMIC || a->reverse_dynamic ||
		       same_endpoint(&a->target, &b->target));
}

/* ---- the plan ---- */

struct planner {
	const struct control *c;
	const struct import_set *set;
	struct import_plan *plan;
	struct name_set servers, forwards; /* names that are taken */
	size_t *jump; /* of each server: its place in the set, or NONE */
	/* of each server: 1 + the jump servers of the set on its way; 0: it
	 * has not been looked at yet */
	unsigned *hops;
};

static void conflict(struct import_row *row, const char *name, const char *why)
{
	row->action = IMPORT_CONFLICT;
	row->name = mem_strdup(name != NULL ? name : "");
	if (why != NULL)
		(void)trouble_say(&row->why, ERR_INVALID, "%s", why);
}

/* What is wrong with it but for its name, which is given anew, and `aside`,
 * which is not there yet. */
static const struct trouble *first_wrong(
	const struct control_fields *fields, const char *aside)
{
	for (unsigned i = 0; i < fields->n; i++)
		if (strcmp(fields->item[i].field, "name") != 0 &&
			strcmp(fields->item[i].field, aside) != 0)
			return &fields->item[i].trouble;
	return NULL;
}

static void add_row(
	struct import_row *row, struct name_set *names, const char *wanted)
{
	row->name = name_set_take(names, wanted);
	row->action =
		strcmp(row->name, wanted) == 0 ? IMPORT_ADD : IMPORT_RENAME;
	row->taken = true;
}

/* The one of that name rather than another that is the same. */
static uint32_t find_server(const struct control *c,
	const struct store_server *s, uint32_t jump_server)
{
	const struct control_server *named = control_server_named(c, s->name);
	const struct control_server *const *list;
	size_t n;

	if (named != NULL && same_way(&named->want, s, jump_server))
		return named->want.id;
	list = control_servers(c, &n);
	for (size_t i = 0; i < n; i++)
		if (same_way(&list[i]->want, s, jump_server))
			return list[i]->want.id;
	return 0;
}

/* Of the set, under the same name: it stands in two files. */
static size_t find_twin(const struct planner *p, size_t i)
{
	const struct import_server *s = &p->set->servers[i];

	for (size_t k = 0; k < i; k++)
		if (strcmp(p->set->servers[k].server.name, s->server.name) ==
				0 &&
			p->jump[k] == p->jump[i] && p->hops[k] != 0 &&
			same_way(&p->set->servers[k].server, &s->server, 0))
			return k;
	return NONE;
}

static void plan_server(struct planner *p, size_t i)
{
	const struct import_server *s = &p->set->servers[i];
	struct import_row *rows = p->plan->servers, *row = &rows[i];
	bool jumps = p->jump[i] != NONE;
	uint32_t via = jumps ? rows[p->jump[i]].id : 0;
	struct control_fields fields = {0};
	const struct trouble *wrong;
	size_t twin;

	p->hops[i] = jumps ? p->hops[p->jump[i]] + 1 : 1;
	if (s->jump != NULL &&
		(!jumps || rows[p->jump[i]].action == IMPORT_CONFLICT)) {
		conflict(row, s->server.name, "there is no such jump server");
		return;
	}
	if (p->hops[i] > JUMP_MAX + 1) {
		conflict(row, s->server.name, "too many hops");
		return;
	}
	if (!jumps || via != 0)
		row->id = find_server(p->c, &s->server, via);
	if (row->id != 0) {
		row->action = IMPORT_SAME;
		row->name =
			mem_strdup(control_server(p->c, row->id)->want.name);
		return;
	}
	(void)control_check_server(p->c, &s->server, &fields);
	wrong = first_wrong(&fields, "jump_server");
	if (wrong != NULL) {
		conflict(row, s->server.name, NULL);
		row->why = *wrong;
		return;
	}
	twin = find_twin(p, i);
	if (twin != NONE) {
		row->action = IMPORT_SAME;
		row->name = mem_strdup(p->plan->servers[twin].name);
		row->same_as = twin + 1;
		return;
	}
	add_row(row, &p->servers, s->server.name);
}

static size_t find_jump(const struct import_set *set, const char *name)
{
	for (size_t i = 0; name != NULL && i < set->n_servers; i++)
		if (strcmp(set->servers[i].server.name, name) == 0)
			return i;
	return NONE;
}

/* Those whose way is known come first, as long as there are any more; what is
 * left goes round in a circle. */
static void plan_servers(struct planner *p)
{
	size_t n = p->set->n_servers;
	bool more = true;

	for (size_t i = 0; i < n; i++)
		p->jump[i] = find_jump(p->set, p->set->servers[i].jump);
	while (more) {
		more = false;
		for (size_t i = 0; i < n; i++) {
			if (p->hops[i] != 0 ||
				(p->jump[i] != NONE &&
					p->hops[p->jump[i]] == 0))
				continue;
			plan_server(p, i);
			more = true;
		}
	}
	for (size_t i = 0; i < n; i++)
		if (p->hops[i] == 0)
			conflict(&p->plan->servers[i],
				p->set->servers[i].server.name,
				"the jump servers go round in a circle");
}

/* On that server, or on one that is the same but for its name; the one of that
 * name rather than another. */
static const struct control_forward *find_forward(const struct control *c,
	const struct store_forward *f, const struct store_server *on)
{
	const struct control_forward *const *list, *found = NULL;
	const struct control_server *other;
	size_t n;

	list = control_forwards(c, &n);
	for (size_t i = 0; i < n; i++) {
		if (!same_forward(&list[i]->want.spec, &f->spec) ||
			(found != NULL &&
				strcmp(list[i]->want.name, f->name) != 0))
			continue;
		other = control_server(c, list[i]->want.server);
		if (other != NULL &&
			same_way(&other->want, on, on->jump_server))
			found = list[i];
	}
	return found;
}

static size_t server_of(const struct planner *p, size_t i)
{
	size_t server = p->set->forwards[i].server;
	size_t same_as = p->plan->servers[server].same_as;

	return same_as != 0 ? same_as - 1 : server;
}

static size_t find_twin_forward(const struct planner *p, size_t i)
{
	const struct store_forward *f = &p->set->forwards[i].forward;

	for (size_t k = 0; k < i; k++)
		if (server_of(p, k) == server_of(p, i) &&
			strcmp(p->set->forwards[k].forward.name, f->name) ==
				0 &&
			p->plan->forwards[k].taken &&
			same_forward(
				&p->set->forwards[k].forward.spec, &f->spec))
			return k;
	return NONE;
}

static void plan_forward(struct planner *p, size_t i)
{
	const struct import_forward *f = &p->set->forwards[i];
	const struct import_row *server = &p->plan->servers[f->server];
	struct import_row *row = &p->plan->forwards[i];
	const struct control_forward *there = NULL;
	struct control_fields fields = {0};
	const struct trouble *wrong;
	size_t twin;

	if (server->action == IMPORT_CONFLICT) {
		conflict(row, f->forward.name, "its server can't be added");
		return;
	}
	if (server->id != 0)
		there = find_forward(p->c, &f->forward,
			&control_server(p->c, server->id)->want);
	if (there != NULL) {
		row->action = IMPORT_SAME;
		row->id = there->want.id;
		row->name = mem_strdup(there->want.name);
		return;
	}
	(void)control_check_forward(p->c, &f->forward, &fields);
	wrong = first_wrong(&fields, "server");
	if (wrong != NULL) {
		conflict(row, f->forward.name, NULL);
		row->why = *wrong;
		return;
	}
	twin = find_twin_forward(p, i);
	if (twin != NONE) {
		row->action = IMPORT_SAME;
		row->name = mem_strdup(p->plan->forwards[twin].name);
		row->same_as = twin + 1;
		return;
	}
	add_row(row, &p->forwards, f->forward.name);
}

static void take_names(struct planner *p)
{
	const struct control_server *const *s;
	const struct control_forward *const *f;
	size_t n;

	s = control_servers(p->c, &n);
	for (size_t i = 0; i < n; i++)
		name_set_add(&p->servers, s[i]->want.name);
	f = control_forwards(p->c, &n);
	for (size_t i = 0; i < n; i++)
		name_set_add(&p->forwards, f[i]->want.name);
}

void import_plan_make(const struct control *c, const struct import_set *set,
	struct import_plan *ret_plan)
{
	struct planner p = {.c = c, .set = set, .plan = ret_plan};

	ret_plan->servers =
		mem_zalloc(set->n_servers + 1, sizeof(*ret_plan->servers));
	ret_plan->forwards =
		mem_zalloc(set->n_forwards + 1, sizeof(*ret_plan->forwards));
	p.jump = mem_zalloc(set->n_servers + 1, sizeof(*p.jump));
	p.hops = mem_zalloc(set->n_servers + 1, sizeof(*p.hops));
	take_names(&p);
	plan_servers(&p);
	for (size_t i = 0; i < set->n_forwards; i++)
		plan_forward(&p, i);
	name_set_done(&p.servers);
	name_set_done(&p.forwards);
	free(p.jump);
	free(p.hops);
}

static void take_server(
	const struct import_set *set, struct import_plan *plan, size_t i)
{
	for (size_t hops = 0; i != NONE && hops <= JUMP_MAX; hops++) {
		struct import_row *row = &plan->servers[i];

		if (row->same_as != 0)
			row = &plan->servers[row->same_as - 1];
		if (row->action != IMPORT_ADD && row->action != IMPORT_RENAME)
			return;
		row->taken = true;
		i = find_jump(set, set->servers[i].jump);
	}
}

void import_plan_complete(
	const struct import_set *set, struct import_plan *plan)
{
	for (size_t i = 0; i < set->n_servers; i++)
		if (plan->servers[i].taken)
			take_server(set, plan, i);
	for (size_t i = 0; i < set->n_forwards; i++)
		if (plan->forwards[i].taken)
			take_server(set, plan, set->forwards[i].server);
}

static void rows_done(struct import_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(rows[i].name);
	free(rows);
}

void import_plan_done(struct import_plan *plan, const struct import_set *set)
{
	rows_done(plan->servers, set->n_servers);
	rows_done(plan->forwards, set->n_forwards);
	*plan = (struct import_plan){0};
}
