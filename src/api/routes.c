#include "api/routes.h"

#include <stdio.h>
#include <string.h>

static const struct route *const tables[] = {
	routes_access,
	routes_connections,
	routes_events,
	routes_forwards,
	routes_import,
	routes_known_hosts,
	routes_prompts,
	routes_servers,
	routes_settings,
	routes_status,
	routes_stream,
	routes_tests,
};
#define TABLES (sizeof(tables) / sizeof(tables[0]))

static bool fits(const struct route *route, const struct target *target,
	struct routes_found *f)
{
	if (!target_matches(target, route->pattern, &f->id_text))
		return false;
	f->id = f->id_text != NULL ? target_number(f->id_text) : 0;
	return f->id_text == NULL || f->id != 0 ||
	       (route->flags & ROUTE_TEXT_ID) != 0;
}

static bool takes(const struct route *route, const char *method)
{
	return strcmp(route->method, method) == 0 ||
	       (strcmp(route->method, "GET") == 0 &&
		       strcmp(method, "HEAD") == 0);
}

static void add_allow(struct routes_found *f, const char *method)
{
	size_t at = strlen(f->allow);

	snprintf(f->allow + at, sizeof(f->allow) - at, "%s%s%s",
		at != 0 ? ", " : "", method,
		strcmp(method, "GET") == 0 ? ", HEAD" : "");
}

enum routes_verdict routes_find(const char *method, const struct target *target,
	struct routes_found *ret_found)
{
	struct routes_found f = {0};

	for (size_t i = 0; i < TABLES; i++)
		for (const struct route *route = tables[i];
			route->method != NULL; route++) {
			if (!fits(route, target, &f))
				continue;
			if (takes(route, method)) {
				f.route = route;
				*ret_found = f;
				return ROUTES_FOUND;
			}
			add_allow(&f, route->method);
		}
	if (*f.allow == '\0')
		return ROUTES_NONE;
	add_allow(&f, "OPTIONS");
	*ret_found = f;
	return ROUTES_METHOD;
}

bool routes_is_api(const struct target *target)
{
	return target->n_segments > 0 && strcmp(target->segment[0], "api") == 0;
}
