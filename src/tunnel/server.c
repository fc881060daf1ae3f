/*
 * A server's will: up while forwards want it, back after each loss.
 *
 *   DISCONNECTED → CONNECTING → CONNECTED ⇄ RECONNECTING
 *                             ↘ ERROR (a person must do something first)
 */
#include "tunnel/server_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "tunnel/server_config.h"

/* ---- events ---- */

struct event *server_event(struct server *s, enum event_kind kind)
{
	return event_new(kind, s->config->id);
}

void server_emit(struct server *s, struct event *e)
{
	lane_emit(s->lane, e);
}

void server_set_state(struct server *s, enum tunnel_state state,
	const struct trouble *why, uint64_t up_ms, uint64_t next_try_ms)
{
	struct event *e;

	if (state == s->state ? why == NULL
			      : !tunnel_state_may_follow(s->state, state))
		return;
	s->state = state;
	e = server_event(s, EVENT_SERVER);
	e->state = state;
	e->up_ms = up_ms;
	e->next_try_ms = next_try_ms;
	if (why != NULL)
		e->trouble = *why;
	server_emit(s, e);
}

/* ---- coming up ---- */

static enum link_asks first_asks(const struct server *s)
{
	const struct server_config *c = s->config;

	if (c->may_ask)
		return LINK_ASKS_PERSON;
	return c->may_answer_unattended ? LINK_ASKS_MACHINE : LINK_ASKS_NOBODY;
}

void server_advance(struct server *s)
{
	struct link *via = NULL;

	if (s->stopping || !s->wanted || s->n_links != 0)
		return;
	uv_timer_stop(&s->retry);
	if (!s->ever_up || s->state == STATE_ERROR)
		server_set_state(s, STATE_CONNECTING, NULL, 0, 0);
	for (size_t i = 0; i < s->config->n_jumps; i++) {
		if (s->hop_links[i] == NULL) {
			s->n_bodies++;
			s->hop_links[i] =
				link_new(s, &s->hops[i], via, 0, first_asks(s));
		}
		via = s->hop_links[i];
		if (!link_is_ready(via))
			return;
	}
	pool_add(s, first_asks(s));
}

void server_link_ready(struct server *s, struct link *l)
{
	struct event *e;
	struct forward *f;

	if (link_peer(l) != &s->target) {
		server_advance(s);
		return;
	}
	s->n_ready++;
	s->ever_up = true;
	if (s->n_ready == 1) {
		s->up_since_ms = clock_wall_ms();
		s->up_mono_ms = clock_mono_ms();
	}
	e = server_event(s, EVENT_LINK);
	e->link_no = link_number(l);
	e->up = true;
	server_emit(s, e);
	server_set_state(s, STATE_CONNECTED, NULL, 0, 0);
	TAILQ_FOREACH (f, &s->forwards, next)
		forward_link_up(f, server_first_link(s));
	server_serve_trials(s);
	pool_trim_later(s);
}

/* ---- going down ---- */

static void emit_link_down(
	struct server *s, struct link *l, const struct trouble *why)
{
	struct event *e = server_event(s, EVENT_LINK);

	e->link_no = link_number(l);
	e->up_ms = link_up_ms(l);
	if (why != NULL)
		e->trouble = *why;
	server_emit(s, e);
}

static struct link *link_over(struct server *s, const struct link *hop)
{
	struct link *l;

	for (size_t i = 0; i < s->config->n_jumps; i++)
		if (s->hop_links[i] != NULL && link_via(s->hop_links[i]) == hop)
			return s->hop_links[i];
	for (l = TAILQ_FIRST(&s->links); l != NULL; l = link_next(l))
		if (link_via(l) == hop)
			return l;
	return NULL;
}

/* What goes over it, or was about to, falls with it: at once, as the hop's
 * memory goes, and for the same reason. */
static void hop_down(
	struct server *s, const struct link *hop, const struct trouble *why)
{
	struct link *l;

	for (size_t i = 0; i < s->config->n_jumps; i++)
		if (s->hop_links[i] == hop)
			s->hop_links[i] = NULL;
	while ((l = link_over(s, hop)) != NULL)
		link_stop(l, why);
}

static void pool_link_down(
	struct server *s, struct link *l, const struct trouble *why)
{
	bool was_up = link_up_since_ms(l) != 0;
	struct forward *f;

