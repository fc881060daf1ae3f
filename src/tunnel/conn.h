/*
 * One connection: a local stream socket on one side, a channel on the other,
 * and what is between them. pgbouncer's and OpenSSH's lessons: bounded both
 * ways, half-close exact, nothing lost.
 *
 *   client accepted:  [SOCKS →] WAITING → OPENING → OPEN → [DRAINING →] CLOSED
 *   server forwarded: [SOCKS →] DIALING → OPEN → [DRAINING →] CLOSED
 *
 * To the channel: link_pump takes ready connections in turn and lets each read
 * one packet's worth from its socket, into the packet itself (conn_pull). From
 * the channel: data goes from the link's input straight to the socket; what the
 * socket can't take is queued here, and counts against the window until it is
 * written.
 *
 * A connection owns itself and its socket; it leaves its forward's list and its
 * link when it closes. Worker thread only.
 */
#ifndef TAUPE_TUNNEL_CONN_H
#define TAUPE_TUNNEL_CONN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/rd.h"

struct channel;
struct conn;
struct conn_info;
struct forward;
struct link;

TAILQ_HEAD(conn_list, conn);

/* A client of a local or dynamic forward came in on `fd`, now ours. */
void conn_accepted(
	struct forward *f, int fd, const struct sockaddr_storage *peer);
/* As conn_accepted for a socket of our own: `jumper` reaches `host`:`port` over
 * `link`. It hears link_jump_failed when the server refuses and link_jump_gone
 * when the connection ends, until conn_forget_jumper. NULL: no channel could be
 * opened, and the socket is closed. */
struct conn *conn_jump(struct link *link, struct link *jumper, int fd,
	const char *host, uint16_t port);
void conn_forget_jumper(struct conn *c);
/* The server opened a channel for a remote forward. */
void conn_forwarded(struct forward *f, struct link *link, struct channel *ch,
	struct slice originator, uint32_t originator_port);

/* A link is there for a waiting connection. */
void conn_link_ready(struct conn *c, struct link *link);
/* Gives up waiting for `err` (ERR_TIMEOUT, ERR_LINK_LOST …). */
void conn_give_up(struct conn *c, int err);
bool conn_is_waiting(const struct conn *c);
/* Ends it when it has waited for a link (or for its client to finish), or for
 * the client's request, for longer than that. `now_ms` is uv_now(). */
void conn_out_of_patience(
	struct conn *c, uint64_t now_ms, uint64_t link_ms, uint64_t request_ms);
/* The next of the forward's pending list. */
struct conn *conn_next_pending(struct conn *c);

/* The link's list of connections whose turn comes. False: it was there. */
bool conn_set_ready(struct conn *c, struct conn_list *list);
void conn_unready(struct conn *c, struct conn_list *list);

/* Takes data from the channel: writes it to the socket, queues the rest. */
void conn_take(struct conn *c, struct iovec *iov, int n);

enum conn_pull {
	CONN_PULL_MORE,    /* one packet went; there may be more */
	CONN_PULL_DRAINED, /* nothing more for now */
};
/* Reads one packet's worth from the socket into the channel. */
enum conn_pull conn_pull(struct conn *c);

/* Ends it at once: both sides see a reset. */
void conn_reset(struct conn *c);

/* Never used twice in a process. */
uint64_t conn_id(const struct conn *c);
/* The next of its forward's list. */
struct conn *conn_next(struct conn *c);
/* What is known of it, now. */
void conn_info_fill(const struct conn *c, struct conn_info *ret_info);

#endif
