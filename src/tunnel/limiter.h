/*
 * How fast the connections of a forward may be, together: a token bucket for
 * each direction, refilled by time. A connection that finds its bucket empty
 * stops reading (its socket, or, by not consuming, its channel's window) and
 * waits here for its turn; nothing is lost or put in another order, and an end
 * passes like data. Worker thread only.
 */
#ifndef TAUPE_TUNNEL_LIMITER_H
#define TAUPE_TUNNEL_LIMITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

struct conn;
struct limiter;

enum limiter_way { LIMITER_IN, LIMITER_OUT, LIMITER_WAYS };

/* NULL when neither is limited (0). */
struct limiter *limiter_new(
	uv_loop_t *loop, uint64_t in_bytes_s, uint64_t out_bytes_s);
/* No connection waits any more. The memory goes when the loop has closed its
 * timer. NULL is fine. */
void limiter_free(struct limiter *l);

/* How many of `want` bytes may go now. */
size_t limiter_allows(struct limiter *l, enum limiter_way way, size_t want);
/* They went. */
void limiter_took(struct limiter *l, enum limiter_way way, size_t n);
/* Calls conn_limit_over once there is something for it; asked again for one
 * that waits is nothing. */
void limiter_wait(struct limiter *l, enum limiter_way way, struct conn *c);
/* It waits no more. */
void limiter_leave(struct limiter *l, struct conn *c);

#endif
