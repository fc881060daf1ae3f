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
#include <sys/socket.h>

#include "base/trouble.h"
#include "ssh/prompt.h"
#include "tunnel/forward_spec.h"

/* What endpoint_text of any endpoint fits in, with its NUL. */
#define ENDPOINT_TEXT 264

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
	/* the first connection since the last EVENT_STATS without any: there is
	 * something to ask for */
	EVENT_ACTIVE,
	/* the answer to worker_request_conns */
	EVENT_CONNS,
	/* one step of a test (worker_test_forward), or of a link coming up
	 * (server_config.trace) */
	EVENT_STAGE,
	/* the server is down after worker_stop_server */
	EVENT_STOPPED,
	EVENT_KIND_COUNT
};
const char *event_kind_name(enum event_kind kind);

/* The steps on the way to a working forward, in order. */
enum stage {
	STAGE_DNS,        /* detail: the addresses */
	STAGE_TCP,        /* detail: the address that answered; or the proxy */
	STAGE_BANNER,     /* detail: the server's version */
	STAGE_HOST_KEY,   /* detail: type and fingerprint */
	STAGE_AUTH,       /* detail: the method and key */
	STAGE_PERMISSION, /* the server lets us forward */
	STAGE_TARGET,     /* the destination answers */
	STAGE_COUNT
};
/* "dns", "tcp", "banner", "host_key", "auth", "permission", "target". */
const char *stage_name(enum stage stage);

/* One open connection. */
struct conn_info {
	uint64_t id; /* never used twice in a process */
	uint32_t forward_id;
	uint32_t link_no;  /* 0: waits for a link */
	bool is_open;      /* false: on its way */
	uint64_t since_ms; /* wall clock */
	uint64_t bytes_in, bytes_out;
	uint32_t rtt_us;       /* of its link; 0: unknown */
	uint32_t local_rtt_us; /* of its local socket (TCP_INFO); 0: unknown */
	/* local, dynamic: the client here, and where it came in, for finding
	 * its process. remote: the originator that the server named is
	 * client_text, and the addresses are AF_UNSPEC */
	struct sockaddr_storage client, at;
	uint32_t client_pid; /* a Unix socket's peer; 0: unknown */
	char client_text[ENDPOINT_TEXT];
	char destination[ENDPOINT_TEXT]; /* "127.0.0.1:3306", as asked */
};
#define CONNS_LISTED_MAX 2000
struct conns {
	uint32_t request;
	uint32_t n;     /* listed */
	uint32_t total; /* open now */
	struct conn_info conn[];
};

/* One link of a server's pool. */
struct stats_link {
	uint32_t link_no;
	bool is_ready;
	uint32_t connections;
	uint32_t rtt_us;
	uint64_t up_since_ms;         /* wall clock */
	uint64_t bytes_in, bytes_out; /* of payload */
};

struct stats_forward {
	uint32_t forward_id;
	enum tunnel_state state;
	uint32_t connections; /* open now */
	uint64_t connections_total;
	uint64_t bytes_in; /* from the far side to the local side */
	uint64_t bytes_out;
	bool standby; /* lazy or idle: listens, and lets the link go */
};

#define STATS_LINKS_MAX 64
struct stats {
	uint32_t links;  /* up now */
	uint32_t n_link; /* rows of `link` */
	struct stats_link link[STATS_LINKS_MAX];
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
	bool unattended; /* PROMPT: only what is known already may answer */
	/* PROMPT: the server_config.id of who asks: that of the server, or of
	 * a hop on the way to it; 0: a hop that has none */
	uint32_t asker_id;
	bool standby;      /* FORWARD: listens, waits for a client to connect */
	enum stage stage;  /* STAGE; a failed one has its trouble */
	uint64_t stage_ms; /* STAGE: how long it took */
	bool last;         /* STAGE: the test has ended */
	uint32_t request;  /* STAGE of a test, else 0 */
	struct conns *conns; /* CONNS */
	char *text;          /* BANNER, NOTICE; STAGE's detail; or NULL */
	struct stats *stats; /* STATS */
	struct event *next;  /* queue link */
};

struct event *event_new(enum event_kind kind, uint32_t server_id);
void event_free(struct event *e);

#endif
