/*
 * A long list in JSON, made shorter before it is parsed: members that nobody
 * reads cost more to build than to step over. Pure.
 */
#ifndef TAUPE_CLI_SKIM_H
#define TAUPE_CLI_SKIM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Appends the array of objects `json` to `out` with only those members of the
 * objects whose name is in `keep`, ended by NULL. False: it is no such array;
 * `out` may hold a part. What is inside of values is not looked at. */
bool skim_list(
	const void *json, size_t n, const char *const *keep, struct buf *out);

#endif
