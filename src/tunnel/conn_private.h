/* struct conn, for conn*.c only. */
#ifndef TAUPE_TUNNEL_CONN_PRIVATE_H
#define TAUPE_TUNNEL_CONN_PRIVATE_H

#include <uv.h>

#include "base/buf.h"
#include "ssh/channel.h"
#include "tunnel/conn.h"
#include "tunnel/dial.h"
#include "tunnel/forward.h"
#include "tunnel/limiter.h"
#include "tunnel/link.h"
#include "tunnel/socks.h"

enum conn_state {
	CONN_SOCKS,   /* the client says where it wants to go */
	CONN_WAITING, /* for a link */
	CONN_OPENING, /* for the server to open the channel */
	CONN_DIALING, /* forwarded: for the target here to answer */
	CONN_OPEN,
	CONN_DRAINING, /* the channel is gone; its last bytes are not written */
	CONN_CLOSED,
};

struct conn {
	TAILQ_ENTRY(conn) of_forward;
	TAILQ_ENTRY(conn) ready;   /* link's list, with is_ready */
	TAILQ_ENTRY(conn) pending; /* forward's list, with is_pending */
	TAILQ_ENTRY(conn) limited[LIMITER_WAYS]; /* limiter's, with waits */
	struct lane *lane;
	struct forward *forward; /* NULL for a jump */
	struct link *link;       /* from OPENING on */
	struct channel *channel;
	struct limiter *limiter; /* its forward's, or NULL */
	uv_poll_t poll;
	int fd;    /* -1: none yet */
	int armed; /* UV_READABLE | UV_WRITABLE */
	enum conn_state state;
	bool has_poll;
	bool is_ready;
	bool is_pending;
	bool waits[LIMITER_WAYS];
	bool is_forwarded; /* from the server's side */
	bool local_eof;    /* the socket has no more */
	bool remote_eof;   /* the channel has no more */
	bool shut;         /* the socket was told so */
	bool is_bulk;      /* its last read filled a packet */
	uint16_t originator_port;
	unsigned n_falls;  /* of links, before the channel was open */
	uint64_t since_ms; /* of the state that it waits in */
	uint64_t id, born_ms;
	uint64_t bytes_in, bytes_out;
	struct link_traffic *traffic; /* its link's, while it has one */
	struct buf queue;             /* from the channel, not yet written */
	struct buf
		early; /* from the client, read before the channel was open */
	struct socks *socks; /* while it matters */
	struct dial *dial;
	struct link
		*jumper; /* the link that this connection carries, or NULL */
	char *originator;
	char *asked; /* what a SOCKS client asked for, or NULL */
};

/* conn.c */
struct conn *conn_new(struct lane *lane, struct forward *f, int fd);
/* Its bytes go over `link` from now on. */
void conn_set_link(struct conn *c, struct link *link);
void conn_leave_link(struct conn *c);
void conn_arm(struct conn *c, int events);
/* Adopts `fd` as the local side. */
void conn_set_fd(struct conn *c, int fd);
void conn_close(struct conn *c); /* orderly, as far as it went */
void conn_set_pending(struct conn *c, bool pending);
/* The channel is refused: tells the client, ends. */
void conn_refused(struct conn *c, int err);

/* conn_channel.c */
extern const struct channel_ops conn_channel_ops;
/* Looks for a link, or waits for one. */
void conn_find_link(struct conn *c);

/* conn_relay.c */
void conn_relay_start(struct conn *c);
void conn_relay_event(struct conn *c, int events);
/* Nothing (or no more) comes from the channel: ends what can end. */
void conn_relay_settle(struct conn *c);
/* It has waited for its limit; there may be room now. */
void conn_limit_over(struct conn *c, enum limiter_way way);

/* conn_socks.c */
void conn_socks_start(struct conn *c);
void conn_socks_readable(struct conn *c);
void conn_socks_channel_data(struct conn *c, const uint8_t *p, size_t n);
/* Tells the SOCKS or HTTP client how it went, and forgets the handshake. */
void conn_socks_answer(struct conn *c, int err);
/* Closes the connection, but lets a last answer go first. */
void conn_socks_end(struct conn *c);

/* conn_forwarded.c */
void conn_forwarded_dial(struct conn *c, const struct endpoint *target);

#endif
