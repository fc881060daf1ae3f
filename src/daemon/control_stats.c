/*
 * Numbers, asked for only while there is a reason: a connection is open, or
 * somebody wants them now. A server without connections says so once
 * (EVENT_ACTIVE) when the first comes, so nothing ticks while nothing flows.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "daemon/control_private.h"

#define WATCHED_MS   1000
#define UNWATCHED_MS 60000
#define FRESH_MS     2   /* numbers of that age are as good as new */
#define RATE_MS      500 /* what rates are taken over, at least */
#define OVERDUE_MS   250

/* ---- asking ---- */

void control_stats_ask(struct kept_server *s)
{
	if (s->phase != CONTROL_RUNNING)
		return;
	worker_request_stats(s->worker->worker, s->view.want.id);
	if (s->stats_asked)
		return;
	s->stats_asked = true;
	s->control->n_stats_asked++;
}

static bool any_active(const struct control *c)
{
	for (size_t i = 0; i < c->n_servers; i++)
		if (kept_server(c->server_list[i])->active)
			return true;
	return false;
}

static void on_sample(uv_timer_t *timer);

static void plan_sample(struct control *c)
{
	uint64_t every_ms = c->watchers != 0 ? WATCHED_MS : UNWATCHED_MS;
	bool runs = uv_is_active((uv_handle_t *)&c->sample);

	if (c->stopping || !any_active(c))
		uv_timer_stop(&c->sample);
	else if (!runs || uv_timer_get_repeat(&c->sample) != every_ms)
		uv_timer_start(&c->sample, on_sample, every_ms, every_ms);
}

static void on_sample(uv_timer_t *timer)
{
	struct control *c = timer->data;

	for (size_t i = 0; i < c->n_servers; i++) {
		struct kept_server *s = kept_server(c->server_list[i]);

		if (s->active)
			control_stats_ask(s);
	}
	plan_sample(c);
}

void control_stats_active(struct kept_server *s)
{
	s->active = true;
	if (s->control->watchers != 0)
		control_stats_ask(s);
	plan_sample(s->control);
}

void control_watch(struct control *c, int change)
{
	c->watchers = (unsigned)((int)c->watchers + change);
	if (change > 0 && c->watchers == 1)
		for (size_t i = 0; i < c->n_servers; i++)
			if (c->server_list[i]->state == STATE_CONNECTED)
				control_stats_ask(
					kept_server(c->server_list[i]));
	plan_sample(c);
}

/* ---- taking ---- */

static void take_server(struct control_server *v, const struct stats *stats)
{
	v->n_links = stats->n_link;
	for (uint32_t i = 0; i < stats->n_link; i++)
		v->link[i] = stats->link[i];
	v->rtt_us = stats->rtt_us;
	snprintf(v->cipher, sizeof(v->cipher), "%s", stats->cipher);
	snprintf(v->kex, sizeof(v->kex), "%s", stats->kex);
	snprintf(v->host_key, sizeof(v->host_key), "%s", stats->host_key);
	snprintf(v->server_version, sizeof(v->server_version), "%s",
		stats->server_version);
}

/* Counters only grow; a row that is older than what is known adds nothing. */
static uint64_t growth(uint64_t *known, uint64_t now)
{
	uint64_t more = now > *known ? now - *known : 0;

	*known += more;
	return more;
}

/* `window_ms` 0: the window goes on. */
static void set_rate(struct kept_forward *f, uint64_t *rate, uint64_t *window,
	uint64_t more, uint64_t window_ms)
{
	uint64_t now;

	*window += more;
	if (window_ms == 0)
		return;
	now = *window * 1000 / window_ms;
	*window = 0;
	f->changed |= now != *rate;
	*rate = now;
}

static void take_forward(struct kept_forward *f,
	const struct stats_forward *row, uint64_t window_ms)
{
	struct control_sample *sample =
		row->forward_id == f->engine ? &f->now : &f->before;
	struct control_forward *v = &f->view;
	uint64_t in = growth(&sample->bytes_in, row->bytes_in),
		 out = growth(&sample->bytes_out, row->bytes_out),
		 conns = growth(&sample->connections, row->connections_total);

	control_traffic_add(f, in, out, conns);
	f->changed |= in != 0 || out != 0 || conns != 0;
	if (sample->shown) {
		v->bytes_in += in;
		v->bytes_out += out;
		v->connections_total += conns;
	}
	if (row->forward_id != f->engine)
		return;
	f->changed |= v->connections != row->connections;
	v->connections = row->connections;
	set_rate(f, &v->rate_in, &f->window_in, in, window_ms);
	set_rate(f, &v->rate_out, &f->window_out, out, window_ms);
	/* Rates have to come down to zero. */
	f->server->active |= row->connections != 0 || in != 0 || out != 0 ||
			     v->rate_in != 0 || v->rate_out != 0;
}

