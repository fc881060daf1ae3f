/*
 * The API's resources in words for a person. Texts are in the process's
 * language; what is borrowed comes from the resource. Pure but for
 * view_print_json.
 */
#ifndef TAUPE_CLI_VIEW_H
#define TAUPE_CLI_VIEW_H

#include <stddef.h>

#include <jansson.h>

#include "cli/table.h"

#define VIEW_PLACE_MAX 300

/* "Connected", "On standby": of a forward or server. */
const char *view_state(const json_t *resource);
/* Columns of the longest such word. */
size_t view_state_width(void);
/* The colour of that state, "" for none. */
const char *view_colour(const json_t *resource);
/* "●" or "○", or ASCII; "" in a pipe. */
const char *view_dot(const json_t *resource, const struct table_style *style);
/* "Local": a forward's "type". */
const char *view_type(const json_t *forward);
/* A forward's two sides, "" when it has none; with the port that was picked
 * where it listens. */
const char *view_local(const json_t *forward);
const char *view_remote(const json_t *forward);
/* "127.0.0.1:3307 → 127.0.0.1:3306", from where it listens. */
char *view_route(const json_t *forward, bool utf8, char *ret_text, size_t size);
/* The sentence of its error, with what to do; or of the last destination that
 * failed; or "". */
char *view_trouble(const json_t *forward, char *ret_text, size_t size);
/* "12:04:31", with the day when it was another one; "" for null. */
char *view_time(
	const json_t *resource, const char *name, char *ret_text, size_t size);

/* To stdout, indented, a newline behind; gives the exit code. */
int view_print_json(const json_t *json);
/* "Name: value" lines, aligned, with what is empty left out. */
struct view_line {
	const char *key; /* of the catalogue */
	const char *value;
};
void view_print_lines(const struct view_line *lines, size_t n);

#endif
