/*
 * What the data plane tells the control plane.
 *
 * Events are values: made on a worker's thread, handed over through its queue
 * (worker.h), freed by the control thread with event_free.
 */
#ifndef TAUPE_TUNNEL_EVENT_H
#define TAUPE_TUNNEL_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/trouble.h"
#include "ssh/prompt.h"

/* The state of a forward, and of a server as a whole. */
enum tunnel_state {
	STATE_DISCONNECTED,
	STATE_CONNECTING,
	STATE_CONNECTED,
	STATE_RECONNECTING,
	STATE_ERROR,
	STATE_COUNT
};

/* "disconnected", "connecting" …: the API's words. */
const char *tunnel_state_name(enum tunnel_state state);
/* The table of transitions, for servers and forwards alike. */
bool tunnel_state_may_follow(enum tunnel_state from, enum tunnel_state to);

enum event_kind {
	/* the server's state changed: first link up, last one lost */
	EVENT_SERVER,
	/* one link of the pool came up (up) or went (!up) */
	EVENT_LINK,
	/* a forward's state changed */
	EVENT_FORWARD,
	/* a forward's destination failed; the state stays */
	EVENT_TARGET,
	/* someone must answer `prompt_id` … */
	EVENT_PROMPT,
	/* … no more: answered, or its link fell */
	EVENT_PROMPT_GONE,
	/* the server's banner, in `text` */
	EVENT_BANNER,
	/* `text` is a catalogue key with trouble's arguments */
	EVENT_NOTICE,
	/* the answer to worker_request_stats */
	EVENT_STATS,
	/* the server is down after worker_stop_server */
	EVENT_STOPPED,
	EVENT_KIND_COUNT
};
const char *event_kind_name(enum event_kind kind);

struct stats_forward {
	uint32_t forward_id;
	enum tunnel_state state;
	uint32_t connections; /* open now */
	uint64_t connections_total;
	uint64_t bytes_in; /* from the far side to the local side */
	uint64_t bytes_out;
};

struct stats {
	uint32_t links;       /* up now */
	uint64_t up_since_ms; /* wall clock, of this time up; 0: none is */
	uint32_t rtt_us;      /* last measured; 0: not yet */
	uint32_t n_forwards;
	char cipher[64], kex[64], host_key[64], server_version[128];
	struct stats_forward forward[]; /* n_forwards */
};

struct event {
	enum event_kind kind;
	uint64_t wall_ms;
	uint32_t server_id;
	uint32_t forward_id;     /* 0: none */
	uint32_t link_no;        /* 1…; 0: none */
	enum tunnel_state state; /* SERVER, FORWARD */
	bool up;                 /* LINK */
	/* Why: SERVER, FORWARD in error or reconnecting, LINK down, TARGET. */
	struct trouble trouble;
	uint64_t up_ms;        /* lost: for how long it had been up */
	uint64_t next_try_ms;  /* reconnecting: from now */
	uint16_t bound_port;   /* FORWARD connected: the port that was picked */
	char bound[108];       /* … and the address or path it listens on */
	uint32_t prompt_id;    /* PROMPT, PROMPT_GONE */
	struct prompt *prompt; /* PROMPT */
	char *text;            /* BANNER, NOTICE; or NULL */
	struct stats *stats;   /* STATS */
	struct event *next;    /* queue link */
};

struct event *event_new(enum event_kind kind, uint32_t server_id);
void event_free(struct event *e);

#endif
