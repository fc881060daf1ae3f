/*
 * Query arguments that are more than texts. What is wrong is collected as for
 * fields; the handler answers. Control thread.
 */
#ifndef TAUPE_API_QUERY_H
#define TAUPE_API_QUERY_H

#include "api/request.h"

/* A whole number up to `max`; `initial` when it is not given. */
uint64_t query_number(const struct request *r, const char *name, uint64_t max,
	uint64_t initial, struct control_fields *fields);
/* An id; 0: not given. */
uint32_t query_id(const struct request *r, const char *name,
	struct control_fields *fields);
/* RFC 3339 ("2026-01-31T12:00:00Z", with or without milliseconds, with any
 * offset), in milliseconds of Unix time; 0: not given. */
uint64_t query_time(const struct request *r, const char *name,
	struct control_fields *fields);
/* A text of `words`, which NULL ends; NULL: not given. */
const char *query_word(const struct request *r, const char *name,
	const char *const *words, struct control_fields *fields);

/* Answers with what is wrong, if anything is. */
bool query_is_wrong(struct request *r, const struct control_fields *fields);

/* The time that a text says; false: it says none. */
bool query_parse_time(const char *text, uint64_t *ret_wall_ms);

#endif
