/*
 * Servers are added, edited, removed: checked, stored, then so.
 *
 * What runs is stopped first, by the person or with CONTROL_STOP; what the
 * tunnel does not notice (names, tags, notes, order) may change at any time. A
 * change and the stops and starts that come with it are one transaction.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/control_private.h"

/* ---- refusals ---- */

int control_refuse_running(const char *name, struct trouble *trouble)
{
	trouble_set(trouble, ERR_RUNNING);
	trouble_arg(trouble, "name", "%s", name);
	return -ERR_RUNNING;
}

int control_refuse_unknown(
	const char *what, uint32_t id, struct trouble *trouble)
{
	return trouble_say(trouble, ERR_NOT_FOUND, "%s %u", what, id);
}

int control_refuse_more(const struct control *c, size_t servers,
	size_t forwards, struct trouble *trouble)
{
	if (servers != 0 && c->n_servers + servers > CONTROL_SERVERS_MAX)
		return trouble_say(trouble, ERR_LIMIT, "too many servers");
	if (forwards != 0 && c->n_forwards + forwards > CONTROL_FORWARDS_MAX)
		return trouble_say(trouble, ERR_LIMIT, "too many forwards");
	return 0;
}

int control_refuse_revision(const char *name, uint32_t revision,
	uint32_t if_revision, struct trouble *trouble)
{
	if (if_revision == 0 || if_revision == revision)
		return 0;
	trouble_set(trouble, ERR_PRECONDITION);
	trouble_arg(trouble, "name", "%s", name);
	return -ERR_PRECONDITION;
}

/* The first of what is wrong stands for all. */
int control_refuse_fields(
	const struct control_fields *fields, struct trouble *trouble)
{
	*trouble = fields->item[0].trouble;
	return -(int)trouble->code;
}

bool control_same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

void control_write_change(struct control *c, const char *key,
	const struct kept_server *s, const struct kept_forward *f)
{
	control_write(c, &(struct control_row){.kind = "change",
				 .level = "info",
				 .code = key,
				 .server = s,
				 .forward = f,
				 .removed = strstr(key, "_removed") != NULL});
}

/* ---- what matters to a tunnel ---- */

static bool same_list(const struct string_list *a, const struct string_list *b)
{
	bool same = a->n == b->n;

	for (size_t i = 0; i < a->n && same; i++)
		same = strcmp(a->item[i], b->item[i]) == 0;
	return same;
}

static bool same_way(const struct store_server *a, const struct store_server *b)
{
	return control_same_text(a->host, b->host) && a->port == b->port &&
	       control_same_text(a->user, b->user) &&
	       a->jump_server == b->jump_server &&
	       same_list(&a->options, &b->options);
}

/* ---- servers ---- */

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

/* With those of its forwards that are to stop. */
static int store_server_and_stops(struct control *c, struct store_server *put,
	const uint32_t *stops, size_t n, struct trouble *trouble)
{
	int err = store_begin(c->store, trouble);

	if (err != 0)
		return err;
	for (size_t i = 0; i < n && err == 0; i++)
		err = store_set_wanted(c->store, stops[i], false,
			control_forward(c, stops[i])->want.wanted_since_ms,
			c->boot, trouble);
	if (err == 0)
		err = store_put_server(c->store, put, trouble);
	if (err == 0)
		err = store_commit(c->store, trouble);
	if (err != 0)
		store_rollback(c->store);
	return err;
}

/* Those that are reached through it take the change when they next connect:
 * now, if they wait. */
static void pass_on(struct control *c, const struct kept_server *s)
{
	for (size_t i = 0; i < c->n_servers; i++) {
		struct kept_server *over = kept_server(c->server_list[i]);

		if (!control_config_passes(
			    c, &over->view.want, s->view.want.id))
			continue;
		over->stale = true;
		if (control_server_waits(over))
			control_restart(c, over);
	}
}

static int add_server(struct control *c, const struct store_server *server,
	uint32_t *ret_id, struct trouble *trouble)
{
	struct store_server put = *server; /* borrowed */
	struct kept_server *s;
	int err = control_refuse_more(c, 1, 0, trouble);

	if (err == 0)
		err = store_put_server(c->store, &put, trouble);
	if (err != 0)
		return err;
	s = control_keep_server(c, &put);
	control_sort(c);
	*ret_id = put.id;
	control_write_change(c, "event.server_added", s, NULL);
	control_tell_server(c, s);
	return 0;
}

/* What is not to be kept any more goes at once. */
static void forget_unkept(
	struct control *c, const struct kept_server *s, enum store_keep before)
{
	struct trouble t;

	if (before == STORE_KEEP && s->view.want.keep_secrets != STORE_KEEP &&
		control_forget_secrets(c, s->view.want.id, NULL, NULL, &t) != 0)
		log_warn("secrets of server %s: %s", s->view.want.name,
			err_name((int)t.code));
}

static int edit_server(struct control *c, struct kept_server *s,
	const struct store_server *server, unsigned flags,
	struct trouble *trouble)
{
	enum store_keep kept = s->view.want.keep_secrets;
	bool way = !same_way(&s->view.want, server), runs;
	struct store_server put = *server; /* borrowed */
	uint32_t *stops;
	size_t n;
	int err;

	runs = way && s->view.n_wanted != 0;
	if (runs && !(flags & CONTROL_STOP))
		return control_refuse_running(s->view.want.name, trouble);
	stops = wanted_on(c, s, &n);
	if (!runs || (flags & CONTROL_START))
		n = 0;
	put.id = s->view.want.id;
	err = store_server_and_stops(c, &put, stops, n, trouble);
	if (err == 0)
		control_act_stored(c, CONTROL_DOWN, stops, n, clock_wall_ms());
	free(stops);
	if (err != 0)
		return err;
	store_server_copy(&s->view.want, &put);
	control_sort(c);
	control_write_change(c, "event.server_edited", s, NULL);
	forget_unkept(c, s, kept);
	if (way) {
		control_restart(c, s);
		pass_on(c, s);
	}
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
		return control_refuse_unknown("server", id, trouble);
	if (view != NULL)
		err = control_refuse_revision(view->want.name,
			view->want.revision, if_revision, trouble);
	if (err == 0 && !control_check_server(c, server, fields))
		err = control_refuse_fields(fields, trouble);
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
		return control_refuse_unknown("server", id, trouble);
	s = kept_server(view);
	err = control_refuse_revision(
		view->want.name, view->want.revision, if_revision, trouble);
	if (err == 0)
		err = in_use(c, s, with_forwards, trouble);
	if (err == 0 && view->n_wanted != 0 && !(flags & CONTROL_STOP))
		err = control_refuse_running(view->want.name, trouble);
	if (err == 0)
		err = store_removal(c, s, trouble);
	if (err != 0)
		return err;
	for (size_t i = c->n_forwards; i-- > 0;)
		if (c->forward_list[i]->want.server == id)
			control_forward_removed(
				c, kept_forward(c->forward_list[i]));
	control_tests_end_of(c, s);
	control_write_change(c, "event.server_removed", s, NULL);
	control_drop_server(c, s);
	control_tell_server_removed(c, id);
	control_timers_plan(c);
	return 0;
}
