/*
 * The pool: which link a new connection takes, when there is one more, and when
 * one goes. sshd polls all channels of a link on every event, and one bulk
 * transfer fills a link's queues; so connections are spread, and kept away from
 * bulk.
 */
#include "tunnel/server_private.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"

/* Connections on each link before one more link is worth its sshd. */
#define CONNS_PER_LINK  32
#define TRIM_EVERY_MS   15000
#define IDLE_MS         60000
#define GROWTH_PAUSE_MS 30000
/* A bulk transfer weighs as much as this many connections. */
#define BUSY_WEIGHT 100000

void pool_add(struct server *s, enum link_asks asks)
{
	struct link *via = s->config->n_jumps != 0
				   ? s->hop_links[s->config->n_jumps - 1]
				   : NULL;
	struct link *l;

	s->n_bodies++;
	s->n_links++;
	l = link_new(s, &s->target, via, ++s->next_number, asks);
	link_insert(l, &s->links);
}

void pool_stop_all(struct server *s, const struct trouble *why)
{
	struct link *l, *next;

	for (l = TAILQ_FIRST(&s->links); l != NULL; l = next) {
		next = link_next(l);
		link_stop(l, why);
	}
	for (size_t i = s->config->n_jumps; i-- > 0;)
		if (s->hop_links[i] != NULL)
			link_stop(s->hop_links[i], why);
}

static size_t weight(const struct link *l)
{
	return link_conns(l) + (link_is_busy(l) ? BUSY_WEIGHT : 0);
}

static bool hops_ready(const struct server *s)
{
	for (size_t i = 0; i < s->config->n_jumps; i++)
		if (s->hop_links[i] == NULL || !link_is_ready(s->hop_links[i]))
			return false;
	return true;
}

static unsigned wanted_links(const struct server *s)
{
	size_t conns = 0;
	unsigned busy = 0;
	struct link *l;
	unsigned n;

	for (l = TAILQ_FIRST(&s->links); l != NULL; l = link_next(l)) {
		conns += link_conns(l);
		if (link_is_ready(l) && link_is_busy(l))
			busy++;
	}
	n = (unsigned)(conns / CONNS_PER_LINK) + 1;
	/* One link is always free of bulk. */
	if (n < busy + 1)
		n = busy + 1;
	return n < s->config->options.pool_max ? n
					       : s->config->options.pool_max;
}

void pool_maybe_grow(struct server *s)
{
	if (s->stopping || s->n_ready == 0 || !hops_ready(s) ||
		clock_mono_ms() < s->no_growth_until_ms)
		return;
	while (s->n_links < wanted_links(s))
		pool_add(s, s->config->may_answer_unattended
				    ? LINK_ASKS_MACHINE
				    : LINK_ASKS_NOBODY);
}

void pool_growth_failed(struct server *s)
{
	/* MaxStartups, a one-time code, a limit of sessions: the links that are
	 * there will do for a while. */
	s->no_growth_until_ms = clock_mono_ms() + GROWTH_PAUSE_MS;
}

void server_link_busy(struct server *s)
{
	pool_maybe_grow(s);
}

struct link *server_pick_link(struct server *s)
{
	struct link *l, *best = NULL;

	for (l = TAILQ_FIRST(&s->links); l != NULL; l = link_next(l))
		if (link_is_ready(l) &&
			(best == NULL || weight(l) < weight(best)))
			best = l;
	if (best == NULL) {
		server_want(s);
		server_demand(s);
		return NULL;
	}
	if (weight(best) >= CONNS_PER_LINK)
		pool_maybe_grow(s);
	return best;
}

struct link *server_first_link(struct server *s)
{
	struct link *l;

	for (l = TAILQ_FIRST(&s->links); l != NULL; l = link_next(l))
		if (link_is_ready(l))
			return l;
	return NULL;
}

/* ---- shrinking ---- */

static void on_trim(uv_timer_t *timer)
{
	struct server *s = timer->data;
	uint64_t now = uv_now(&s->lane->loop);
	struct link *l = TAILQ_FIRST(&s->links), *next;

	for (l = l != NULL ? link_next(l) : NULL; l != NULL; l = next) {
		uint64_t since = link_idle_since_ms(l);

		next = link_next(l);
		if (link_is_ready(l) && since != 0 && now - since >= IDLE_MS &&
			!server_link_has_remote(s, l))
			link_stop(l, NULL);
	}
	if (s->n_links <= 1)
		uv_timer_stop(&s->trim);
}

void pool_trim_later(struct server *s)
{
	if (s->n_links > 1 && !uv_is_active((uv_handle_t *)&s->trim))
		uv_timer_start(&s->trim, on_trim, TRIM_EVERY_MS, TRIM_EVERY_MS);
}

void server_probe(struct server *s)
{
	struct link *l, *next;

	for (size_t i = 0; i < s->config->n_jumps; i++)
		if (s->hop_links[i] != NULL)
			link_probe(s->hop_links[i]);
	for (l = TAILQ_FIRST(&s->links); l != NULL; l = next) {
		next = link_next(l);
		link_probe(l);
	}
	/* The road may be open again: don't sit out the pause. */
	server_retry(s);
}
