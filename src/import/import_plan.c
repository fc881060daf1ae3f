#include "import/import_plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "import/import_same.h"
#include "import/name_set.h"

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

/* ---- the plan ---- */

struct planner {
	const struct control *c;
	const struct import_set *set;
	struct import_plan *plan;
	struct import_same same;
	struct name_set servers, forwards; /* names that are taken */
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

/* Of the set, under the same name: it stands in two files. */
static size_t find_twin(const struct planner *p, size_t i)
{
	const struct import_server *s = &p->set->servers[i];
	const struct import_row *rows = p->plan->servers;
	size_t k = import_same_set_server(&p->same, s->server.name);

	for (; k < i; k = import_same_set_server_next(&p->same, k))
		if (rows[k].jump == rows[i].jump && p->hops[k] != 0 &&
			import_same_way(
				&p->set->servers[k].server, &s->server, 0))
			return k;
	return ROW_INDEX_NONE;
}

static void plan_server(struct planner *p, size_t i)
{
	const struct import_server *s = &p->set->servers[i];
	struct import_row *rows = p->plan->servers, *row = &rows[i];
	const struct import_row *jump =
		row->jump != 0 ? &rows[row->jump - 1] : NULL;
	uint32_t via = jump != NULL ? jump->id : 0;
	struct control_fields fields = {0};
	const struct trouble *wrong;
	struct store_server nameless;
	size_t twin;

	p->hops[i] = jump != NULL ? p->hops[row->jump - 1] + 1 : 1;
	if (s->jump != NULL &&
		(jump == NULL || jump->action == IMPORT_CONFLICT)) {
		conflict(row, s->server.name, "there is no such jump server");
		return;
	}
	if (p->hops[i] > JUMP_MAX + 1) {
		conflict(row, s->server.name, "too many hops");
		return;
	}
	if (jump == NULL || via != 0)
		row->id = import_same_server(&p->same, &s->server, via);
	if (row->id != 0) {
		row->action = IMPORT_SAME;
		row->name =
			mem_strdup(control_server(p->c, row->id)->want.name);
		return;
	}
	nameless = s->server;
	nameless.name = NULL;
	(void)control_check_server(p->c, &nameless, &fields);
	wrong = first_wrong(&fields, "jump_server");
	if (wrong != NULL) {
		conflict(row, s->server.name, NULL);
		row->why = *wrong;
		return;
	}
	twin = find_twin(p, i);
	if (twin != ROW_INDEX_NONE) {
		row->action = IMPORT_SAME;
		row->name = mem_strdup(p->plan->servers[twin].name);
		row->same_as = twin + 1;
		return;
	}
	add_row(row, &p->servers, s->server.name);
}

/* 1 + its place in the set; 0: it has none, or none that is there. */
static size_t find_jump(const struct planner *p, const char *name)
{
	size_t i = name != NULL ? import_same_set_server(&p->same, name)
				: ROW_INDEX_NONE;

	return i != ROW_INDEX_NONE ? i + 1 : 0;
}

/* Those whose way is known come first, as long as there are any more; what is
 * left goes round in a circle. */
static void plan_servers(struct planner *p)
{
	struct import_row *rows = p->plan->servers;
	size_t n = p->set->n_servers;
	bool more = true;

	for (size_t i = 0; i < n; i++)
		rows[i].jump = find_jump(p, p->set->servers[i].jump);
	while (more) {
		more = false;
		for (size_t i = 0; i < n; i++) {
			if (p->hops[i] != 0 ||
				(rows[i].jump != 0 &&
					p->hops[rows[i].jump - 1] == 0))
				continue;
			plan_server(p, i);
			more = true;
		}
	}
	for (size_t i = 0; i < n; i++)
		if (p->hops[i] == 0)
			conflict(&rows[i], p->set->servers[i].server.name,
				"the jump servers go round in a circle");
}

static size_t server_of(const struct planner *p, size_t i)
{
	size_t server = p->set->forwards[i].server;
	size_t same_as = p->plan->servers[server].same_as;

	return same_as != 0 ? same_as - 1 : server;
}

static size_t find_twin_forward(const struct planner *p, size_t i)
{
	const struct import_forward *f = p->set->forwards;
	size_t k = import_same_set_forward(&p->same, f[i].forward.name);

	for (; k < i; k = import_same_set_forward_next(&p->same, k))
		if (server_of(p, k) == server_of(p, i) &&
			p->plan->forwards[k].taken &&
			import_same_ends(
				&f[k].forward.spec, &f[i].forward.spec))
			return k;
	return ROW_INDEX_NONE;
}

static void plan_forward(struct planner *p, size_t i)
{
	const struct import_forward *f = &p->set->forwards[i];
	const struct import_row *server = &p->plan->servers[f->server];
	struct import_row *row = &p->plan->forwards[i];
	const struct control_forward *there = NULL;
	struct control_fields fields = {0};
	const struct trouble *wrong;
	struct store_forward nameless;
	size_t twin;

	if (server->action == IMPORT_CONFLICT) {
		conflict(row, f->forward.name, "its server can't be added");
		return;
	}
	if (server->id != 0)
		there = import_same_forward(&p->same, &f->forward,
			&control_server(p->c, server->id)->want);
	if (there != NULL) {
		row->action = IMPORT_SAME;
		row->id = there->want.id;
		row->name = mem_strdup(there->want.name);
		return;
	}
	nameless = f->forward;
	nameless.name = NULL;
	(void)control_check_forward(p->c, &nameless, &fields);
	wrong = first_wrong(&fields, "server");
	if (wrong != NULL) {
		conflict(row, f->forward.name, NULL);
		row->why = *wrong;
		return;
	}
	twin = find_twin_forward(p, i);
	if (twin != ROW_INDEX_NONE) {
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
	p.hops = mem_zalloc(set->n_servers + 1, sizeof(*p.hops));
	import_same_init(&p.same, c, set);
	take_names(&p);
	plan_servers(&p);
	for (size_t i = 0; i < set->n_forwards; i++)
		plan_forward(&p, i);
	name_set_done(&p.servers);
	name_set_done(&p.forwards);
	import_same_done(&p.same);
	free(p.hops);
}

static void take_server(struct import_plan *plan, size_t i)
{
	for (size_t hops = 0; hops <= JUMP_MAX; hops++) {
		struct import_row *row = &plan->servers[i];
		size_t jump = row->jump;

		if (row->same_as != 0)
			row = &plan->servers[row->same_as - 1];
		if (row->action != IMPORT_ADD && row->action != IMPORT_RENAME)
			return;
		row->taken = true;
		if (jump == 0)
			return;
		i = jump - 1;
	}
}

void import_plan_complete(
	const struct import_set *set, struct import_plan *plan)
{
	for (size_t i = 0; i < set->n_servers; i++)
		if (plan->servers[i].taken)
			take_server(plan, i);
	for (size_t i = 0; i < set->n_forwards; i++)
		if (plan->forwards[i].taken)
			take_server(plan, set->forwards[i].server);
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
