/*
 * Many servers and forwards at once, as an import brings them: one transaction,
 * and in memory only when it stands.
 */
#include "base/log.h"
#include "daemon/control_private.h"

static int put_servers(struct control *c, struct control_new_server *servers,
	size_t n, struct trouble *trouble)
{
	int err = 0;

	for (size_t i = 0; i < n && err == 0; i++) {
		struct control_new_server *s = &servers[i];

		s->put = *s->server;
		if (s->via != 0)
			s->put.jump_server = servers[s->via - 1].put.id;
		err = store_put_server(c->store, &s->put, trouble);
	}
	return err;
}

static int put_forwards(struct control *c,
	const struct control_new_server *servers,
	struct control_new_forward *forwards, size_t n, struct trouble *trouble)
{
	int err = 0;

	for (size_t i = 0; i < n && err == 0; i++) {
		struct control_new_forward *f = &forwards[i];

		f->put = *f->forward;
		if (f->on != 0)
			f->put.server = servers[f->on - 1].put.id;
		f->put.wanted = false;
		f->put.wanted_since_ms = 0;
		f->put.stopped_boot = NULL;
		err = store_put_forward(c->store, &f->put, trouble);
	}
	return err;
}

/* Everything is there before anybody is told of a part of it. */
static void keep(struct control *c, const struct control_new_server *servers,
	size_t n_servers, const struct control_new_forward *forwards,
	size_t n_forwards)
{
	for (size_t i = 0; i < n_servers; i++)
		control_keep_server(c, &servers[i].put);
	for (size_t i = 0; i < n_forwards; i++)
		control_keep_forward(c, &forwards[i].put);
	control_sort(c);
}

/* In one transaction, as each of its own would take a while. */
static void write_all(struct control *c,
	const struct control_new_server *servers, size_t n_servers,
	const struct control_new_forward *forwards, size_t n_forwards)
{
	struct trouble t;
	int err = store_begin(c->store, &t);

	for (size_t i = 0; i < n_servers && err == 0; i++)
		control_write_change(c, "event.server_added",
			id_map_get(&c->servers, servers[i].put.id), NULL);
	for (size_t i = 0; i < n_forwards && err == 0; i++)
		control_write_change(c, "event.forward_added", NULL,
			id_map_get(&c->forwards, forwards[i].put.id));
	if (err == 0)
		err = store_commit(c->store, &t);
	if (err != 0)
		log_warn("history: %s", trouble_get(&t, "detail"));
}

/* A server's view has changed, too, when it has more forwards. */
static void tell(struct control *c, const struct control_new_server *servers,
	size_t n_servers, const struct control_new_forward *forwards,
	size_t n_forwards)
{
	uint32_t told = 0;

	for (size_t i = 0; i < n_servers; i++)
		control_tell_server(
			c, id_map_get(&c->servers, servers[i].put.id));
	for (size_t i = 0; i < n_forwards; i++) {
		struct kept_forward *f =
			id_map_get(&c->forwards, forwards[i].put.id);

		control_tell_forward(c, f);
		if (forwards[i].on == 0 && f->view.want.server != told)
			control_tell_server(c, f->server);
		told = f->view.want.server;
	}
}

int control_add_all(struct control *c, struct control_new_server *servers,
	size_t n_servers, struct control_new_forward *forwards,
	size_t n_forwards, struct trouble *trouble)
{
	int err = control_refuse_more(c, n_servers, n_forwards, trouble);

	if (err == 0)
		err = store_begin(c->store, trouble);
	if (err != 0)
		return err;
	err = put_servers(c, servers, n_servers, trouble);
	if (err == 0)
		err = put_forwards(c, servers, forwards, n_forwards, trouble);
	if (err == 0)
		err = store_commit(c->store, trouble);
	if (err != 0) {
		store_rollback(c->store);
		return err;
	}
	keep(c, servers, n_servers, forwards, n_forwards);
	write_all(c, servers, n_servers, forwards, n_forwards);
	tell(c, servers, n_servers, forwards, n_forwards);
	return 0;
}
