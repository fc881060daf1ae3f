/*
 * A running forward: its listener here, or its listening on the server; its
 * state; its connections.
 *
 * Local and Dynamic listen from the start and stay bound while the server is
 * away; Remote asks the server for its port each time the first link comes up.
 * A port that can't be had is tried again, less and less often, and one here is
 * told once. One that is lazy, or idle for long, keeps its listener and lets
 * the link go. Worker thread only.
 */
#ifndef TAUPE_TUNNEL_FORWARD_H
#define TAUPE_TUNNEL_FORWARD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <uv.h>

#include "base/trouble.h"
#include "tunnel/allow.h"
#include "tunnel/conn.h"
#include "tunnel/event.h"
#include "tunnel/forward_spec.h"
#include "tunnel/limiter.h"

struct lane;
struct link;
struct listener;
struct server;

struct forward {
	TAILQ_ENTRY(forward) next; /* server's list */
	struct lane *lane;
	struct server *server;
	uint32_t id;
	struct forward_spec spec;
	enum tunnel_state state;
	struct listener *listener;
	struct allow *allow;      /* clients that may connect; NULL: all */
	struct limiter *limiter;  /* NULL: there is none */
	uint64_t last_refused_ms; /* of the last notice of one that may not */
	uv_timer_t retry;         /* for a port that can't be had */
	uv_timer_t patience;      /* for connections that wait */
	uv_timer_t idle;          /* forward_rest.c, as the next three */
	uint64_t idle_since_ms;
	bool rests;       /* needs no link now */
	bool standby;     /* … and has none: it has said so */
	unsigned handles; /* open uv handles */
	bool stopping;
	bool was_up;             /* remote: the server gave the port once */
	unsigned refusals;       /* of its port, in a row */
	struct trouble *no_port; /* what was wrong with it then, or NULL */
	struct link *asked; /* remote: which has, or was asked for, the port */
	bool asking;        /* … and has not answered */
	bool granted;
	uint16_t bound_port;
	struct conn_list conns, pending;
	uint32_t n_conns;
	uint64_t conns_total, bytes_in, bytes_out;
	uint64_t last_target_ms; /* of the last EVENT_TARGET */
	enum err last_target_err;
};

struct forward *forward_new(
	struct server *s, uint32_t id, struct forward_spec *spec);
/* Closes its connections and its port; when all is closed it tells
 * server_forward_gone and frees itself. */
void forward_stop(struct forward *f);

/* A link came up; `first` is the one for remote forwards. */
void forward_link_up(struct forward *f, struct link *first);
/* A link went: what it carried for a remote forward is void, and asked for
 * again on `first`, unless that is NULL: no other is up. */
void forward_link_down(struct forward *f, struct link *l, struct link *first,
	const struct trouble *why);
/* The last link went, or could not come up; there will be another try. */
void forward_server_lost(struct forward *f, const struct trouble *why,
	uint64_t up_ms, uint64_t next_try_ms);
/* A permanent failure of the server. */
void forward_server_failed(struct forward *f, const struct trouble *why);
/* A spec whose forward starts without a link. */
bool forward_spec_rests(const struct forward_spec *spec);
/* Whether the server must be there for it now. */
bool forward_needs_link(const struct forward *f);
/* Brings the state of one that listens here in line with the server's. */
void forward_settle(struct forward *f);
/* A client wants to get through: it needs a link from now on. */
void forward_wake(struct forward *f);
/* Whether a client may connect; one that may not is told of now and then. */
bool forward_admits(struct forward *f, const struct sockaddr_storage *client);
/* The same for one on the server's side. */
bool forward_admits_originator(
	struct forward *f, struct slice originator, bool is_path);
/* Counts its connections. */
void forward_conn_came(struct forward *f);
void forward_conn_gone(struct forward *f);
/* A connection joined `pending`: none waits for ever. */
void forward_watch_pending(struct forward *f);
/* Hands waiting connections to links. */
void forward_serve_waiting(struct forward *f);

/* What a reason of RFC 4254 §5.1, with the server's words, means: ERR_TARGET_…
 */
int forward_target_err(uint32_t reason, const char *text);
/* The server could not open the destination: counts it, tells it (at most once
 * a second for the same reason), and names the error. `host` NULL: the
 * forward's own target. */
int forward_target_failed(struct forward *f, uint32_t reason, const char *text,
	const char *host, uint16_t port);
/* The same for a target on this side, which a SOCKS client may have named. */
void forward_local_failed(struct forward *f, const struct trouble *why,
	const char *host, uint16_t port);
/* Whether a forwarded channel for this listening address is this forward's. */
bool forward_matches(const struct forward *f, struct slice host, uint32_t port,
	bool is_path);
/* … and it was asked for at that very host. */
bool forward_listens_at(const struct forward *f, struct slice host);

/* The same for servers that name port 0, as they were asked, and not the one
 * that they picked: true for any forward that this might mean. */
bool forward_may_match(const struct forward *f, uint32_t port, bool is_path);

#endif
