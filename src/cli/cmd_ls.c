/* taupe ls */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/catalog.h"
#include "cli/action.h"
#include "cli/field.h"
#include "cli/human.h"
#include "cli/pick.h"
#include "cli/skim.h"
#include "cli/table.h"
#include "cli/view.h"

static const struct args_option options[] = {
	{"--quiet", 'q', ARGS_FLAG, NULL},
	{"--server", 0, ARGS_TEXT, NULL},
	{"--tag", 0, ARGS_TEXT, NULL},
	{"--up", 0, ARGS_FLAG, NULL},
	{NULL, 0, ARGS_FLAG, NULL},
};

static const struct table_column columns[] = {
	{"", false, TABLE_WHOLE, 0, 0},
	{"field.name", false, TABLE_END, 12, 0},
	{"field.state", false, TABLE_WHOLE, 0, 0},
	{"field.type", false, TABLE_WHOLE, 0, 4},
	{"field.local", false, TABLE_MIDDLE, 15, 0},
	{"field.remote", false, TABLE_MIDDLE, 15, 3},
	{"field.server", false, TABLE_END, 8, 5},
	{"table.connections", true, TABLE_WHOLE, 0, 6},
	{"table.in", true, TABLE_WHOLE, 0, 7},
	{"table.out", true, TABLE_WHOLE, 0, 7},
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static void add_row(
	struct table *t, const json_t *f, const struct table_style *style)
{
	char text[TEXT_MAX], number[HUMAN_MAX];
	const char *colour = view_colour(f);

	table_coloured(t, view_dot(f, style), colour);
	table_cell(t, field_text(f, "name"));
	table_coloured(t, view_state(f), colour);
	table_cell(t, view_type(f));
	table_cell(t, view_local(f));
	table_cell(t, view_remote(f));
	table_cell(t, field_text(f, "server"));
	snprintf(number, sizeof(number), "%llu",
		(unsigned long long)field_count(f, "connections"));
	table_cell(t, number);
	table_cell(t, human_bytes(number, field_count(f, "bytes_in"), false));
	table_cell(t, human_bytes(number, field_count(f, "bytes_out"), false));
	if (*view_trouble(f, text, sizeof(text)) != '\0')
		table_note(t, text);
}

static int print_table(const json_t *list)
{
	struct table_style style = table_style_of(STDOUT_FILENO);
	struct table *t = table_new(columns, COLUMNS);
	const json_t *f;
	size_t i;

	json_array_foreach(list, i, f) add_row(t, f, &style);
	if (table_rows(t) != 0)
		table_print(t);
	else
		puts(catalog_get("cli.no_forwards"));
	table_free(t);
	return 0;
}

static int print_names(const json_t *list)
{
	const json_t *f;
	size_t i;

	json_array_foreach(list, i, f) puts(field_text(f, "name"));
	return 0;
}

/* Takes out what was not asked for. */
static void filter(json_t *list, const struct args *a, json_int_t server_id)
{
	const char *tag = args_value(a, "--tag");

	for (size_t i = json_array_size(list); i-- > 0;) {
		const json_t *f = json_array_get(list, i);

		if ((tag != NULL && !pick_has_tag(f, tag)) ||
			(args_has(a, "--up") && !field_true(f, "wanted")) ||
			(server_id != 0 &&
				field_int(f, "server_id") != server_id))
			json_array_remove(list, i);
	}
}

/* What a table shows and is chosen by. */
static int get_rows(struct client *c, json_t **ret_list)
{
	static const char *const members[] = {"name", "type", "server",
		"server_id", "local", "local_port", "remote", "remote_port",
		"listen", "tags", "wanted", "state", "standby", "error",
		"last_target_error", "connections", "bytes_in", "bytes_out",
		NULL};
	struct buf text = BUF_INIT, rows = BUF_INIT;
	json_t *list = NULL;
	int r = client_fetch(c, "/forwards", &text);

	if (r == 0 && skim_list(buf_ptr(&text), buf_len(&text), members, &rows))
		list = json_loadb(
			(const char *)buf_ptr(&rows), buf_len(&rows), 0, NULL);
	buf_done(&rows);
	buf_done(&text);
	if (list != NULL)
		*ret_list = list;
	/* What makes no sense is for client_get to say. */
	return r < 0 || list != NULL ? r : client_get(c, ret_list, "/forwards");
}

/* As the daemon wrote it: nothing is chosen, and a program reads it. */
static int pass_on(struct client *c)
{
	struct buf text = BUF_INIT;

	if (client_fetch(c, "/forwards", &text) < 0)
		return client_complain(c);
	fwrite(buf_ptr(&text), 1, buf_len(&text), stdout);
	putchar('\n');
	buf_done(&text);
	return 0;
}

static bool chooses(const struct args *a)
{
	return args_has(a, "--tag") || args_has(a, "--server") ||
	       args_has(a, "--up");
}

static int run(struct client *c, const struct args *a)
{
	json_t *list = NULL, *wish;
	json_int_t server_id;
	int code;

	if (args_json(a) && !chooses(a) && !isatty(STDOUT_FILENO))
		return pass_on(c);
	wish = json_object();
	code = pick_put_server(c, a, false, wish);
	server_id = field_int(wish, "server_id");
	json_decref(wish);
	if (code != 0)
		return code;
	if ((args_json(a) ? client_get(c, &list, "/forwards")
			  : get_rows(c, &list)) < 0)
		return client_complain(c);
	filter(list, a, server_id);
	if (args_json(a))
		code = view_print_json(list);
	else if (args_has(a, "--quiet"))
		code = print_names(list);
	else
		code = print_table(list);
	json_decref(list);
	return code;
}

static const struct action actions[] = {
	{"", options, 0, 0, 0, run},
	{NULL, NULL, 0, 0, 0, NULL},
};

const struct command cmd_ls = {.name = "ls", .actions = actions};
