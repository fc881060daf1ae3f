#include "cli/import_show.h"

#include <stdio.h>
#include <string.h>

#include "base/catalog.h"
#include "cli/field.h"
#include "cli/table.h"
#include "cli/text.h"
#include "cli/view.h"

static const struct table_column server_columns[] = {
	{"", false, TABLE_WHOLE, 0, 0},
	{"field.server", false, TABLE_END, 12, 0},
	{"field.host", false, TABLE_MIDDLE, 15, 0},
	{"field.user", false, TABLE_END, 6, 2},
	{"field.jump", false, TABLE_END, 8, 3},
};
static const struct table_column forward_columns[] = {
	{"", false, TABLE_WHOLE, 0, 0},
	{"field.forward", false, TABLE_END, 12, 0},
	{"field.type", false, TABLE_WHOLE, 0, 3},
	{"field.local", false, TABLE_MIDDLE, 15, 0},
	{"field.remote", false, TABLE_MIDDLE, 15, 2},
	{"field.server", false, TABLE_END, 8, 4},
};
#define COLUMNS(of) (sizeof(of) / sizeof((of)[0]))

size_t import_show_new(const json_t *rows)
{
	const json_t *row;
	size_t i, n = 0;

	json_array_foreach(rows, i, row) n +=
		strcmp(field_text(row, "action"), "add") == 0 ||
		strcmp(field_text(row, "action"), "rename") == 0;
	return n;
}

static void put_action(struct table *t, const json_t *row)
{
	char key[64];

	snprintf(key, sizeof(key), "import.%s", field_text(row, "action"));
	table_cell(t, catalog_get(key));
	table_cell(t, field_text(row, "name"));
}

static void put_why(struct table *t, const json_t *row)
{
	const json_t *why = field_object(row, "why");

	if (why != NULL)
		table_note(t, field_text(why, "message"));
}

static void put_server(struct table *t, const json_t *row)
{
	const char *host = field_text(row, "host");
	char text[VIEW_PLACE_MAX];

	if (field_int(row, "port") == 0)
		snprintf(text, sizeof(text), "%s", host);
	else
		snprintf(text, sizeof(text),
			strchr(host, ':') != NULL ? "[%s]:%d" : "%s:%d", host,
			(int)field_int(row, "port"));
	put_action(t, row);
	table_cell(t, text);
	table_cell(t, field_text(row, "user"));
	table_cell(t, field_text(row, "jump_server"));
	put_why(t, row);
}

static void put_forward(struct table *t, const json_t *row)
{
	put_action(t, row);
	table_cell(t, view_type(row));
	table_cell(t, view_local(row));
	table_cell(t, view_remote(row));
	table_cell(t, field_text(row, "server"));
	put_why(t, row);
}

/* --only names others. */
static bool is_passed_over(const json_t *row)
{
	const char *action = field_text(row, "action");

	return !field_true(row, "taken") &&
	       (strcmp(action, "add") == 0 || strcmp(action, "rename") == 0);
}

static void print(const json_t *rows, const struct table_column *columns,
	size_t n, void (*put)(struct table *t, const json_t *row))
{
	struct table *t = table_new(columns, (unsigned)n);
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) if (!is_passed_over(row)) put(t, row);
	if (table_rows(t) != 0)
		table_print(t);
	table_free(t);
}

static void print_skipped(const json_t *rows)
{
	char text[TEXT_MAX], line[24];
	const json_t *row;
	size_t i;

	if (json_array_size(rows) != 0)
		puts(catalog_get("import.left_out"));
	json_array_foreach(rows, i, row)
	{
		snprintf(line, sizeof(line), "%d", (int)field_int(row, "line"));
		text_format(text, sizeof(text),
			field_int(row, "line") != 0 ? "import.left_out_line"
						    : "import.left_out_what",
			"line", line, "what", field_text(row, "what"), "why",
			field_text(row, "why"), NULL);
		puts(text);
	}
}

void import_show(const json_t *result)
{
	print(json_object_get(result, "servers"), server_columns,
		COLUMNS(server_columns), put_server);
	print(json_object_get(result, "forwards"), forward_columns,
		COLUMNS(forward_columns), put_forward);
	print_skipped(json_object_get(result, "skipped"));
	fflush(stdout);
}
