/*
 * What a plan says, done: the rows that are taken, with the servers that they
 * need, in one step of the control.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "import/import_plan.h"

struct apply {
	const struct import_set *set;
	struct import_plan *plan;
	struct control_new_server *servers;
	struct store_server *server_records; /* borrowed, but for the name */
	size_t n_servers;
	size_t *place; /* of the set's servers: 1 + theirs in `servers`, or 0 */
	struct control_new_forward *forwards;
	struct store_forward *forward_records;
	size_t n_forwards;
	size_t *from; /* of `forwards`: theirs in the set */
};

static bool is_new(const struct import_row *row)
{
	return row->action == IMPORT_ADD || row->action == IMPORT_RENAME;
}

/* Its jump servers first: a plan has no circles. */
static void add_server(struct apply *a, size_t i)
{
	const struct import_server *s = &a->set->servers[i];
	struct store_server *record;
	uint32_t jump_id = 0;
	size_t via = 0, jump = a->plan->servers[i].jump;

	if (!is_new(&a->plan->servers[i]) || a->place[i] != 0)
		return;
	if (jump != 0) {
		add_server(a, jump - 1);
		via = a->place[jump - 1];
		jump_id = a->plan->servers[jump - 1].id;
	}
	record = &a->server_records[a->n_servers];
	*record = s->server;
	record->name = a->plan->servers[i].name;
	record->jump_server = jump_id;
	a->servers[a->n_servers].server = record;
	a->servers[a->n_servers].via = via;
	a->place[i] = ++a->n_servers;
}

static void add_forward(struct apply *a, size_t i)
{
	const struct import_forward *f = &a->set->forwards[i];
	struct store_forward *record = &a->forward_records[a->n_forwards];
	size_t same_as = a->plan->servers[f->server].same_as;
	size_t server = same_as != 0 ? same_as - 1 : f->server;

	add_server(a, server);
	*record = f->forward;
	record->name = a->plan->forwards[i].name;
	record->server = a->plan->servers[server].id;
	a->forwards[a->n_forwards].forward = record;
	a->forwards[a->n_forwards].on = a->place[server];
	a->from[a->n_forwards++] = i;
}

static void gather(struct apply *a)
{
	for (size_t i = 0; i < a->set->n_servers; i++)
		if (a->plan->servers[i].taken)
			add_server(a, i);
	for (size_t i = 0; i < a->set->n_forwards; i++)
		if (a->plan->forwards[i].taken && is_new(&a->plan->forwards[i]))
			add_forward(a, i);
}

static void note_twins(struct import_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (rows[i].same_as != 0)
			rows[i].id = rows[rows[i].same_as - 1].id;
}

static void note_ids(struct apply *a)
{
	for (size_t i = 0; i < a->set->n_servers; i++)
		if (a->place[i] != 0)
			a->plan->servers[i].id =
				a->servers[a->place[i] - 1].put.id;
	for (size_t i = 0; i < a->n_forwards; i++)
		a->plan->forwards[a->from[i]].id = a->forwards[i].put.id;
	note_twins(a->plan->servers, a->set->n_servers);
	note_twins(a->plan->forwards, a->set->n_forwards);
}

int import_apply(struct control *c, const struct import_set *set,
	struct import_plan *plan, struct trouble *trouble)
{
	struct apply a = {.set = set, .plan = plan};
	size_t servers = set->n_servers + 1, forwards = set->n_forwards + 1;
	int err = 0;

	a.servers = mem_zalloc(servers, sizeof(*a.servers));
	a.server_records = mem_zalloc(servers, sizeof(*a.server_records));
	a.place = mem_zalloc(servers, sizeof(*a.place));
	a.forwards = mem_zalloc(forwards, sizeof(*a.forwards));
	a.forward_records = mem_zalloc(forwards, sizeof(*a.forward_records));
	a.from = mem_zalloc(forwards, sizeof(*a.from));
	import_plan_complete(set, plan);
	gather(&a);
	if (a.n_servers != 0 || a.n_forwards != 0)
		err = control_add_all(c, a.servers, a.n_servers, a.forwards,
			a.n_forwards, trouble);
	if (err == 0)
		note_ids(&a);
	free(a.servers);
	free(a.server_records);
	free(a.place);
	free(a.forwards);
	free(a.forward_records);
	free(a.from);
	return err;
}
