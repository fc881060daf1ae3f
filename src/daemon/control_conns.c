/*
 * Lists of open connections, asked of workers. What a listing still waits for
 * is written down by server, so that one that stops meanwhile is not missed.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "daemon/control_private.h"

static void listing_free(struct control *c, struct control_listing *l)
{
	STAILQ_REMOVE(&c->listings, l, control_listing, next);
	id_map_done(&l->left);
	free(l);
}

static void ask(
	struct kept_server *s, struct control_listing *l, uint32_t engine)
{
	worker_request_conns(
		s->worker->worker, s->view.want.id, engine, l->request);
	id_map_put(&l->left, s->view.want.id, s);
}

static void ask_all(struct control *c, struct control_listing *l)
{
	for (size_t i = 0; i < c->n_servers; i++) {
		struct kept_server *s = kept_server(c->server_list[i]);

		if (s->phase == CONTROL_RUNNING)
			ask(s, l, 0);
	}
}

void control_list_conns(
	struct control *c, uint32_t forward, control_conns_fn *fn, void *arg)
{
	struct control_listing *l = mem_zalloc(1, sizeof(*l));
	const struct control_forward *view = control_forward(c, forward);
	struct kept_forward *f = view != NULL ? kept_forward(view) : NULL;

	l->fn = fn;
	l->arg = arg;
	l->request = ++c->last_request;
	STAILQ_INSERT_TAIL(&c->listings, l, next);
	if (forward == 0)
		ask_all(c, l);
	else if (f != NULL && f->engine != 0 &&
		 f->server->phase == CONTROL_RUNNING)
		ask(f->server, l, f->engine);
	if (l->left.n != 0)
		return;
	listing_free(c, l);
	fn(arg, NULL, true);
}

void control_list_cancel(struct control *c, void *arg)
{
	struct control_listing *l, *next;

	for (l = STAILQ_FIRST(&c->listings); l != NULL; l = next) {
		next = STAILQ_NEXT(l, next);
		if (l->arg == arg)
			listing_free(c, l);
	}
}

/* The engine's numbers of forwards are nobody else's business. */
static void name_forwards(const struct control *c, struct conns *conns)
{
	for (uint32_t i = 0; i < conns->n; i++) {
		const struct kept_forward *f =
			id_map_get(&c->engines, conns->conn[i].forward_id);

		conns->conn[i].forward_id = f != NULL ? f->view.want.id : 0;
	}
}

static void hand_over(
	struct control *c, struct control_listing *l, const struct conns *conns)
{
	bool last = l->left.n == 0;
	control_conns_fn *fn = l->fn;
	void *arg = l->arg;

	if (last)
		listing_free(c, l);
	fn(arg, conns, last);
}

void control_conns_came(
	struct control *c, struct kept_server *s, struct conns *conns)
{
	struct control_listing *l;

	if (conns == NULL)
		return;
	STAILQ_FOREACH (l, &c->listings, next)
		if (l->request == conns->request)
			break;
	if (l == NULL || id_map_remove(&l->left, s->view.want.id) == NULL)
		return;
	name_forwards(c, conns);
	hand_over(c, l, conns);
}

/* One that waits for the server, which it is not to wait for any more. */
static struct control_listing *take_waiting(
	struct control *c, const struct kept_server *s)
{
	struct control_listing *l;

	STAILQ_FOREACH (l, &c->listings, next)
		if (id_map_remove(&l->left, s->view.want.id) != NULL)
			return l;
	return NULL;
}

void control_conns_gone(struct control *c, const struct kept_server *s)
{
	struct control_listing *l;

	/* Anything may happen in the call: from the start each time. */
	while ((l = take_waiting(c, s)) != NULL)
		hand_over(c, l, NULL);
}

void control_conns_end(struct control *c)
{
	while (!STAILQ_EMPTY(&c->listings))
		listing_free(c, STAILQ_FIRST(&c->listings));
}

int control_kill_conn(
	struct control *c, uint64_t conn_id, struct trouble *trouble)
{
	bool any = false;

	/* Whose it is only its worker knows; numbers are never used twice. */
	for (size_t i = 0; i < c->n_servers; i++) {
		struct kept_server *s = kept_server(c->server_list[i]);

		if (s->phase != CONTROL_RUNNING)
			continue;
		any = true;
		worker_kill_conn(s->worker->worker, s->view.want.id, conn_id);
	}
	return any ? 0 : trouble_say(trouble, ERR_NOT_FOUND, "connection");
}
