/*
 * Errors as application/problem+json. RFC 9457. Pure; any thread.
 */
#ifndef TAUPE_API_PROBLEM_H
#define TAUPE_API_PROBLEM_H

#include <jansson.h>

#include "base/catalog.h"
#include "base/trouble.h"
#include "daemon/control.h"

/* `fields` may be NULL. */
json_t *problem_json(const struct trouble *t,
	const struct control_fields *fields, enum lang lang);

#endif
