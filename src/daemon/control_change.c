/*
 * Servers and forwards are added, edited, removed: checked, stored, then so.
 *
 * What runs is stopped first, by the person or with CONTROL_STOP; what the
 * tunnel does not notice (names, tags, notes, order) may change at any time.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "daemon/control_private.h"

/* ---- refusals ---- */

static int still_running(const char *name, struct trouble *trouble)
{
	trouble_set(trouble, ERR_RUNNING);
	trouble_arg(trouble, "name", "%s", name);
	return -ERR_RUNNING;
}

static int not_found(const char *what, uint32_t id, struct trouble *trouble)
{
	return trouble_say(trouble, ERR_NOT_FOUND, "%s %u", what, id);
}

static int check_revision(const char *name, uint32_t revision,
	uint32_t if_revision, struct trouble *trouble)
{
	if (if_revision == 0 || if_revision == revision)
		return 0;
	trouble_set(trouble, ERR_PRECONDITION);
	trouble_arg(trouble, "name", "%s", name);
	return -ERR_PRECONDITION;
}

/* The first of what is wrong stands for all. */
static int refuse(const struct control_fields *fields, struct trouble *trouble)
{
	*trouble = fields->item[0].trouble;
	return -(int)trouble->code;
}

/* ---- what matters to a tunnel ---- */

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

static bool same_way(const struct store_server *a, const struct store_server *b)
{
	return same_text(a->host, b->host) && a->port == b->port &&
	       same_text(a->user, b->user) &&
	       a->jump_server == b->jump_server &&
	       same_list(&a->options, &b->options);
}

static bool same_endpoint(const struct endpoint *a, const struct endpoint *b)
{
	return same_text(a->host, b->host) && same_text(a->path, b->path) &&
	       a->port == b->port;
}

static bool same_tunnel(
	const struct store_forward *x, const struct store_forward *y)
{
	const struct forward_spec *a = &x->spec, *b = &y->spec;

	return x->server == y->server && a->type == b->type &&
	       same_endpoint(&a->listen, &b->listen) &&
	       same_endpoint(&a->target, &b->target) &&
	       a->reverse_dynamic == b->reverse_dynamic &&
	       a->bind_left_out == b->bind_left_out &&
	       same_text(a->socks_user, b->socks_user) && a->lazy == b->lazy &&
	       a->idle_s == b->idle_s && same_text(a->allow, b->allow) &&
	       a->limit_in_bytes_s == b->limit_in_bytes_s &&
	       a->limit_out_bytes_s == b->limit_out_bytes_s;
}

/* ---- servers ---- */

static void write_change(struct control *c, const char *key,
	const struct kept_server *s, const struct kept_forward *f)
{
	control_write(c, &(struct control_row){.kind = "change",
				 .level = "info",
				 .code = key,
				 .server = s,
				 .forward = f,
				 .removed = strstr(key, "_removed") != NULL});
}

/* The forwards of a server that are wanted. malloc'ed. */
static uint32_t *wanted_on(
	const struct control *c, const struct kept_server *s, size_t *ret_n)
{
	uint32_t *ids = mem_zalloc(s->view.n_wanted + 1, sizeof(*ids));

	*ret_n = 0;
	for (size_t i = 0; i < c->n_forwards; i++)
		if (c->forward_list[i]->want.server == s->view.want.id &&
			c->forward_list[i]->want.wanted)
			ids[(*ret_n)++] = c->forward_list[i]->want.id;
	return ids;
}

static int stop_all_on(
	struct control *c, const struct kept_server *s, struct trouble *trouble)
{
	size_t n;
	uint32_t *ids = wanted_on(c, s, &n);
	int err = control_act(c, CONTROL_DOWN, ids, n, trouble);

	free(ids);
	return err;
}

/* Those that are reached through it take the change when they next connect. */
static void mark_stale(struct control *c, const struct kept_server *s)
{
	for (size_t i = 0; i < c->n_servers; i++)
		if (control_config_passes(
			    c, &c->server_list[i]->want, s->view.want.id))
			kept_server(c->server_list[i])->stale = true;
}

static int add_server(struct control *c, const struct store_server *server,
	uint32_t *ret_id, struct trouble *trouble)
{
	struct store_server put = *server; /* borrowed */
	struct kept_server *s;
	int err = store_put_server(c->store, &put, trouble);

	if (err != 0)
		return err;
	s = control_keep_server(c, &put);
	control_sort(c);
	*ret_id = put.id;
	write_change(c, "event.server_added", s, NULL);
	control_tell_server(c, s);
	return 0;
}

static int edit_server(struct control *c, struct kept_server *s,
	const struct store_server *server, unsigned flags,
	struct trouble *trouble)
{
	bool way = !same_way(&s->view.want, server), runs;
	struct store_server put = *server; /* borrowed */
	int err;

