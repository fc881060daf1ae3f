/* taupe server add|ls|show|edit|rm|test */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/catalog.h"
#include "cli/action.h"
#include "cli/confirm.h"
#include "cli/field.h"
#include "cli/human.h"
#include "cli/pick.h"
#include "cli/probe.h"
#include "cli/problem.h"
#include "cli/server_options.h"
#include "cli/table.h"
#include "cli/view.h"

static const struct args_option rm_options[] = {
	{"--forwards", 0, ARGS_FLAG, NULL},
	{"--stop", 0, ARGS_FLAG, NULL},
	{"--yes", 'y', ARGS_FLAG, NULL},
	{NULL, 0, ARGS_FLAG, NULL},
};

static const struct table_column columns[] = {
	{"", false, TABLE_WHOLE, 0, 0},
	{"field.name", false, TABLE_END, 12, 0},
	{"field.state", false, TABLE_WHOLE, 0, 0},
	{"field.host", false, TABLE_MIDDLE, 12, 0},
	{"field.user", false, TABLE_END, 6, 3},
	{"field.forwards", true, TABLE_WHOLE, 0, 2},
	{"field.rtt", true, TABLE_WHOLE, 0, 4},
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static void put_host(const json_t *s, char *ret, size_t size)
{
	const char *host = field_text(s, "host");
	bool v6 = strchr(host, ':') != NULL;
	json_int_t port = field_int(s, "port");

	if (port == 22 || port == 0)
		snprintf(ret, size, "%s", host);
	else
		snprintf(ret, size, "%s%s%s:%lld", v6 ? "[" : "", host,
			v6 ? "]" : "", (long long)port);
}

/* ---- add, edit ---- */

static int finish(struct client *c, const struct args *a, json_t *server,
	const char *said)
{
	int code;

	action_say(a, said, "name", field_text(server, "name"));
	code = server_options_secret(c, a, server);
	if (code == 0 && args_json(a))
		code = view_print_json(server);
	json_decref(server);
	return code;
}

static int run_add(struct client *c, const struct args *a)
{
	json_t *body = json_pack("{s:s}", "name", a->words[0]), *server = NULL;
	int code;

	/* One word is both, as it is for ssh. */
	code = server_options_fill(
		c, a, a->words[a->n_words == 2 ? 1 : 0], body);
	if (code != 0) {
		json_decref(body);
		return code;
	}
	if (client_post(c, body, &server, "/servers") < 0)
		return client_complain(c);
	return finish(c, a, server, "cli.server_added");
}

static int run_edit(struct client *c, const struct args *a)
{
	const char *how = args_has(a, "--restart") ? "?stop=1&start=1"
			  : args_has(a, "--stop")  ? "?stop=1"
						   : "";
	json_t *server = NULL, *body = json_object(), *changed = NULL;
	int code = pick_server(c, a->words[0], &server);
	char path[64];

	if (code == 0)
		code = server_options_fill(c, a, args_value(a, "--host"), body);
	if (code == 0 && json_object_size(body) == 0 &&
		!args_has(a, "--password-stdin"))
		code = action_misuse("cli.nothing_to_change", NULL);
	snprintf(path, sizeof(path), "/servers/%lld%s",
		(long long)field_int(server, "id"), how);
	if (code == 0 && client_call(c, "PATCH", path, json_incref(body),
				 &changed) < 0) {
		code = client_complain(c);
		if (problem_code(client_problem(c)) == ERR_RUNNING)
			text_complain(catalog_get("cli.edit_running"));
	}
	json_decref(body);
	json_decref(server);
	return code != 0 ? code : finish(c, a, changed, "cli.server_changed");
}

/* ---- ls, show ---- */

static void add_row(
	struct table *t, const json_t *s, const struct table_style *style)
{
	char text[TEXT_MAX], number[HUMAN_MAX] = "";

	table_coloured(t, view_dot(s, style), view_colour(s));
	table_cell(t, field_text(s, "name"));
	table_coloured(t, view_state(s), view_colour(s));
	put_host(s, text, sizeof(text));
	table_cell(t, text);
	table_cell(t, field_text(s, "user"));
	snprintf(text, sizeof(text), "%llu/%llu",
		(unsigned long long)field_count(s, "forwards_wanted"),
		(unsigned long long)field_count(s, "forwards"));
	table_cell(t, text);
	if (field_count(s, "rtt_us") != 0)
		human_rtt(number, (uint32_t)field_count(s, "rtt_us"));
	table_cell(t, number);
	if (*view_trouble(s, text, sizeof(text)) != '\0')
		table_note(t, text);
}

static int print_list(const json_t *list)
{
	struct table_style style = table_style_of(STDOUT_FILENO);
	struct table *t = table_new(columns, COLUMNS);
	const json_t *s;
	size_t i;

	json_array_foreach(list, i, s) add_row(t, s, &style);
	if (table_rows(t) != 0)
		table_print(t);
	else
		puts(catalog_get("cli.no_servers"));
	table_free(t);
	return 0;
}

static int run_ls(struct client *c, const struct args *a)
{
	json_t *list = NULL;
	int code;

	if (client_get(c, &list, "/servers") < 0)
		return client_complain(c);
	code = args_json(a) ? view_print_json(list) : print_list(list);
	json_decref(list);
	return code;
}

static void join(const json_t *array, char *ret, size_t size)
{
	const json_t *one;
	size_t i;

	*ret = '\0';
	json_array_foreach(array, i, one)
	{
		size_t at = strlen(ret);

		snprintf(ret + at, size - at, "%s%s", i != 0 ? ", " : "",
			json_string_value(one));
	}
}

static int print(const json_t *s)
{
	char id[HUMAN_MAX], host[VIEW_PLACE_MAX], since[HUMAN_MAX];
	char error[TEXT_MAX], next[HUMAN_MAX], keys[1024], files[1024];
	char pool[HUMAN_MAX], rtt[HUMAN_MAX] = "", forwards[HUMAN_MAX];
	const char *jump = field_text(s, "jump_server");

	snprintf(id, sizeof(id), "%lld", (long long)field_int(s, "id"));
	put_host(s, host, sizeof(host));
	join(json_object_get(s, "identity_files"), keys, sizeof(keys));
	join(json_object_get(s, "known_hosts"), files, sizeof(files));
	snprintf(pool, sizeof(pool), "%zu/%llu",
		json_array_size(json_object_get(s, "links")),
		(unsigned long long)field_count(s, "pool"));
	snprintf(forwards, sizeof(forwards), "%llu/%llu",
		(unsigned long long)field_count(s, "forwards_wanted"),
		(unsigned long long)field_count(s, "forwards"));
	if (field_count(s, "rtt_us") != 0)
		human_rtt(rtt, (uint32_t)field_count(s, "rtt_us"));
	const struct view_line lines[] = {
		{"field.name", field_text(s, "name")},
		{"field.id", id},
		{"field.state", view_state(s)},
		{"field.since", view_time(s, "since", since, sizeof(since))},
		{"field.error", view_trouble(s, error, sizeof(error))},
		{"field.next_try",
			view_time(s, "next_try_at", next, sizeof(next))},
		{"field.host", host},
		{"field.user", field_text(s, "user")},
		{"field.jump",
			*jump != '\0' ? jump : field_text(s, "proxy_jump")},
		{"field.proxy_command", field_text(s, "proxy_command")},
		{"field.keys", keys},
		{"field.known_hosts", files},
		{"field.host_key_policy", field_text(s, "host_key_policy")},
		{"field.forwards", forwards},
		{"field.links", pool},
		{"field.rtt", rtt},
		{"field.cipher", field_text(s, "cipher")},
		{"field.kex", field_text(s, "kex")},
		{"field.host_key", field_text(s, "host_key")},
		{"field.version", field_text(s, "server_version")},
		{"field.note", field_text(s, "note")},
	};

	view_print_lines(lines, sizeof(lines) / sizeof(lines[0]));
	return 0;
}

static int run_show(struct client *c, const struct args *a)
{
	json_t *server = NULL;
	int code = pick_server(c, a->words[0], &server);

	if (code == 0)
		code = args_json(a) ? view_print_json(server) : print(server);
	json_decref(server);
	return code;
}

/* ---- rm, test ---- */

static int run_rm(struct client *c, const struct args *a)
{
	json_t *server = NULL;
	char text[TEXT_MAX];
	int code = pick_server(c, a->words[0], &server);

	if (code == 0)
		code = confirm_ask(
			a, text_format(text, sizeof(text),
				   args_has(a, "--forwards")
					   ? "confirm.rm_server_all"
					   : "confirm.rm_server",
				   "name", field_text(server, "name"), NULL));
	if (code == 0 &&
		client_delete(c, "/servers/%lld?stop=%d&forwards=%d",
			(long long)field_int(server, "id"),
			args_has(a, "--stop"), args_has(a, "--forwards")) < 0)
		code = client_complain(c);
	else if (code == 0)
		action_say(a, "cli.server_deleted", "name",
			field_text(server, "name"));
	json_decref(server);
	return code;
}

static int run_test(struct client *c, const struct args *a)
{
	json_t *server = NULL;
	int code = pick_server(c, a->words[0], &server);

	if (code == 0)
		code = probe_run(c, a, "servers", server);
	json_decref(server);
	return code;
}

static const struct action actions[] = {
	{"add", server_options_add, 1, 2, 0, run_add},
	{"edit", server_options_edit, 1, 1, 0, run_edit},
	{"ls", NULL, 0, 0, ACTION_DEFAULT, run_ls},
	{"rm", rm_options, 1, 1, 0, run_rm},
	{"show", NULL, 1, 1, 0, run_show},
	{"test", NULL, 1, 1, 0, run_test},
	{NULL, NULL, 0, 0, 0, NULL},
};

const struct command cmd_server = {.name = "server", .actions = actions};
