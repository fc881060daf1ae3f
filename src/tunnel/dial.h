/*
 * One connection out: to a TCP host or a Unix socket, on a libuv loop.
 *
 * Names are resolved off the loop. Several addresses are tried as RFC 8305
 * says: IPv6 and IPv4 in turn, IPv6 first, the next one 250 ms after the last
 * or as soon as one fails; the first that connects wins and the others are
 * closed.
 *
 * A dial belongs to the thread of its loop. Its owner frees it, before its end
 * (which cancels it) or after. The memory goes once the loop has closed its
 * handles, so the loop must run on until then.
 */
#ifndef TAUPE_TUNNEL_DIAL_H
#define TAUPE_TUNNEL_DIAL_H

#include <stdbool.h>

#include <uv.h>

#include "base/err.h"
#include "base/trouble.h"
#include "tunnel/forward_spec.h"

/* More addresses of one name are not tried. */
#define DIAL_ADDRESSES_MAX 16

/* The name was looked up: numeric addresses, sep. by ", ", in the order in
 * which they are tried. Must not call dial_free. */
typedef void dial_resolved_fn(void *arg, const char *addresses);

struct dial_config {
	const struct endpoint *target; /* an empty host is the loopback */
	int family;                    /* AF_UNSPEC, AF_INET, AF_INET6 */
	const char *bind_address;      /* to connect from, numeric; or NULL */
	unsigned timeout_ms; /* for everything, names too; 0: the system's */
	bool keepalive;      /* SO_KEEPALIVE */
	dial_resolved_fn *resolved; /* or NULL */
};

/* The end, once, never from inside dial_start. err 0: `fd` is connected,
 * non-blocking, close-on-exec, with TCP_NODELAY, and the callee's to close;
 * `trouble` is NULL. Otherwise fd is -1 and err is
 *   -ERR_DNS_FAILED, -ERR_HOST_UNREACHABLE, -ERR_CONNECT_REFUSED,
 *   -ERR_CONNECT_TIMEOUT,
 *   -ERR_INVALID: the bind address is none, or of another family,
 *   -ERR_SYSTEM: no descriptor or memory for a socket,
 * and `trouble`, which lives as long as the call, has the arguments host,
 * address (numeric; the one whose failure says most), port, seconds (whole
 * ones, since the start) and detail. May call dial_free. */
typedef void dial_fn(void *arg, int err, int fd, const struct trouble *trouble);

struct dial;

/* `config` and what it points to are copied. */
struct dial *dial_start(uv_loop_t *loop, const struct dial_config *config,
	dial_fn *done, void *arg);

/* Any time; NULL is nothing. `done` is not called any more. */
void dial_free(struct dial *d);

#endif
