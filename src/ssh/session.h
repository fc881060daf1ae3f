/*
 * The engine's face: one SSH-2 client session over bytes. RFC 4253, 4252, 4254.
 *
 * Sans-I/O: no socket, no clock, no thread. The owner asks where to put
 * received bytes (session_input_space), says how many came (session_input),
 * sends what session_output lists, and passes the time. It runs over a TCP
 * socket, a pipe or a channel of another session alike.
 *
 *   session_new → session_start → [version, key exchange, ops.host_key?,
 *   authentication, ops.ask?…] → ops.ready → channels, requests … → ops.down
 *
 * ops.down comes exactly once, for every end but session_free. Callbacks run
 * inside session_* and channel_* calls; they may call back in, except
 * session_free. One thread. Times are microseconds of any monotonic clock.
 */
#ifndef TAUPE_SSH_SESSION_H
#define TAUPE_SSH_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/err.h"
#include "base/rd.h"
#include "base/secret.h"
#include "base/trouble.h"
#include "ssh/auth.h"
#include "ssh/kexinit.h"
#include "ssh/prompt.h"
#include "ssh/pubkey.h"

struct channel;
struct session;

/* What receive windows may grow beyond their first size, shared by the sessions
 * of one thread. */
struct window_budget {
	uint64_t limit_bytes, used_bytes;
};

struct session_config {
	struct kexinit_proposal proposal;
	uint64_t rekey_bytes;      /* 0: the ciphers' own limit */
	uint32_t rekey_s;          /* 0: never by time */
	uint32_t alive_interval_s; /* 0: no keep-alive */
	uint32_t alive_count_max;
	bool update_host_keys; /* learn hostkeys-00@openssh.com */
	struct auth_config auth;
	struct window_budget *budget;
};

struct session_ops {
	/* The server proved that it holds `key`. Nothing more is sent before
	 * session_accept_host_key or session_fail (inside the callback, or
	 * later). */
	void (*host_key)(void *arg, const struct pubkey *key);
	/* As auth_ops; answered by session_answer, session_agent_signed. */
	void (*ask)(void *arg, struct prompt *prompt);
	void (*agent_sign)(void *arg, struct slice key_blob, struct slice data,
		const char *alg);
	void (*banner)(void *arg, const char *text);
	void (*learned)(void *arg, enum prompt_kind kind, const char *about,
		const struct secret *secret);
	/* Authenticated: channels may be opened. */
	void (*ready)(void *arg, const char *method, const char *how);
	/* The server opens a forwarded-tcpip or forwarded-streamlocal channel
	 * (`is_path`: `host` is the socket's): channel_claim it, then now or
	 * later channel_accept or channel_refuse. Slices live until the
	 * return. */
	void (*forwarded)(void *arg, struct channel *ch, struct slice host,
		uint32_t port, bool is_path, struct slice originator,
		uint32_t originator_port);
	/* Whether the key still has to be proven (UpdateHostKeys); false: the
	 * caller has it on record. */
	bool (*host_key_is_new)(void *arg, const struct pubkey *key);
	/* Every host key that the server has, proven. Borrowed. */
	void (*host_keys)(
		void *arg, const struct pubkey *const *keys, size_t n);
	/* The end. `trouble` lives until the return. */
	void (*down)(void *arg, int err, const struct trouble *trouble);
	/* There is output although nobody called session_input: see to sending
	 * it soon. Cheap, called often. */
	void (*output)(void *arg);
};

/* `config` must outlive the session (its strings and keys too). */
struct session *session_new(const struct session_config *config,
	const struct session_ops *ops, void *arg);
void session_free(struct session *s); /* channels get no callbacks */

void session_start(struct session *s, uint64_t now_us);

/* ---- bytes ---- */
uint8_t *session_input_space(struct session *s, size_t *ret_len);
/* `n` bytes came; handles every whole packet. After ops.down it is a no-op. */
void session_input(struct session *s, size_t n, uint64_t now_us);
/* The transport ended: `why` as the system says it. */
void session_input_end(struct session *s, const char *why);

int session_output(const struct session *s, struct iovec *iov, int max);
size_t session_output_bytes(const struct session *s);
void session_output_done(struct session *s, size_t n);

/* ---- time ---- */
/* When session_tick wants to be called next; UINT64_MAX: not. */
uint64_t session_deadline_us(const struct session *s);
void session_tick(struct session *s, uint64_t now_us);

/* ---- answers ---- */
/* `now_us` as for session_input: a person may have taken long to look. */
void session_accept_host_key(struct session *s, uint64_t now_us);
void session_answer(struct session *s, const struct secret *answers, size_t n);
void session_agent_signed(struct session *s, struct slice signature);

/* ---- ends ---- */
/* Ends the session for `err` (ERR_HOST_KEY_CHANGED …): says DISCONNECT with a
 * fitting reason, then ops.down. `trouble` NULL: the code alone. */
void session_fail(struct session *s, int err, const struct trouble *trouble);
/* The orderly end: DISCONNECT by application, then ops.down with 0. */
void session_disconnect(struct session *s);

/* ---- facts ---- */
bool session_is_ready(const struct session *s);
bool session_is_down(const struct session *s);
/* The key exchange runs: channels take no data. */
bool session_is_rekeying(const struct session *s);
uint32_t session_rtt_us(const struct session *s); /* last; 0: none yet */
const char *session_server_version(const struct session *s);
/* The first line that came before the version, or what came of it, if it is
 * text; "" when nothing did. The peer's words: not for a terminal as they are.
 */
const char *session_server_said(const struct session *s);
const char *session_cipher(const struct session *s);
const char *session_kex(const struct session *s);
const char *session_host_key_alg(const struct session *s);
size_t session_channels(const struct session *s);

/* ---- requests, RFC 4254 §7, PROTOCOL §2.4 ---- */
/* `port`: what the server picked when 0 was asked. */
typedef void session_reply_fn(void *arg, bool success, uint32_t port);
/* `path` NULL: tcpip-forward of host and port. ops.ready must have come. A
 * session that falls calls nothing. */
void session_forward(struct session *s, const char *path, const char *host,
	uint32_t port, session_reply_fn *reply, void *arg);
void session_cancel_forward(struct session *s, const char *path,
	const char *host, uint32_t port, session_reply_fn *reply, void *arg);
/* Forgets the callbacks of `arg`: it dies before the server answers. */
void session_forget(struct session *s, void *arg);
/* Asks the server for a sign of life now; one that does not come within
 * `limit_us` is ERR_LINK_LOST. */
void session_probe(struct session *s, uint64_t now_us, uint64_t limit_us);

#endif
