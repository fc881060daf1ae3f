/* taupe token: access for scripts */
#include <stdio.h>

#include "base/catalog.h"
#include "cli/action.h"
#include "cli/field.h"
#include "cli/names.h"
#include "cli/table.h"
#include "cli/view.h"

static const struct args_option add_options[] = {
	{"--expires", 0, ARGS_SECONDS, "expires_in_s"},
	{"--scope", 0, ARGS_TEXT, "scope"},
	{NULL, 0, ARGS_FLAG, NULL},
};

static const struct table_column columns[] = {
	{"field.name", false, TABLE_END, 12, 0},
	{"field.scope", false, TABLE_WHOLE, 0, 0},
	{"field.created", false, TABLE_WHOLE, 0, 2},
	{"field.used", false, TABLE_WHOLE, 0, 1},
	{"field.expires", false, TABLE_WHOLE, 0, 0},
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static int run_add(struct client *c, const struct args *a)
{
	json_t *body =
		json_pack("{s:s, s:s}", "name", a->words[0], "scope", "read");
	json_t *token = NULL;
	int code = action_fields(a, body);

	if (code != 0) {
		json_decref(body);
		return code;
	}
	if (client_post(c, body, &token, "/tokens") < 0)
		return client_complain(c);
	if (args_json(a)) {
		code = view_print_json(token);
	} else {
		/* The token alone on stdout, for $(…). */
		text_complain(catalog_get("cli.token_once"));
		puts(field_text(token, "token"));
	}
	json_decref(token);
	return code;
}

static int print(const json_t *list)
{
	static const char *const times[] = {
		"created_at", "used_at", "expires_at"};
	struct table *t = table_new(columns, COLUMNS);
	const json_t *token;
	char text[64];
	size_t i;

	json_array_foreach(list, i, token)
	{
		table_cell(t, field_text(token, "name"));
		table_cell(t, field_text(token, "scope"));
		for (int k = 0; k < 3; k++)
			table_cell(t,
				view_time(token, times[k], text, sizeof(text)));
	}
	if (table_rows(t) != 0)
		table_print(t);
	else
		puts(catalog_get("cli.no_tokens"));
	table_free(t);
	return 0;
}

static int run_ls(struct client *c, const struct args *a)
{
	json_t *list = NULL;
	int code;

	if (client_get(c, &list, "/tokens") < 0)
		return client_complain(c);
	code = args_json(a) ? view_print_json(list) : print(list);
	json_decref(list);
	return code;
}

static int run_rm(struct client *c, const struct args *a)
{
	json_t *list = NULL, *token;
	int code = 0;

	if (client_get(c, &list, "/tokens") < 0)
		return client_complain(c);
	for (int i = 0; i < a->n_words && code == 0; i++) {
		code = names_pick(list, NAMES_TOKEN, a->words[i], &token);
		if (code == 0 && client_delete(c, "/tokens/%lld",
					 (long long)field_int(token, "id")) < 0)
			code = client_complain(c);
		else if (code == 0)
			action_say(a, "cli.token_revoked", "name",
				field_text(token, "name"));
	}
	json_decref(list);
	return code;
}

static const struct action actions[] = {
	{"add", add_options, 1, 1, 0, run_add},
	{"ls", NULL, 0, 0, ACTION_DEFAULT, run_ls},
	{"rm", NULL, 1, ACTION_ANY_WORDS, 0, run_rm},
	{NULL, NULL, 0, 0, 0, NULL},
};

const struct command cmd_token = {.name = "token", .actions = actions};
