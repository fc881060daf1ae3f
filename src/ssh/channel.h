/*
 * Channels, RFC 4254 §5: direct and forwarded streams, TCP and Unix.
 *
 * A channel belongs to its session. It dies by itself after ops.failed,
 * ops.closed, or channel_close (which ends callbacks at once); the pointer must
 * not be used afterwards. When the session falls or is freed, open channels get
 * ops.closed with `lost` (fall) or nothing (session_free).
 *
 * Sending is in place: channel_reserve gives payload room in the packet under
 * construction, the caller recv()s into it, channel_commit seals it. Received
 * data is handed out by pointer, into the session's input.
 *
 * Flow control. What the caller was given in ops.data counts against the window
 * until channel_consumed. The window starts at 2 MiB and grows up to 15 MiB
 * while the caller keeps up and a round trip carries half a window (OpenSSH
 * ends a channel that gets past its 16 MiB buffer). On the way out, data in
 * flight is held near rate × round-trip time, so that a bulk upload does not
 * fill the path's queues in front of everybody else.
 */
#ifndef TAUPE_SSH_CHANNEL_H
#define TAUPE_SSH_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/err.h"

struct channel;
struct session;

#define CHANNEL_CAP 16384 /* channels of one session */
/* The window of a session's first channels, of further ones, and of those past
 * them: what a server may make us keep for clients that do not read is bounded.
 */
#define CHANNEL_WINDOW_FIRST (2u * 1024 * 1024)
#define CHANNEL_WINDOW_SMALL (256u * 1024)
#define CHANNEL_WINDOW_LEAST (64u * 1024)
#define CHANNEL_FIRST        64
#define CHANNEL_SMALL        1024
#define CHANNEL_WINDOW_MAX   (15u * 1024 * 1024)
/* The longest payload that we take: sshd fills no longer ones, whatever is
 * asked for. */
#define CHANNEL_PACKET_MAX (32u * 1024)

struct channel_ops {
	void (*opened)(void *arg);
	/* RFC 4254 §5.1 reason code, and the server's words made safe. */
	void (*failed)(void *arg, uint32_t reason, const char *text);
	void (*data)(void *arg, const uint8_t *p, size_t n);
	void (*eof)(void *arg);
	/* The peer closed (no more data comes or is taken), or the link fell.
	 */
	void (*closed)(void *arg, bool lost);
	/* channel_reserve gave NULL before; it is worth another try. */
	void (*writable)(void *arg);
};

/* NULL when CHANNEL_CAP is reached or the session is not ready. The originator
 * is what the server may log. */
struct channel *channel_open_tcp(struct session *s, const char *host,
	uint16_t port, const char *originator, uint16_t originator_port,
	const struct channel_ops *ops, void *arg);
struct channel *channel_open_unix(struct session *s, const char *path,
	const struct channel_ops *ops, void *arg);

/* Answers session_ops.forwarded: claimed at once, so that its end is heard of;
 * then, at once or later, accepted or refused. */
void channel_claim(
	struct channel *ch, const struct channel_ops *ops, void *arg);
void channel_accept(struct channel *ch);
void channel_refuse(struct channel *ch, uint32_t reason, const char *text);

/* Room for data, one iovec a packet, at most `max`: returns how many, or 0 when
 * the window is closed or a key exchange runs, of whose end ops.writable tells,
 * or when it is not open any more. */
int channel_reserve(struct channel *ch, struct iovec *iov, int max);
/* Seals and queues the `n` >= 1 bytes that were written there, from the first
 * iovec on, without gaps. */
void channel_commit(struct channel *ch, size_t n);
/* The caller is done with `n` bytes of what ops.data gave. `now_us` as for
 * session_input. */
void channel_consumed(struct channel *ch, size_t n, uint64_t now_us);

void channel_eof(struct channel *ch);   /* no more from us; idempotent */
void channel_close(struct channel *ch); /* no more callbacks */

#endif