	link_remove(l, &s->links);
	s->n_links--;
	if (was_up) {
		s->n_ready--;
		emit_link_down(s, l, why);
	} else if (s->n_ready != 0) {
		pool_growth_failed(s);
	}
	TAILQ_FOREACH (f, &s->forwards, next)
		forward_link_down(f, l, server_first_link(s), why);
	server_lose_trials(s, l, why);
	/* Those that were to be further ones can't be the first: nobody would
	 * be asked for a password. */
	while (was_up && s->n_ready == 0 &&
		(l = TAILQ_FIRST(&s->links)) != NULL)
		link_stop(l, why);
}

void server_link_down(
	struct server *s, struct link *l, const struct trouble *why)
{
	struct trouble closed;

	server_forget_asks(s, l);
	if (link_peer(l) != &s->target)
		hop_down(s, l, why);
	else
		pool_link_down(s, l, why);
	/* A chain falls as a whole: its first end is the one that counts. */
	if (s->stopping || !s->wanted || s->n_links != 0 ||
		uv_is_active((uv_handle_t *)&s->retry))
		return;
	if (why == NULL) {
		trouble_say(&closed, ERR_LINK_LOST, "closed");
		why = &closed;
	}
	server_come_back(s, why);
}

static void share(struct peer *p, const struct peer *from,
	const struct secret *passphrase)
{
	if (p != from && !secret_is_set(&p->passphrase))
		secret_copy(&p->passphrase, passphrase);
}

void server_share_passphrase(struct server *s, const struct peer *from,
	const struct secret *passphrase)
{
	share(&s->target, from, passphrase);
	for (size_t i = 0; i < s->config->n_jumps; i++)
		share(&s->hops[i], from, passphrase);
}

void server_link_gone(struct server *s)
{
	s->n_bodies--;
	server_maybe_gone(s);
}

/* ---- life ---- */

static void start_failed(struct server *s, const struct trouble *why)
{
	s->stopping = true;
	server_set_state(s, STATE_ERROR, why, 0, 0);
}

struct server *server_new(struct lane *lane, struct server_config *config)
{
	struct server *s = mem_zalloc(1, sizeof(*s));
	struct trouble t;
	int err;

	s->lane = lane;
	s->config = config;
	s->backoff_ms = SERVER_BACKOFF_FIRST_MS;
	s->hops = mem_zalloc(config->n_jumps, sizeof(*s->hops));
	s->hop_links = mem_zalloc(config->n_jumps, sizeof(struct link *));
	TAILQ_INIT(&s->links);
	TAILQ_INIT(&s->forwards);
	TAILQ_INIT(&s->asks);
	TAILQ_INIT(&s->trials);
	uv_timer_init(&lane->loop, &s->retry);
	uv_timer_init(&lane->loop, &s->trim);
	s->retry.data = s->trim.data = s;
	s->handles = 2;
	err = peer_init(&s->target, config, &t);
	for (size_t i = 0; err == 0 && i < config->n_jumps; i++)
		err = peer_init(&s->hops[i], &config->jumps[i], &t);
	if (err != 0)
		start_failed(s, &t);
	return s;
}

static void server_free(struct server *s)
{
	struct event *e = server_event(s, EVENT_STOPPED);

	peer_done(&s->target);
	for (size_t i = 0; i < s->config->n_jumps; i++)
		peer_done(&s->hops[i]);
	free(s->hops);
	free(s->hop_links);
	server_emit(s, e);
	server_config_free(s->config);
	free(s);
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct server *s = handle->data;

	if (--s->handles == 0)
		server_free(s);
}

void server_maybe_gone(struct server *s)
{
	if (!s->stopping || s->n_forwards != 0 || s->n_bodies != 0 ||
		uv_is_closing((uv_handle_t *)&s->retry))
		return;
	uv_close((uv_handle_t *)&s->retry, on_handle_closed);
	uv_close((uv_handle_t *)&s->trim, on_handle_closed);
}

void server_stop(struct server *s)
{
	struct forward *f;

	s->stopping = true;
	s->wanted = false;
	uv_timer_stop(&s->retry);
	uv_timer_stop(&s->trim);
	TAILQ_FOREACH (f, &s->forwards, next)
		forward_stop(f);
	server_stop_trials(s);
	pool_stop_all(s, NULL);
	server_set_state(s, STATE_DISCONNECTED, NULL, 0, 0);
	server_maybe_gone(s);
}

/* ---- facts ---- */

uint32_t server_id(const struct server *s)
{
	return s->config->id;
}

struct lane *server_lane(const struct server *s)
{
	return s->lane;
}

enum tunnel_state server_state(const struct server *s)
{
	return s->state;
}

bool server_traces(const struct server *s)
{
	return s->config->trace;
}

bool server_is_wanted(const struct server *s)
{
	return s->wanted;
}

const struct options *server_options(const struct server *s)
{
	return &s->config->options;
}
