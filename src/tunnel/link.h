/*
 * A link: one live SSH connection to a server (or to a hop on the way to it).
 *
 *   GATHER (keys, known hosts) → DIAL (TCP, ProxyCommand, or a channel of the
 *   hop before) → TALK (version, keys, authentication) → READY → DOWN
 *
 * The link owns its session and its socket, runs the bytes between them, and
 * lets its ready connections take turns. server.c decides which links there
 * are; a link reports to it with server_link_ready and server_link_down (once),
 * after which it frees itself when its handles are closed. Worker thread only.
 */
#ifndef TAUPE_TUNNEL_LINK_H
#define TAUPE_TUNNEL_LINK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <uv.h>

#include "base/trouble.h"
#include "ssh/session.h"
#include "tunnel/conn.h"
#include "tunnel/lane.h"

struct peer;
struct server;

/* Whom a link's questions are for. */
enum link_asks {
	LINK_ASKS_NOBODY,  /* it comes up without, or not */
	LINK_ASKS_MACHINE, /* only what is known already may answer */
	LINK_ASKS_PERSON,
};

/* `via` is the READY link to jump over, or NULL. `number` 0: a hop. */
struct link *link_new(struct server *server, struct peer *peer,
	struct link *via, unsigned number, enum link_asks asks);
/* Ends it: orderly where it can. server_link_down is called if it was not yet;
 * trouble NULL: as wanted. */
void link_stop(struct link *l, const struct trouble *trouble);

struct lane *link_lane(const struct link *l);
struct peer *link_peer(const struct link *l);
struct link *link_via(const struct link *l);
struct session *link_session(const struct link *l);
unsigned link_number(const struct link *l);
enum link_asks link_asks(const struct link *l);
bool link_is_ready(const struct link *l);
uint64_t link_up_since_ms(const struct link *l);   /* wall clock; 0: not up */
uint64_t link_up_ms(const struct link *l);         /* how long */
uint64_t link_idle_since_ms(const struct link *l); /* uv_now; 0: in use */
/* Carries bulk traffic now: keep others off it. */
bool link_is_busy(const struct link *l);

TAILQ_HEAD(link_of_server, link);
/* The server's list of its pool. */
void link_insert(struct link *l, struct link_of_server *list);
void link_remove(struct link *l, struct link_of_server *list);
struct link *link_next(const struct link *l);

/* ---- connections ---- */
/* The payload of its connections, who add to it. It lives as long as the link
 * carries one. */
struct link_traffic {
	uint64_t bytes_in, bytes_out;
};
struct link_traffic *link_traffic(struct link *l);
size_t link_conns(const struct link *l);
/* Others wait for their turn, here or on the lane's other links: turns are
 * short then. */
bool link_is_shared(const struct link *l);
void link_conn_added(struct link *l);
void link_conn_gone(struct link *l, struct conn *c);
/* The connection has something to send. False: it was in line already. */
bool link_conn_ready(struct link *l, struct conn *c);
/* Data for a connection, from inside session_input: runs of packets for the
 * same one are written at once. The bytes live until session_input returns. */
void link_deliver(struct link *l, struct conn *c, const uint8_t *p, size_t n);
void link_deliver_flush(struct link *l, struct conn *c);

/* Sees to it that the link's connections fill packets, and that these are sent,
 * in this turn of the loop. */
void link_dirty(struct link *l);
/* Does so for all that are dirty; called by lane.c. One that becomes dirty
 * meanwhile waits for the next turn. */
void link_pump_dirty(struct lane *lane);

/* ---- jumps ---- */
void link_jump_opened(struct link *l);
void link_jump_failed(struct link *l, uint32_t reason, const char *text);
void link_jump_gone(struct link *l);

/* ---- prompts ---- */
/* The answer to the prompt that the link raised; NULL: cancelled. */
void link_answer(struct link *l, const struct secret *answers, size_t n);

/* Proves that it is alive within a second or goes down. */
void link_probe(struct link *l);

#endif
