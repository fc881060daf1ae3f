/*
 * Every route of the program is in docs/openapi.json, and every path there is a
 * route. The first argument is the document.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/request.h"

static const char *document_path;
static json_t *paths;

static const struct route *const tables[] = {routes_access, routes_connections,
	routes_events, routes_forwards, routes_import, routes_known_hosts,
	routes_prompts, routes_servers, routes_settings, routes_status,
	routes_stream, routes_tests};
#define TABLES (sizeof(tables) / sizeof(tables[0]))

static int read_document(void **state)
{
	json_error_t error;
	json_t *document = json_load_file(document_path, 0, &error);

	if (document == NULL)
		print_error("%s: %s\n", document_path, error.text);
	paths = json_incref(json_object_get(document, "paths"));
	json_decref(document);
	return paths == NULL ? -1 : 0;
}

static int drop_document(void **state)
{
	json_decref(paths);
	return 0;
}

static void lower(char *text)
{
	for (; *text != '\0'; text++)
		*text = (char)tolower((unsigned char)*text);
}

static void every_route_is_documented(void **state)
{
	unsigned missing = 0;

	for (size_t i = 0; i < TABLES; i++)
		for (const struct route *r = tables[i]; r->method; r++) {
			const json_t *path = json_object_get(paths, r->pattern);
			char method[16];

			snprintf(method, sizeof(method), "%s", r->method);
			lower(method);
			if (json_object_get(path, method) != NULL)
				continue;
			print_error("%s %s\n", r->method, r->pattern);
			missing++;
		}
	assert_int_equal(missing, 0);
}

static bool is_route(const char *method, const char *path)
{
	for (size_t i = 0; i < TABLES; i++)
		for (const struct route *r = tables[i]; r->method; r++)
			if (strcasecmp(r->method, method) == 0 &&
				strcmp(r->pattern, path) == 0)
				return true;
	return false;
}

static void every_path_is_a_route(void **state)
{
	const char *path, *method;
	json_t *methods, *operation;
	unsigned wrong = 0;

	json_object_foreach (paths, path, methods)
		json_object_foreach (methods, method, operation)
			if (!is_route(method, path)) {
				print_error("%s %s\n", method, path);
				wrong++;
			}
	assert_int_equal(wrong, 0);
}

/* Without a login only what is marked so is answered. */
static void public_routes_are_marked(void **state)
{
	for (size_t i = 0; i < TABLES; i++)
		for (const struct route *r = tables[i]; r->method; r++) {
			const json_t *security;
			char method[16];

			snprintf(method, sizeof(method), "%s", r->method);
			lower(method);
			security = json_object_get(
				json_object_get(
					json_object_get(paths, r->pattern),
					method),
				"security");
			assert_int_equal(r->scope == ROUTE_PUBLIC,
				json_is_array(security));
		}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_route_is_documented),
		cmocka_unit_test(every_path_is_a_route),
		cmocka_unit_test(public_routes_are_marked),
	};

	if (argc != 2)
		return EXIT_FAILURE;
	document_path = argv[1];
	return cmocka_run_group_tests(tests, read_document, drop_document);
}
