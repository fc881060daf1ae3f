/*
 * Whether a request may be heard: where it comes from, and what its bearer may
 * do. docs/api.md "Access". Control thread.
 */
#ifndef TAUPE_API_GUARD_H
#define TAUPE_API_GUARD_H

#include "api/request_private.h"

/* Of every request: the Unix socket's peer, or the Host header. */
int guard_origin(const struct request *r, struct trouble *trouble) WARN_UNUSED;

/* What the route wants. Sets r->grant. */
int guard_route(struct request *r, const struct route *route,
	struct trouble *trouble) WARN_UNUSED;

#endif
