/* struct server, for server*.c only. */
#ifndef TAUPE_TUNNEL_SERVER_PRIVATE_H
#define TAUPE_TUNNEL_SERVER_PRIVATE_H

#include "tunnel/server.h"

/* The first pause before another try; it doubles up to half a minute. */
#define SERVER_BACKOFF_FIRST_MS 500

TAILQ_HEAD(forward_list, forward);

struct ask {
	TAILQ_ENTRY(ask) next;
	uint32_t id;
	struct link *link;
};

struct server {
	struct lane *lane;
	struct server_config *config;
	struct peer target;
	struct peer *hops;       /* config->n_jumps of them */
	struct link **hop_links; /* NULL where none is */
	struct link_of_server links;
	unsigned n_links; /* of the pool, not down */
	unsigned n_ready;
	unsigned n_bodies; /* links and trials whose memory is still there */
	unsigned next_number;
	struct forward_list forwards;
	unsigned n_forwards;
	enum tunnel_state state;
	uv_timer_t retry, trim;
	unsigned handles;
	uint64_t backoff_ms;
	unsigned refusals; /* of the port, in a row */
	unsigned falls;    /* soon after it was up, in a row */
	uint64_t lost_ms;  /* when the pause before the next try began */
	bool is_denied;    /* it waits as the server does not let us in */
	uint64_t
		up_since_ms; /* wall clock, of the first link of this time up */
	uint64_t up_mono_ms;
	uint64_t no_growth_until_ms;
	bool ever_up, stopping, wanted;
	bool pinned; /* a link is wanted even without a forward */
	struct trial_list trials;
	bool active_told; /* EVENT_ACTIVE has gone out */
	TAILQ_HEAD(, ask) asks;
	uint32_t next_prompt_id;
};

/* server.c */
void server_set_state(struct server *s, enum tunnel_state state,
	const struct trouble *why, uint64_t up_ms, uint64_t next_try_ms);
/* Brings up the next thing that is missing on the way to a first link. */
void server_advance(struct server *s);
bool server_link_has_remote(const struct server *s, const struct link *l);
/* Frees it when nothing is left. */
void server_maybe_gone(struct server *s);

/* server_retry.c */
/* The last link fell, or the first could not come up: now, later, or no more.
 */
void server_come_back(struct server *s, const struct trouble *why);
/* A client waits for a link: a long pause ends sooner. */
void server_demand(struct server *s);

/* server_need.c */
/* Something needs it: it connects, if it was at rest. */
void server_want(struct server *s);
/* Whether a link has to be up for anything. */
bool server_is_needed(const struct server *s);

/* server_trials.c */
/* A link is up for those that wait. */
void server_serve_trials(struct server *s);
/* `l` went, or (NULL) none came up for those that wait; `why` NULL: as wanted.
 */
void server_lose_trials(
	struct server *s, const struct link *l, const struct trouble *why);
void server_stop_trials(struct server *s);

/* server_ask.c */
/* The link is gone: nobody waits for the answers to its questions. */
void server_forget_asks(struct server *s, struct link *l);

/* pool.c */
void pool_add(struct server *s, enum link_asks asks);
void pool_stop_all(struct server *s, const struct trouble *why);
/* A further link could not come up. */
void pool_growth_failed(struct server *s);
void pool_maybe_grow(struct server *s);
void pool_trim_later(struct server *s);

#endif
