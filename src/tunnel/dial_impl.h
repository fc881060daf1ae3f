/*
 * What dial.c (the life cycle, names) and dial_attempt.c (sockets on their way,
 * failures) share. Nobody else includes it.
 */
#ifndef TAUPE_TUNNEL_DIAL_IMPL_H
#define TAUPE_TUNNEL_DIAL_IMPL_H

#include <sys/socket.h>

#include "tunnel/dial.h"

enum dial_state {
	DIAL_STATE_RESOLVING,
	DIAL_STATE_CONNECTING,
	DIAL_STATE_OVER,
	DIAL_STATE_CLOSING,
};

struct attempt {
	struct dial *dial;
	struct sockaddr_storage addr;
	socklen_t addr_len;
	int fd;         /* -1: not started, failed or given away */
	uv_poll_t poll; /* open while fd is not -1 */
};

struct dial {
	uv_loop_t *loop;
	dial_fn *done;
	dial_resolved_fn *resolved;
	void *arg;
	enum dial_state state;
	unsigned holds; /* open handles and requests: these keep the memory */

	char *host; /* or NULL */
	char *path; /* or NULL */
	char port[8];
	int family;
	struct sockaddr_storage bind_addr;
	socklen_t bind_len; /* 0: none is wanted */
	bool keepalive;
	bool bad_bind;
	unsigned timeout_ms;
	uint64_t start_ns;

	uv_getaddrinfo_t resolve;
	uv_timer_t turn; /* what comes next: begin, or the next attempt */
	uv_timer_t deadline;
	struct attempt *attempts;
	size_t n_attempts;
	size_t next; /* the first attempt that was not started */
	size_t live; /* started and not failed */

	int failure;                  /* errno of the failure that says most */
	const struct attempt *failed; /* and whose it was */
};

/* Ends the dial: nothing of it is left but its memory when `done` is called. */
void dial_finish(
	struct dial *d, int err, int fd, const struct trouble *trouble);
/* … with a trouble; `where` may be NULL. */
void dial_fail(struct dial *d, int err, const struct attempt *where,
	const char *detail);
/* Lets go of one hold. */
void dial_release(struct dial *d);

/* Room for `n` attempts. */
void dial_attempt_init(struct dial *d, size_t n);
void dial_attempt_add(struct dial *d, const void *addr, size_t len);
/* Starts the next attempt that does not fail at once; ends the dial when none
 * is left. */
void dial_attempt_next(struct dial *d);
/* Closes what is on its way. */
void dial_attempt_stop(struct dial *d);
/* The one that was started last of those on their way; NULL: none. */
const struct attempt *dial_attempt_last(const struct dial *d);

#endif
