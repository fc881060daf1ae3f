/*
 * All routes, and which of them a request takes. Pure; any thread.
 */
#ifndef TAUPE_API_ROUTES_H
#define TAUPE_API_ROUTES_H

#include "api/request.h"
#include "api/target.h"

#define ROUTES_ALLOW 64

enum routes_verdict {
	ROUTES_FOUND,
	ROUTES_NONE,   /* nothing has that path */
	ROUTES_METHOD, /* something has, with other methods: ret_allow */
};

struct routes_found {
	const struct route *route;
	const char *id_text;      /* in the target; NULL: the route has none */
	uint32_t id;              /* 0: text */
	char allow[ROUTES_ALLOW]; /* "GET, HEAD, POST, OPTIONS" */
};

enum routes_verdict routes_find(const char *method, const struct target *target,
	struct routes_found *ret_found);

/* Whether the path is one of the API's, which the page has no part in. */
bool routes_is_api(const struct target *target);

#endif
