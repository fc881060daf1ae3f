/*
 * struct session and the calls between the engine's parts: session*.c,
 * version.c, kex.c, global.c, channel.c, flow.c. Private to them.
 */
#ifndef TAUPE_SSH_SESSION_PRIVATE_H
#define TAUPE_SSH_SESSION_PRIVATE_H

#include <sys/queue.h>

#include "base/buf.h"
#include "ssh/channel.h"
#include "ssh/kexdh.h"
#include "ssh/kexinit.h"
#include "ssh/msg.h"
#include "ssh/packet.h"
#include "ssh/session.h"

#define VERSION_MAX 256
#define SAID_MAX    96

enum session_phase {
	PHASE_NEW,
	PHASE_VERSION, /* waiting for the server's version line */
	PHASE_KEX,     /* the first key exchange */
	PHASE_SERVICE, /* waiting for SERVICE_ACCEPT */
	PHASE_AUTH,
	PHASE_READY,
	PHASE_DOWN,
};

enum kex_phase {
	KEX_IDLE,
	KEX_INIT,     /* our KEXINIT is out, theirs has not come */
	KEX_METHOD,   /* the method's messages 30..49 run */
	KEX_HOST_KEY, /* done; the caller looks at the host key */
	KEX_NEWKEYS,  /* our NEWKEYS is out, theirs has not come */
};

struct kex {
	enum kex_phase phase;
	struct buf ours, theirs; /* KEXINIT payloads */
	struct kexinit_choice choice;
	struct kexdh *method;
	struct sealer *next_in, *next_out;
	bool peer_newkeys; /* theirs came while we look at the host key */
	bool strict;       /* settled by the first exchange */
	uint64_t since_us; /* when the keys in use were set */
	struct pubkey *host_key;
	struct buf session_id;
};

/* A global request whose reply is due, in order (RFC 4254 §4). */
struct pending_reply {
	TAILQ_ENTRY(pending_reply) next;
	enum { REPLY_ALIVE, REPLY_FORWARD, REPLY_HOST_KEYS } kind;
	bool is_sent; /* a key exchange does not hold it back any more */
	uint32_t seq; /* of its packet, for UNIMPLEMENTED */
	uint64_t sent_us;
	session_reply_fn *fn;
	void *arg;
	/* FORWARD: where a port of the server's choice was asked for, to give
	 * it back when nobody waits for it any more; or NULL. */
	char *host;
};

struct session {
	const struct session_config *config;
	const struct session_ops *ops;
	void *arg;
	enum session_phase phase;
	uint64_t now_us; /* as the caller said last */
	int doom; /* ERR_X that ends the session at the next safe point */
	struct packet *packet;
	char version[VERSION_MAX]; /* the server's, without line end */
	unsigned pre_version_lines;
	char said[SAID_MAX]; /* the first of them, as far as it came */

	struct kex kex;
	struct auth *auth;
	struct buf sig_algs; /* server-sig-algs that came before the auth */
	/* Payloads that wait for the key exchange to end: u32 length, bytes. */
	struct buf held;
	uint64_t service_sent_us;

	struct channel **channels; /* by local id; NULL: free */
	uint32_t *free_ids;        /* stack of free local ids */
	uint32_t n_slots, n_free, n_channels;
	TAILQ_HEAD(channel_list, channel)
	blocked;                /* channel_reserve gave them NULL */
	uint64_t flight_due_us; /* channel_tick wants to look; 0: not */

	TAILQ_HEAD(, pending_reply) replies;
	unsigned n_alive_replies;  /* of them, REPLY_ALIVE */
	bool host_keys_seen;       /* once a session is enough */
	struct pubkey **host_keys; /* being proven */
	size_t n_host_keys;
	bool *host_key_pending;
	bool has_ping;     /* ping@openssh.com */
	uint32_t ping_seq; /* of the last PING's packet */
	uint32_t rtt_us, min_rtt_us;
	uint64_t last_input_us;
	uint64_t alive_due_us;
	unsigned alive_unanswered;
	uint64_t probe_limit_us; /* 0: no probe runs */
};

/* session.c */
/* Queues a payload; holds it back while a key exchange runs, unless it belongs
 * to it. Never fails: trouble ends the session. */
void session_send(struct session *s, const void *payload, size_t n);
static inline void session_send_buf(struct session *s, struct buf *b)
{
	session_send(s, buf_ptr(b), buf_len(b));
}
/* Ends the session soon, from session_input or session_tick: for trouble that
 * shows where channels are in use. */
void session_doom(struct session *s, int err);
/* session_fail(ERR_PROTOCOL) with words; only from below session_input. */
void session_protocol_error(struct session *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Sends what was held back, lets blocked channels go on. */
void session_kex_ended(struct session *s);
/* The safe point: a doomed session ends here. */
void session_meet_doom(struct session *s);

/* session_auth.c */
/* The first key exchange is over: asks for ssh-userauth. */
void session_auth_begin(struct session *s);
void session_auth_accepted(struct session *s, struct slice payload);

/* session_time.c */
void session_rtt_sample(struct session *s, uint64_t rtt_us);

/* version.c */
void version_send(struct session *s);
/* Looks for the version line in the input. True: it was found. */
bool version_input(struct session *s);
const char *version_ours(void);

/* kex.c */
void kex_start(struct session *s);
void kex_input(struct session *s, struct slice payload);
void kex_done(struct session *s);
/* Whether data, packets or time ask for new keys. */
bool kex_is_due(const struct session *s);
static inline bool kex_runs(const struct session *s)
{
	return s->kex.phase != KEX_IDLE;
}

/* global.c */
void global_request_input(struct session *s, struct slice payload);
void global_reply_input(struct session *s, struct slice payload);
/* A GLOBAL_REQUEST or PING, the first that waited to be, was just sent. */
void global_sent(struct session *s, uint8_t type);
void global_unimplemented_input(struct session *s, struct slice payload);
void global_ext_info(struct session *s, struct slice payload);
void global_ping_input(struct session *s, struct slice payload);
void global_pong_input(struct session *s, struct slice payload);
void global_alive(struct session *s); /* sends a keep-alive */
void global_done(struct session *s);

/* channel.c */
void channel_input(struct session *s, struct slice payload);
void channel_unblock_all(struct session *s);
void channel_table_init(struct session *s);
void channel_table_down(struct session *s, bool tell);

/* flow.c */
/* Lets more into flight on channels to which nothing was given back for long:
 * their peer waits for more than we dared. */
void channel_tick(struct session *s);

#endif
