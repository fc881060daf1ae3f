/* taupe secret: passwords and passphrases, set ahead */
#include <stdio.h>
#include <string.h>

#include "base/catalog.h"
#include "cli/action.h"
#include "cli/confirm.h"
#include "cli/field.h"
#include "cli/pick.h"
#include "cli/question.h"
#include "cli/table.h"
#include "cli/view.h"

static const struct args_option options[] = {
	{"--about", 0, ARGS_TEXT, "about"},
	{"--kind", 0, ARGS_TEXT, "kind"},
	{NULL, 0, ARGS_FLAG, NULL},
};

static const struct args_option reset_options[] = {
	{"--yes", 'y', ARGS_FLAG, NULL},
	{NULL, 0, ARGS_FLAG, NULL},
};

static const struct table_column columns[] = {
	{"field.type", false, TABLE_WHOLE, 0, 0},
	{"field.about", false, TABLE_END, 20, 0},
};

static int run_set(struct client *c, const struct args *a)
{
	json_t *server = NULL, *body = json_pack("{s:s}", "kind", "password");
	int code = pick_server(c, a->words[0], &server);

	if (code == 0)
		code = action_fields(a, body);
	if (code == 0)
		code = question_keep(c, server, json_incref(body));
	json_decref(body);
	json_decref(server);
	return code;
}

/* Only what is plainly a word of ours goes into the query. */
static bool is_kind(const char *kind)
{
	return kind == NULL || strcmp(kind, "password") == 0 ||
	       strcmp(kind, "passphrase") == 0;
}

static int run_rm(struct client *c, const struct args *a)
{
	const char *kind = args_value(a, "--kind");
	json_t *server = NULL;
	int code;

	if (!is_kind(kind) || args_has(a, "--about"))
		return action_misuse("cli.bad_kind", NULL);
	code = pick_server(c, a->words[0], &server);
	if (code == 0 && client_delete(c, "/servers/%lld/secrets%s%s",
				 (long long)field_int(server, "id"),
				 kind != NULL ? "?kind=" : "",
				 kind != NULL ? kind : "") < 0)
		code = client_complain(c);
	json_decref(server);
	return code;
}

static int run_reset(struct client *c, const struct args *a)
{
	int code = confirm_ask(a, catalog_get("cli.ask_reset_secrets"));

	if (code == 0 && client_delete(c, "/settings/secrets") < 0)
		code = client_complain(c);
	return code;
}

static int print(const json_t *list)
{
	struct table *t = table_new(columns, 2);
	const json_t *secret;
	size_t i;

	json_array_foreach(list, i, secret)
	{
		table_cell(t, field_text(secret, "kind"));
		table_cell(t, field_text(secret, "about"));
	}
	if (table_rows(t) != 0)
		table_print(t);
	else
		puts(catalog_get("cli.no_secrets"));
	table_free(t);
	return 0;
}

static int run_ls(struct client *c, const struct args *a)
{
	json_t *server = NULL, *list;
	int code = pick_server(c, a->words[0], &server);

	if (code == 0) {
		list = json_object_get(server, "stored_secrets");
		code = args_json(a) ? view_print_json(list) : print(list);
	}
	json_decref(server);
	return code;
}

static const struct action actions[] = {
	{"ls", NULL, 1, 1, 0, run_ls},
	{"reset", reset_options, 0, 0, 0, run_reset},
	{"rm", options, 1, 1, 0, run_rm},
	{"set", options, 1, 1, 0, run_set},
	{NULL, NULL, 0, 0, 0, NULL},
};

const struct command cmd_secret = {.name = "secret", .actions = actions};