	runs = way && s->view.n_wanted != 0;
	if (runs && !(flags & CONTROL_STOP))
		return still_running(s->view.want.name, trouble);
	if (runs && !(flags & CONTROL_START)) {
		err = stop_all_on(c, s, trouble);
		if (err != 0)
			return err;
	}
	put.id = s->view.want.id;
	err = store_put_server(c->store, &put, trouble);
	if (err != 0)
		return err;
	store_server_copy(&s->view.want, &put);
	control_sort(c);
	if (way)
		mark_stale(c, s);
	write_change(c, "event.server_edited", s, NULL);
	if (way)
		control_restart(c, s);
	control_tell_server(c, s);
	return 0;
}

int control_put_server(struct control *c, const struct store_server *server,
	uint32_t if_revision, unsigned flags, struct control_fields *fields,
	uint32_t *ret_id, struct trouble *trouble)
{
	const struct control_server *view = control_server(c, server->id);
	uint32_t id = server->id;
	int err = 0;

	if (id != 0 && view == NULL)
		return not_found("server", id, trouble);
	if (view != NULL)
		err = check_revision(view->want.name, view->want.revision,
			if_revision, trouble);
	if (err == 0 && !control_check_server(c, server, fields))
		err = refuse(fields, trouble);
	if (err == 0)
		err = view != NULL ? edit_server(c, kept_server(view), server,
					     flags, trouble)
				   : add_server(c, server, &id, trouble);
	if (err == 0 && ret_id != NULL)
		*ret_id = id;
	return err;
}

/* With all that is on it, in one transaction. */
static int store_removal(
	struct control *c, const struct kept_server *s, struct trouble *trouble)
{
	int err = store_begin(c->store, trouble);

	if (err != 0)
		return err;
	for (size_t i = 0; i < c->n_forwards && err == 0; i++)
		if (c->forward_list[i]->want.server == s->view.want.id)
			err = store_remove_forward(
				c->store, c->forward_list[i]->want.id, trouble);
	if (err == 0)
		err = store_remove_server(c->store, s->view.want.id, trouble);
	if (err == 0)
		err = store_commit(c->store, trouble);
	if (err != 0)
		store_rollback(c->store);
	return err;
}

/* The store has let it go. */
static void forward_removed(struct control *c, struct kept_forward *f)
{
	uint32_t id = f->view.want.id;

	write_change(c, "event.forward_removed", NULL, f);
	control_stop_forward(c, f);
	control_drop_forward(c, f);
	control_tell_forward_removed(c, id);
}

static int in_use(const struct control *c, const struct kept_server *s,
	bool with_forwards, struct trouble *trouble)
{
	const char *user = NULL;

	for (size_t i = 0; i < c->n_servers; i++)
		if (c->server_list[i]->want.jump_server == s->view.want.id)
			user = c->server_list[i]->want.name;
	for (size_t i = 0; i < c->n_forwards && !with_forwards; i++)
		if (c->forward_list[i]->want.server == s->view.want.id)
			user = c->forward_list[i]->want.name;
	if (user == NULL)
		return 0;
	trouble_set(trouble, ERR_IN_USE);
	trouble_arg(trouble, "name", "%s", s->view.want.name);
	trouble_arg(trouble, "detail", "%s", user);
	return -ERR_IN_USE;
}

int control_remove_server(struct control *c, uint32_t id, uint32_t if_revision,
	unsigned flags, bool with_forwards, struct trouble *trouble)
{
	const struct control_server *view = control_server(c, id);
	struct kept_server *s;
	int err;

	if (view == NULL)
		return not_found("server", id, trouble);
	s = kept_server(view);
	err = check_revision(
		view->want.name, view->want.revision, if_revision, trouble);
	if (err == 0)
		err = in_use(c, s, with_forwards, trouble);
	if (err == 0 && view->n_wanted != 0 && !(flags & CONTROL_STOP))
		err = still_running(view->want.name, trouble);
	if (err == 0)
		err = store_removal(c, s, trouble);
	if (err != 0)
		return err;
	for (size_t i = c->n_forwards; i-- > 0;)
		if (c->forward_list[i]->want.server == id)
			forward_removed(c, kept_forward(c->forward_list[i]));
	control_tests_end_of(c, s);
	write_change(c, "event.server_removed", s, NULL);
	control_drop_server(c, s);
	control_tell_server_removed(c, id);
	control_timers_plan(c);
	return 0;
}

/* ---- forwards ---- */

static int put_socks(struct control *c, uint32_t id,
	const struct secret *password, struct trouble *trouble)
{
	char owner[CONTROL_OWNER_TEXT];

	control_forward_owner(id, owner);
	if (password == NULL)
		return 0;
	if (password->len == 0)
		return vault_remove(c->vault, owner, "socks", NULL, trouble);
	return vault_put(c->vault, owner, "socks", "", password, trouble);
}

static int store_forward_and_secret(struct control *c,
	struct store_forward *put, const struct secret *password,
	struct trouble *trouble)
{
	int err = store_begin(c->store, trouble);

	if (err != 0)
		return err;
	err = store_put_forward(c->store, put, trouble);
	if (err == 0)
		err = put_socks(c, put->id, password, trouble);
	if (err == 0)
		err = store_commit(c->store, trouble);
	if (err != 0)
		store_rollback(c->store);
	return err;
}

