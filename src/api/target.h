/*
 * What a request is for: the path and the query of its request line, taken
 * apart. RFC 9112 §3.2, RFC 3986. Pure; any thread.
 */
#ifndef TAUPE_API_TARGET_H
#define TAUPE_API_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define TARGET_MAX      4096 /* bytes of the request target */
#define TARGET_SEGMENTS 12
#define TARGET_ARGS     32

struct target {
	char *text; /* the memory of all that follows */
	/* Decoded, without slashes: "/api/v1/x" has three */
	const char *segment[TARGET_SEGMENTS];
	size_t n_segments;
	struct {
		const char *name, *value;
	} arg[TARGET_ARGS];
	size_t n_args;
};

/* `uri` in origin form ("/a/b%20c?d=e"). -ERR_INVALID: another form, an escape
 * that is none, control characters or bytes that are no UTF-8 in what it
 * says, an empty segment, "." or "..", or more of anything than there is room
 * for. A slash at the end makes no difference. */
int target_parse(const char *uri, struct target *ret_target) WARN_UNUSED;
void target_done(struct target *t); /* all zero is fine */

/* The first query argument of that name; "" for one without a value; NULL. */
const char *target_arg(const struct target *t, const char *name);

/* Whether the path is `pattern` ("/api/v1/forwards/{id}/start"), with its one
 * {id} in *ret_id (NULL where the pattern has none). */
bool target_matches(
	const struct target *t, const char *pattern, const char **ret_id);

/* An id as paths have it: 1 … 4294967295 in digits, without zeros in front.
 * 0: it is none. */
uint32_t target_number(const char *text);

#endif
