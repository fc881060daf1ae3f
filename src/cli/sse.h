/*
 * Server-sent events, cut out of a run of bytes: WHATWG HTML, §9.2.6. Pure.
 */
#ifndef TAUPE_CLI_SSE_H
#define TAUPE_CLI_SSE_H

#include <stddef.h>

#include "base/buf.h"

/* All zero is a fresh one. */
struct sse {
	struct buf line; /* not ended yet */
	struct buf data;
	char event[32];
};

/* `data` is NUL-ended. */
typedef void sse_fn(void *arg, const char *event, const char *data, size_t n);

/* on_event is called for each that is whole. -1: a line or an event is longer
 * than 16 MiB. */
int sse_feed(
	struct sse *s, const void *p, size_t n, sse_fn *on_event, void *arg);
void sse_done(struct sse *s);

#endif