/* All that changed since the last time, when all answers are in. */
static void tell_changed(struct control *c)
{
	const struct control_forward **list;
	size_t n = 0;

	if (c->watchers == 0)
		return;
	list = mem_zalloc(c->n_forwards + 1, sizeof(*list));
	for (size_t i = 0; i < c->n_forwards; i++) {
		struct kept_forward *f = kept_forward(c->forward_list[i]);

		if (f->changed)
			list[n++] = &f->view;
		f->changed = false;
	}
	if (n != 0)
		control_tell_traffic(c, list, n);
	free(list);
}

static void serve_fresh(struct control *c)
{
	STAILQ_HEAD(, control_fresh) list = STAILQ_HEAD_INITIALIZER(list);
	struct control_fresh *w;

	uv_timer_stop(&c->overdue);
	STAILQ_CONCAT(&list, &c->fresh);
	while ((w = STAILQ_FIRST(&list)) != NULL) {
		STAILQ_REMOVE_HEAD(&list, next);
		w->fn(w->arg);
		free(w);
	}
}

static void all_in(struct control *c)
{
	tell_changed(c);
	control_traffic_save(c);
	plan_sample(c);
	serve_fresh(c);
}

void control_stats_gone(struct kept_server *s)
{
	s->active = false;
	if (!s->stats_asked)
		return;
	s->stats_asked = false;
	if (--s->control->n_stats_asked == 0)
		all_in(s->control);
}

void control_stats_came(struct kept_server *s, const struct stats *stats)
{
	struct control *c = s->control;
	uint64_t now_ms = clock_mono_ms();
	uint64_t window_ms = now_ms - s->rate_at_ms;

	if (stats == NULL)
		return;
	if (s->phase == CONTROL_RUNNING)
		take_server(&s->view, stats);
	s->stats_at_ms = now_ms;
	if (window_ms < RATE_MS)
		window_ms = 0;
	else
		s->rate_at_ms = now_ms;
	s->active = false;
	for (uint32_t i = 0; i < stats->n_forwards; i++) {
		struct kept_forward *f =
			id_map_get(&c->engines, stats->forward[i].forward_id);

		if (f != NULL)
			take_forward(f, &stats->forward[i], window_ms);
	}
	if (!s->stats_asked)
		return;
	s->stats_asked = false;
	if (--c->n_stats_asked == 0)
		all_in(c);
}

/* ---- numbers for somebody, now ---- */

static void on_overdue(uv_timer_t *timer)
{
	serve_fresh(timer->data);
}

static void ask_all(struct control *c)
{
	uint64_t now_ms = clock_mono_ms();

	for (size_t i = 0; i < c->n_servers; i++) {
		struct kept_server *s = kept_server(c->server_list[i]);
		/* Connections may wait for a link, too. */
		bool lives = s->view.state == STATE_CONNECTED || s->active;

		if (lives && !s->stats_asked &&
			now_ms - s->stats_at_ms > FRESH_MS)
			control_stats_ask(s);
	}
}

void control_refresh(struct control *c, void (*on_fresh)(void *arg), void *arg)
{
	struct control_fresh *w;

	ask_all(c);
	if (c->n_stats_asked == 0) {
		on_fresh(arg);
		return;
	}
	w = mem_zalloc(1, sizeof(*w));
	w->fn = on_fresh;
	w->arg = arg;
	STAILQ_INSERT_TAIL(&c->fresh, w, next);
	if (!uv_is_active((uv_handle_t *)&c->overdue))
		uv_timer_start(&c->overdue, on_overdue, OVERDUE_MS, 0);
}

void control_refresh_cancel(struct control *c, void *arg)
{
	struct control_fresh *w, *next;

	for (w = STAILQ_FIRST(&c->fresh); w != NULL; w = next) {
		next = STAILQ_NEXT(w, next);
		if (w->arg != arg)
			continue;
		STAILQ_REMOVE(&c->fresh, w, control_fresh, next);
		free(w);
	}
}

void control_stats_end(struct control *c)
{
	c->saved_at_ms = 0;
	control_traffic_save(c);
	serve_fresh(c);
}
