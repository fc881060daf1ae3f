/* What the control plane asks of a server: numbers, and its connections. */
#include "tunnel/server_private.h"

#include <stdio.h>

#include "base/mem.h"

static void fill_link_facts(struct server *s, struct stats *stats)
{
	struct link *first = server_first_link(s);
	const struct session *session;

	if (first == NULL)
		return;
	session = link_session(first);
	stats->rtt_us = session_rtt_us(session);
	snprintf(stats->cipher, sizeof(stats->cipher), "%s",
		session_cipher(session));
	snprintf(stats->kex, sizeof(stats->kex), "%s", session_kex(session));
	snprintf(stats->host_key, sizeof(stats->host_key), "%s",
		session_host_key_alg(session));
	snprintf(stats->server_version, sizeof(stats->server_version), "%.127s",
		session_server_version(session));
}

static void fill_links(struct server *s, struct stats *stats)
{
	for (struct link *l = TAILQ_FIRST(&s->links);
		l != NULL && stats->n_link < STATS_LINKS_MAX;
		l = link_next(l)) {
		struct stats_link *row = &stats->link[stats->n_link++];
		const struct link_traffic *t = link_traffic(l);

		*row = (struct stats_link){
			.link_no = link_number(l),
			.is_ready = link_is_ready(l),
			.connections = (uint32_t)link_conns(l),
			.up_since_ms = link_up_since_ms(l),
			.bytes_in = t->bytes_in,
			.bytes_out = t->bytes_out,
		};
		if (row->is_ready)
			row->rtt_us = session_rtt_us(link_session(l));
	}
}

void server_send_stats(struct server *s)
{
	struct event *e = server_event(s, EVENT_STATS);
	struct stats *stats = mem_zalloc(1,
		sizeof(*stats) + s->n_forwards * sizeof(struct stats_forward));
	struct forward *f;
	uint32_t conns = 0;

	stats->links = s->n_ready;
	stats->up_since_ms = s->up_since_ms;
	fill_link_facts(s, stats);
	fill_links(s, stats);
	TAILQ_FOREACH (f, &s->forwards, next) {
		stats->forward[stats->n_forwards++] = (struct stats_forward){
			.forward_id = f->id,
			.state = f->state,
			.connections = f->n_conns,
			.connections_total = f->conns_total,
			.bytes_in = f->bytes_in,
			.bytes_out = f->bytes_out,
			.standby = f->standby,
		};
		conns += f->n_conns;
	}
	/* With none open the control plane may stop asking. */
	s->active_told = conns != 0;
	e->state = s->state;
	e->stats = stats;
	server_emit(s, e);
}

void server_active(struct server *s, uint32_t forward_id)
{
	struct event *e;

	if (s->active_told)
		return;
	s->active_told = true;
	e = server_event(s, EVENT_ACTIVE);
	e->forward_id = forward_id;
	server_emit(s, e);
}

static void list_conns(const struct forward *f, struct conns *to)
{
	for (struct conn *c = TAILQ_FIRST(&f->conns);
		c != NULL && to->n < CONNS_LISTED_MAX; c = conn_next(c))
		conn_info_fill(c, &to->conn[to->n++]);
}

void server_send_conns(struct server *s, uint32_t forward_id, uint32_t request)
{
	struct event *e = server_event(s, EVENT_CONNS);
	uint32_t total = 0, room;
	struct forward *f;

	TAILQ_FOREACH (f, &s->forwards, next)
		if (forward_id == 0 || f->id == forward_id)
			total += f->n_conns;
	room = total < CONNS_LISTED_MAX ? total : CONNS_LISTED_MAX;
	e->conns = mem_zalloc(
		1, sizeof(*e->conns) + room * sizeof(struct conn_info));
	e->conns->request = request;
	e->conns->total = total;
	TAILQ_FOREACH (f, &s->forwards, next)
		if (forward_id == 0 || f->id == forward_id)
			list_conns(f, e->conns);
	e->forward_id = forward_id;
	e->request = request;
	server_emit(s, e);
}

void server_kill_conn(struct server *s, uint64_t id)
{
	struct forward *f;
	struct conn *c;

	TAILQ_FOREACH (f, &s->forwards, next)
		for (c = TAILQ_FIRST(&f->conns); c != NULL; c = conn_next(c))
			if (conn_id(c) == id) {
				conn_reset(c);
				return;
			}
}
