#include "cli/view.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/catalog.h"
#include "base/clean.h"
#include "base/clock.h"
#include "cli/exit_code.h"
#include "cli/field.h"
#include "cli/human.h"
#include "cli/problem.h"

static const struct state_row {
	const char *state;
	const char *key;
	const char *colour;
	bool filled;
} states[] = {
	{"disconnected", "standing.disconnected", "", false},
	{"connecting", "standing.connecting", "\033[33m", true},
	{"connected", "standing.connected", "\033[32m", true},
	{"reconnecting", "standing.reconnecting", "\033[33m", true},
	{"error", "standing.error", "\033[31m", true},
};

static const struct state_row *row_of(const json_t *resource)
{
	const char *state = field_text(resource, "state");

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strcmp(states[i].state, state) == 0)
			return &states[i];
	return &states[0];
}

/* Listens, and connects when somebody comes. */
static bool is_standby(const json_t *resource)
{
	return field_true(resource, "standby");
}

const char *view_state(const json_t *resource)
{
	return catalog_get(is_standby(resource) ? "standing.standby"
						: row_of(resource)->key);
}

size_t view_state_width(void)
{
	size_t width = human_width(catalog_get("standing.standby"));

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (human_width(catalog_get(states[i].key)) > width)
			width = human_width(catalog_get(states[i].key));
	return width;
}

const char *view_colour(const json_t *resource)
{
	return is_standby(resource) ? "\033[32m" : row_of(resource)->colour;
}

const char *view_dot(const json_t *resource, const struct table_style *style)
{
	bool filled = row_of(resource)->filled;

	if (style->columns == 0)
		return "";
	if (style->utf8)
		return filled ? "●" : "○";
	return filled ? "*" : "-";
}

const char *view_type(const json_t *forward)
{
	char key[32];

	snprintf(key, sizeof(key), "type.%s", field_text(forward, "type"));
	return catalog_get(key);
}

static bool is_remote(const json_t *forward)
{
	return strcmp(field_text(forward, "type"), "remote") == 0;
}

/* A port 0 says less than the one that was picked. */
static const char *listening(const json_t *forward, const char *name)
{
	const json_t *ports = json_object_get(
		forward, is_remote(forward) ? "remote_port" : "local_port");
	const char *listen = field_text(forward, "listen");

	if (json_is_integer(ports) && json_integer_value(ports) == 0 &&
		*listen != '\0')
		return listen;
	return field_text(forward, name);
}

const char *view_local(const json_t *forward)
{
	const char *local = is_remote(forward) ? field_text(forward, "local")
					       : listening(forward, "local");

	return is_remote(forward) && *local == '\0' ? "SOCKS" : local;
}

const char *view_remote(const json_t *forward)
{
	const char *remote = is_remote(forward) ? listening(forward, "remote")
						: field_text(forward, "remote");

	return strcmp(field_text(forward, "type"), "dynamic") == 0 ? "SOCKS"
								   : remote;
}

char *view_route(const json_t *forward, bool utf8, char *ret_text, size_t size)
{
	const char *local = view_local(forward), *remote = view_remote(forward);

	snprintf(ret_text, size, "%s %s %s",
		is_remote(forward) ? remote : local, utf8 ? "→" : "->",
		is_remote(forward) ? local : remote);
	return ret_text;
}

char *view_trouble(const json_t *forward, char *ret_text, size_t size)
{
	const json_t *error = field_object(forward, "error");
	struct buf text = BUF_INIT;

	if (error == NULL)
		error = field_object(forward, "last_target_error");
	if (error != NULL)
		problem_text(error, &text);
	clean_line(ret_text, size, buf_ptr(&text), buf_len(&text));
	buf_done(&text);
	return ret_text;
}

char *view_time(
	const json_t *resource, const char *name, char *ret_text, size_t size)
{
	uint64_t at = field_time(resource, name), now = clock_wall_ms();
	char text[HUMAN_MAX] = "", today[HUMAN_MAX];

	if (at != 0) {
		human_clock(text, at, true);
		human_clock(today, now, true);
		/* The first ten letters are the day. */
		if (strncmp(text, today, 10) == 0)
			human_clock(text, at, false);
	}
	snprintf(ret_text, size, "%s", text);
	return ret_text;
}

int view_print_json(const json_t *json)
{
	if (json_dumpf(json, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY) < 0)
		return EXIT_CODE_OTHER;
	return putchar('\n') == EOF ? EXIT_CODE_OTHER : 0;
}

void view_print_lines(const struct view_line *lines, size_t n)
{
	char value[1024];
	size_t width = 0;

	for (size_t i = 0; i < n; i++)
		if (*lines[i].value != '\0' &&
			human_width(catalog_get(lines[i].key)) > width)
			width = human_width(catalog_get(lines[i].key));
	for (size_t i = 0; i < n; i++) {
		const char *label = catalog_get(lines[i].key);

		if (*lines[i].value == '\0')
			continue;
		clean_line(value, sizeof(value), lines[i].value,
			strlen(lines[i].value));
		printf("%s%*s  %s\n", label, (int)(width - human_width(label)),
			"", value);
	}
}
