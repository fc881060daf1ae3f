/*
 * Servers and forwards, as they are wanted, to their workers.
 */
#include "base/log.h"
#include "daemon/control_private.h"

/* ---- workers ---- */

/* The one with the fewest servers; a further one while there are processors
 * and none is without work. */
static struct control_worker *choose(struct control *c)
{
	struct control_worker *best = &c->worker[0];

	for (unsigned i = 1; i < c->n_workers; i++)
		if (c->worker[i].n_servers < best->n_servers)
			best = &c->worker[i];
	if (best->n_servers == 0 || c->n_workers >= c->max_workers)
		return best;
	c->worker[c->n_workers] = (struct control_worker){
		.worker = worker_new(event_queue_push, c->events)};
	if (c->worker[c->n_workers].worker == NULL) {
		log_warn("no further worker could be started");
		return best;
	}
	return &c->worker[c->n_workers++];
}

/* ---- forwards ---- */

static void retire(struct control *c, struct kept_forward *f)
{
	if (f->before.engine != 0)
		id_map_remove(&c->engines, f->before.engine);
	f->before = f->now;
	f->now = (struct control_sample){0};
	f->engine = 0;
}

static int recall_socks(const struct control *c, const struct kept_forward *f,
	struct secret *ret_value, struct trouble *trouble)
{
	char owner[CONTROL_OWNER_TEXT];

	if (!f->view.has_socks_password)
		return f->view.want.spec.socks_user == NULL
			       ? 0
			       : trouble_say(trouble, ERR_INVALID,
					 "the proxy's password is missing");
	return vault_get(c->vault,
		control_forward_owner(f->view.want.id, owner), "socks", "",
		ret_value, trouble);
}

static void start_forward(struct control *c, struct kept_forward *f)
{
	struct forward_spec spec = f->view.want.spec; /* borrowed */
	struct secret password = SECRET_INIT;
	struct trouble t;

	/* A proxy that asks for no password where one is wanted would be open
	 * to anybody: it does not start. */
	if (recall_socks(c, f, &password, &t) != 0) {
		control_state_forward(c, f,
			&(struct control_change){
				.state = STATE_ERROR, .why = &t});
		return;
	}
	spec.name = f->view.want.name;
	spec.socks_password = password.p;
	f->engine = ++c->last_engine;
	f->now = (struct control_sample){.engine = f->engine, .shown = true};
	id_map_put(&c->engines, f->engine, f);
	worker_start_forward(f->server->worker->worker, f->server->view.want.id,
		f->engine, &spec);
	secret_done(&password);
}

/* What it looks like from now on, until the engine says more. That a person
 * wanted it so stands in the history already. */
static void show_starting(struct control *c, struct kept_forward *f)
{
	f->view.connections = 0;
	f->view.bound_port = 0;
	f->view.listen[0] = '\0';
	control_state_forward(c, f,
		&(struct control_change){
			.state = STATE_CONNECTING, .quiet = true});
}

static void show_stopped(struct control *c, struct kept_forward *f)
{
	f->view.connections = 0;
	f->view.rate_in = f->view.rate_out = 0;
	f->view.bound_port = 0;
	f->view.listen[0] = '\0';
	control_state_forward(c, f,
		&(struct control_change){
			.state = STATE_DISCONNECTED, .quiet = true});
}

void control_stop_forward(struct control *c, struct kept_forward *f)
{
	struct kept_server *s = f->server;

	if (f->engine == 0)
		return;
	if (s->phase == CONTROL_RUNNING) {
		/* The last numbers come before it goes. */
		control_stats_ask(s);
		worker_stop_forward(
			s->worker->worker, s->view.want.id, f->engine);
	}
	retire(c, f);
}

void control_fresh_start(struct kept_forward *f)
{
	struct control_forward *v = &f->view;

	f->before.shown = false;
	v->connections = 0;
	v->connections_total = v->bytes_in = v->bytes_out = 0;
	v->reconnects = 0;
	v->rate_in = v->rate_out = 0;
	trouble_set(&v->target, ERR_OK);
	v->target_at_ms = 0;
	f->repeats = (struct control_repeats){0};
}

/* ---- servers ---- */