static void note_socks(struct kept_forward *f, const struct secret *password)
{
	if (password != NULL)
		f->view.has_socks_password = password->len != 0;
}

static int add_forward(struct control *c, const struct store_forward *forward,
	const struct secret *password, unsigned flags, uint32_t *ret_id,
	struct trouble *trouble)
{
	struct store_forward put = *forward; /* borrowed */
	struct kept_forward *f;
	int err;

	put.wanted = false;
	put.wanted_since_ms = 0;
	put.stopped_boot = NULL;
	err = store_forward_and_secret(c, &put, password, trouble);
	if (err != 0)
		return err;
	f = control_keep_forward(c, &put);
	note_socks(f, password);
	control_sort(c);
	*ret_id = put.id;
	write_change(c, "event.forward_added", NULL, f);
	control_tell_forward(c, f);
	control_tell_server(c, f->server);
	if (!(flags & CONTROL_START))
		return 0;
	return control_act(c, CONTROL_UP, &put.id, 1, trouble);
}

/* It may have moved to another server. */
static void take_want(
	struct control *c, struct kept_forward *f, struct store_forward *put)
{
	struct kept_server *from = f->server,
			   *to = id_map_get(&c->servers, put->server);

	from->view.n_forwards--;
	to->view.n_forwards++;
	from->view.n_wanted -= f->view.want.wanted;
	to->view.n_wanted += f->view.want.wanted;
	f->server = to;
	store_forward_copy(&f->view.want, put);
	f->view.auto_off_at_ms =
		put->wanted && put->auto_off_s != 0
			? put->wanted_since_ms + put->auto_off_s * 1000ull
			: 0;
	control_sort(c);
	write_change(c, "event.forward_edited", NULL, f);
	control_reconcile(c, from);
	if (to != from)
		control_reconcile(c, to);
	control_tell_forward(c, f);
	control_tell_server(c, to);
	if (to != from)
		control_tell_server(c, from);
	control_timers_plan(c);
}

static int edit_forward(struct control *c, struct kept_forward *f,
	const struct store_forward *forward, const struct secret *password,
	unsigned flags, struct trouble *trouble)
{
	struct store_forward put = *forward; /* borrowed */
	const struct store_forward *now = &f->view.want;
	bool runs =
		now->wanted && (password != NULL || !same_tunnel(now, forward));
	int err = 0;

	if (runs && !(flags & CONTROL_STOP))
		return still_running(now->name, trouble);
	if (runs && !(flags & CONTROL_START))
		err = control_act(c, CONTROL_DOWN, &now->id, 1, trouble);
	if (err != 0)
		return err;
	put.wanted = now->wanted;
	put.wanted_since_ms =
		runs && put.wanted ? clock_wall_ms() : now->wanted_since_ms;
	put.stopped_boot = now->stopped_boot;
	err = store_forward_and_secret(c, &put, password, trouble);
	if (err != 0)
		return err;
	if (runs) {
		control_stop_forward(c, f);
		control_fresh_start(f);
	}
	note_socks(f, password);
	take_want(c, f, &put);
	if (!(flags & CONTROL_START))
		return 0;
	return control_act(c, CONTROL_UP, &put.id, 1, trouble);
}

int control_put_forward(struct control *c, const struct store_forward *forward,
	const struct secret *socks_password, uint32_t if_revision,
	unsigned flags, struct control_fields *fields, uint32_t *ret_id,
	struct trouble *trouble)
{
	const struct control_forward *view = control_forward(c, forward->id);
	uint32_t id = forward->id;
	int err = 0;

	if (id != 0 && view == NULL)
		return not_found("forward", id, trouble);
	if (view != NULL)
		err = check_revision(view->want.name, view->want.revision,
			if_revision, trouble);
	if (err == 0 && !control_check_forward(c, forward, fields))
		err = refuse(fields, trouble);
	if (err == 0)
		err = view != NULL
			      ? edit_forward(c, kept_forward(view), forward,
					socks_password, flags, trouble)
			      : add_forward(c, forward, socks_password, flags,
					&id, trouble);
	if (err == 0 && ret_id != NULL)
		*ret_id = id;
	return err;
}

int control_remove_forward(struct control *c, uint32_t id, uint32_t if_revision,
	unsigned flags, struct trouble *trouble)
{
	const struct control_forward *view = control_forward(c, id);
	struct kept_server *s;
	int err;

	if (view == NULL)
		return not_found("forward", id, trouble);
	err = check_revision(
		view->want.name, view->want.revision, if_revision, trouble);
	if (err == 0 && view->want.wanted && !(flags & CONTROL_STOP))
		err = still_running(view->want.name, trouble);
	if (err == 0)
		err = store_remove_forward(c->store, id, trouble);
	if (err != 0)
		return err;
	s = kept_forward(view)->server;
	forward_removed(c, kept_forward(view));
	control_reconcile(c, s);
	control_tell_server(c, s);
	control_timers_plan(c);
	return 0;
}
