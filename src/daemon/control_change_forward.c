/*
 * Forwards are added, edited, removed, by the rules of control_change.c.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "daemon/control_private.h"

/* ---- what matters to a tunnel ---- */

static bool same_endpoint(const struct endpoint *a, const struct endpoint *b)
{
	return control_same_text(a->host, b->host) &&
	       control_same_text(a->path, b->path) && a->port == b->port;
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
	       control_same_text(a->socks_user, b->socks_user) &&
	       a->lazy == b->lazy && a->idle_s == b->idle_s &&
	       control_same_text(a->allow, b->allow) &&
	       a->limit_in_bytes_s == b->limit_in_bytes_s &&
	       a->limit_out_bytes_s == b->limit_out_bytes_s;
}

/* ---- changes ---- */

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
	uint64_t now_ms = clock_wall_ms();
	struct kept_forward *f;
	int err;

	put.wanted = (flags & CONTROL_START) != 0;
	put.wanted_since_ms = put.wanted ? now_ms : 0;
	put.stopped_boot = NULL;
	err = control_refuse_more(c, 0, 1, trouble);
	if (err == 0)
		err = store_forward_and_secret(c, &put, password, trouble);
	if (err != 0)
		return err;
	put.wanted = false; /* until that is carried out */
	f = control_keep_forward(c, &put);
	note_socks(f, password);
	control_sort(c);
	*ret_id = put.id;
	control_write_change(c, "event.forward_added", NULL, f);
	control_tell_forward(c, f);
	control_tell_server(c, f->server);
	if (flags & CONTROL_START)
		control_act_stored(c, CONTROL_UP, &put.id, 1, now_ms);
	return 0;
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
	control_write_change(c, "event.forward_edited", NULL, f);
	control_reconcile(c, from);
	if (to != from)
		control_reconcile(c, to);
	control_tell_forward(c, f);
	control_tell_server(c, to);
	if (to != from)
		control_tell_server(c, from);
	control_timers_plan(c);
}

/* What is wanted after an edit. */
static void want_after(const struct control *c, const struct store_forward *now,
	bool runs, unsigned flags, uint64_t now_ms, struct store_forward *put)
{
	put->wanted = (flags & CONTROL_START) != 0 || (now->wanted && !runs);
	put->wanted_since_ms = put->wanted && (runs || !now->wanted)
				       ? now_ms
				       : now->wanted_since_ms;
	put->stopped_boot = now->stopped_boot;
	if (put->wanted)
		put->stopped_boot = NULL;
	else if (now->wanted)
		put->stopped_boot = (char *)c->boot;
}

static int edit_forward(struct control *c, struct kept_forward *f,
	const struct store_forward *forward, const struct secret *password,
	unsigned flags, struct trouble *trouble)
{
	struct store_forward put = *forward; /* borrowed */
	const struct store_forward *now = &f->view.want;
	bool runs =
		now->wanted && (password != NULL || !same_tunnel(now, forward));
	uint64_t now_ms = clock_wall_ms();
	int err;

	if (runs && !(flags & CONTROL_STOP))
		return control_refuse_running(now->name, trouble);
	want_after(c, now, runs, flags, now_ms, &put);
	err = store_forward_and_secret(c, &put, password, trouble);
	if (err != 0)
		return err;
	if (runs && put.wanted) {
		control_stop_forward(c, f);
		control_fresh_start(f);
	} else if (runs) {
		control_act_stored(c, CONTROL_DOWN, &put.id, 1, now_ms);
	}
	note_socks(f, password);
	put.wanted = now->wanted; /* until a start is carried out */
	take_want(c, f, &put);
	if (flags & CONTROL_START)
		control_act_stored(c, CONTROL_UP, &put.id, 1, now_ms);
	return 0;
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
		return control_refuse_unknown("forward", id, trouble);
	if (view != NULL)
		err = control_refuse_revision(view->want.name,
			view->want.revision, if_revision, trouble);
	if (err == 0 && !control_check_forward(c, forward, fields))
		err = control_refuse_fields(fields, trouble);
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

void control_forward_removed(struct control *c, struct kept_forward *f)
{
	uint32_t id = f->view.want.id;

	control_write_change(c, "event.forward_removed", NULL, f);
	control_stop_forward(c, f);
	control_drop_forward(c, f);
	control_tell_forward_removed(c, id);
}

int control_remove_forward(struct control *c, uint32_t id, uint32_t if_revision,
	unsigned flags, struct trouble *trouble)
{
	const struct control_forward *view = control_forward(c, id);
	struct kept_server *s;
	int err;

	if (view == NULL)
		return control_refuse_unknown("forward", id, trouble);
	err = control_refuse_revision(
		view->want.name, view->want.revision, if_revision, trouble);
	if (err == 0 && view->want.wanted && !(flags & CONTROL_STOP))
		err = control_refuse_running(view->want.name, trouble);
	if (err == 0)
		err = store_remove_forward(c->store, id, trouble);
	if (err != 0)
		return err;
	s = kept_forward(view)->server;
	control_forward_removed(c, kept_forward(view));
	control_reconcile(c, s);
	control_tell_server(c, s);
	control_timers_plan(c);
	return 0;
}
