/* struct link, for link*.c only. */
#ifndef TAUPE_TUNNEL_LINK_PRIVATE_H
#define TAUPE_TUNNEL_LINK_PRIVATE_H

#include <sys/uio.h>

#include "tunnel/dial.h"
#include "tunnel/event.h"
#include "tunnel/identity.h"
#include "tunnel/link.h"
#include "tunnel/peer.h"
#include "tunnel/proxycmd.h"
#include "tunnel/server.h"

/* Packets of one connection that one write takes. */
#define LINK_BATCH_MAX 32
/* Unsent bytes past which connections wait, here, and as many again in the
 * kernel: what the link moves in LINK_QUEUE_US, within bounds. Short, because
 * everything that is said next waits behind it; long enough to keep a fast path
 * full. */
#define LINK_QUEUE_US  2000
#define LINK_QUEUE_MIN (128 * 1024)
#define LINK_QUEUE_MAX (1024 * 1024)
/* What a link has to prove that it lives, after sleep or a new network; and so
 * many of its last round-trip times more, within a bound. */
#define LINK_PROBE_US          1000000
#define LINK_PROBE_RTTS        4
#define LINK_PROBE_SLOW_MAX_US 10000000

enum link_phase {
	LINK_GATHER,
	LINK_DIAL,
	LINK_TALK,
	LINK_READY,
	LINK_DOWN,
	LINK_PHASE_COUNT
};

struct link {
	TAILQ_ENTRY(link) of_server;
	TAILQ_ENTRY(link) dirty; /* lane's list, with is_dirty */
	struct lane *lane;
	struct server *server;
	struct peer *peer;
	struct link *via;
	unsigned number;
	enum link_phase phase;
	enum link_asks asks;
	bool is_dirty;
	enum stage stage; /* that it is at; PERMISSION once it is up */
	uint64_t stage_us;

	struct identity *identity;
	struct known_hosts *known_hosts;
	struct dial *dial;
	struct proxycmd *proxy;
	bool proxy_ended;  /* its output has; its exit status is due */
	struct conn *jump; /* the connection over `via` that carries us */
	unsigned attempts; /* left of ConnectionAttempts */

	struct session_config config;
	char *host_key_algs, *methods; /* of the config */
	struct session *session;
	const struct pubkey *asked_key; /* that a person looks at */

	uv_poll_t poll;
	uv_timer_t timer;
	uv_timer_t ack_timer;
	bool ack_due; /* something came, and nothing was sent since */
	int fd;
	int armed;
	unsigned handles; /* open uv handles */
	uint64_t timer_due_us;
	uint64_t handshake_due_us; /* UINT64_MAX: a person is being asked */

	struct conn_list ready;
	size_t n_conns;
	struct link_traffic traffic;
	struct {
		struct conn *conn;
		int n;
		struct iovec iov[LINK_BATCH_MAX];
	} batch;

	uint64_t up_since_ms, up_mono_ms, idle_since_ms;
	/* bulk detection: bytes of this and of the last tenth of a second */
	uint64_t meter_start_us, meter_bytes, meter_rate;
	bool is_busy;
	size_t queue_max; /* as LINK_QUEUE_US says */
};

/* link.c */
/* The first end wins; tells the server, then closes everything. */
void link_down(struct link *l, const struct trouble *trouble);
/* The socket is connected: the session begins. */
void link_talk(struct link *l, int fd);

/* link_io.c */
int link_io_start(struct link *l, int fd) WARN_UNUSED;
void link_io_arm_timer(struct link *l);
void link_io_flush_last(struct link *l);

/* link_session.c */
extern const struct session_ops link_session_ops;
void link_session_config(struct link *l);

/* link_stage.c */
/* The way to this stage starts now. */
void link_stage_begin(struct link *l, enum stage stage);
/* It is done, if it is not long ago: tells it, and goes on to the next.
 * `detail` may be NULL. */
void link_stage_done(struct link *l, enum stage stage, const char *detail);
void link_stage_key_done(struct link *l, const struct pubkey *key);
/* The link ends for `why`: so does the stage that it is at. */
void link_stage_failed(struct link *l, const struct trouble *why);
/* The link ends before it was up: `t` gets its step, with the words for it. */
void link_stage_explain(const struct link *l, struct trouble *t);
/* The server's version may have come. */
void link_stage_look(struct link *l);

#endif
