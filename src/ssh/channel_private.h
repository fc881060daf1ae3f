/*
 * struct channel, for channel.c (life) and flow.c (windows). Private to them.
 */
#ifndef TAUPE_SSH_CHANNEL_PRIVATE_H
#define TAUPE_SSH_CHANNEL_PRIVATE_H

#include "ssh/channel.h"
#include "ssh/session_private.h"

enum channel_life {
	LIFE_OPENING, /* our OPEN is out */
	LIFE_ASKED,   /* theirs is in, not answered */
	LIFE_OPEN,
	LIFE_CLOSING, /* our CLOSE is out, theirs is due */
};

/* One direction, as in OpenSSH's nchan. */
enum channel_flow { FLOW_OPEN, FLOW_EOF };

/* What a direction moved in its current epoch, about a round trip. */
struct flow_epoch {
	uint64_t start_us;
	uint64_t bytes;
};

struct channel {
	TAILQ_ENTRY(channel) blocked; /* with is_blocked */
	struct session *session;
	const struct channel_ops *ops; /* NULL: nobody listens */
	void *arg;
	uint32_t id, recipient; /* our number, theirs (RFC 4254's recipient) */
	enum channel_life life;
	enum channel_flow in, out;
	bool is_blocked;

	/* receiving */
	uint32_t in_window;       /* what the peer may still send */
	uint32_t in_window_first; /* outside the budget */
	uint32_t in_window_max;   /* what we let it have at once */
	uint32_t in_credit;       /* consumed, not yet given back */
	struct flow_epoch in_epoch;

	/* sending */
	uint32_t out_window;     /* what we may still send */
	uint32_t out_packet_max; /* payload in one packet */
	uint64_t out_in_flight;  /* sent, not yet given back to the window */
	uint64_t out_flight_max; /* held near rate × round trip */
	uint32_t out_step;       /* what is given back at once, lately */
	uint64_t out_given_us;   /* when something was given back last */
	struct flow_epoch out_epoch;
	bool out_limited; /* the window or the flight held us up this epoch */
};

/* flow.c */
void flow_init(struct channel *ch);
/* `n` bytes of data came. False: more than the window allowed. */
bool flow_received(struct channel *ch, size_t n);
/* WINDOW_ADJUST came. False: the window would pass 2^32 - 1. */
bool flow_adjusted(struct channel *ch, uint32_t n);
/* Gives the grown part of the window back to the budget. */
void flow_done(struct channel *ch);
void flow_unblock(struct channel *ch);

#endif