void control_server_failed(struct control *c, struct kept_server *s,
	const struct control_change *change)
{
	control_state_server(s, change);
	for (size_t i = 0; i < c->n_forwards; i++) {
		struct kept_forward *f = kept_forward(c->forward_list[i]);

		if (f->server == s && f->view.want.wanted)
			control_state_forward(c, f, change);
	}
	control_tests_failed(s, change->why);
}

static void start_server(struct control *c, struct kept_server *s)
{
	struct server_config *config;
	struct trouble t;

	if (control_config_make(c, &s->view.want, &config, &t) != 0) {
		control_server_failed(c, s,
			&(struct control_change){
				.state = STATE_ERROR, .why = &t});
		return;
	}
	s->worker = choose(c);
	s->worker->n_servers++;
	s->phase = CONTROL_RUNNING;
	s->stale = s->refused = s->active = false;
	s->asked_kinds = s->n_up = 0;
	s->retry_at_ms = 0;
	worker_add_server(s->worker->worker, config);
	control_config_free(config);
	control_tests_started(c, s);
}

static void stop_server(struct control *c, struct kept_server *s)
{
	if (s->view.state != STATE_DISCONNECTED)
		control_stats_ask(s);
	s->phase = CONTROL_STOPPING;
	s->retry_at_ms = 0;
	worker_stop_server(s->worker->worker, s->view.want.id);
	for (size_t i = 0; i < c->n_forwards; i++) {
		struct kept_forward *f = kept_forward(c->forward_list[i]);

		if (f->server == s && f->engine != 0)
			retire(c, f);
	}
}

static bool is_wanted(const struct control *c, const struct kept_server *s)
{
	return !c->stopping && !s->gone &&
	       (s->view.n_wanted != 0 || s->n_tests != 0);
}

/* Its forwards, once it runs. */
static void match_forwards(struct control *c, struct kept_server *s)
{
	for (size_t i = 0; i < c->n_forwards; i++) {
		struct kept_forward *f = kept_forward(c->forward_list[i]);

		if (f->server != s)
			continue;
		if (f->view.want.wanted && f->engine == 0) {
			show_starting(c, f);
			start_forward(c, f);
		} else if (!f->view.want.wanted && f->engine != 0) {
			control_stop_forward(c, f);
		}
	}
}

/* It starts when it has stopped: that is not "disconnected" meanwhile. `all`:
 * whatever they show. */
static void show_wanted(struct control *c, struct kept_server *s, bool all)
{
	for (size_t i = 0; i < c->n_forwards; i++) {
		struct kept_forward *f = kept_forward(c->forward_list[i]);

		if (f->server == s && f->view.want.wanted &&
			(all || f->view.state == STATE_DISCONNECTED))
			show_starting(c, f);
	}
	if (all || s->view.state == STATE_DISCONNECTED)
		control_state_server(
			s, &(struct control_change){
				   .state = STATE_CONNECTING, .quiet = true});
}

/* What nobody wants is shown as it will be at once. */
static void show_unwanted(struct control *c, struct kept_server *s)
{
	for (size_t i = 0; i < c->n_forwards; i++) {
		struct kept_forward *f = kept_forward(c->forward_list[i]);

		if (f->server == s && (c->stopping || !f->view.want.wanted))
			show_stopped(c, f);
	}
	if (!is_wanted(c, s))
		control_state_server(s,
			&(struct control_change){.state = STATE_DISCONNECTED});
}

void control_reconcile(struct control *c, struct kept_server *s)
{
	bool wanted = is_wanted(c, s);

	if (s->phase == CONTROL_RUNNING && !wanted)
		stop_server(c, s);
	else if (s->phase == CONTROL_ABSENT && wanted)
		start_server(c, s);
	if (s->phase == CONTROL_RUNNING)
		match_forwards(c, s);
	else if (s->phase == CONTROL_STOPPING && wanted)
		show_wanted(c, s, false);
	show_unwanted(c, s);
	if (!wanted) {
		s->was_up = false;
		s->retry_ms = 0;
		s->repeats = (struct control_repeats){0};
	}
}

void control_restart(struct control *c, struct kept_server *s)
{
	if (s->phase == CONTROL_RUNNING && is_wanted(c, s)) {
		stop_server(c, s);
		show_wanted(c, s, true);
	}
	control_reconcile(c, s);
}
