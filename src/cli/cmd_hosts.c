/* taupe hosts: the host keys that are recorded */
#include <stdio.h>
#include <string.h>

#include "base/catalog.h"
#include "cli/action.h"
#include "cli/confirm.h"
#include "cli/field.h"
#include "cli/table.h"
#include "cli/view.h"

static const struct table_column columns[] = {
	{"field.host", false, TABLE_END, 12, 0},
	{"field.type", false, TABLE_WHOLE, 0, 0},
	{"field.fingerprint", false, TABLE_END, 20, 0},
	{"field.file", false, TABLE_MIDDLE, 12, 2},
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static const struct args_option rm_options[] = {
	{"--yes", 'y', ARGS_FLAG, NULL},
	{NULL, 0, ARGS_FLAG, NULL},
};

static int print(const json_t *list)
{
	struct table *t = table_new(columns, COLUMNS);
	const json_t *key;
	char text[TEXT_MAX];
	size_t i;

	json_array_foreach(list, i, key)
	{
		snprintf(text, sizeof(text), "%s%s%s",
			field_text(key, "marker"),
			*field_text(key, "marker") != '\0' ? " " : "",
			field_text(key, "names"));
		table_cell(t, text);
		table_cell(t, field_text(key, "type"));
		table_cell(t, field_text(key, "fingerprint"));
		snprintf(text, sizeof(text), "%s:%lld", field_text(key, "path"),
			(long long)field_int(key, "line"));
		table_cell(t, text);
	}
	if (table_rows(t) != 0)
		table_print(t);
	else
		puts(catalog_get("cli.no_hosts"));
	table_free(t);
	return 0;
}

static int run_ls(struct client *c, const struct args *a)
{
	json_t *list = NULL;
	int code;

	if (client_get(c, &list, "/known-hosts") < 0)
		return client_complain(c);
	code = args_json(a) ? view_print_json(list) : print(list);
	json_decref(list);
	return code;
}

/* By fingerprint, by id, or by one of the names, comma-separated. */
static bool means(const json_t *key, const char *word)
{
	const char *names = field_text(key, "names"), *at = names;
	size_t n = strlen(word);

	if (strcmp(field_text(key, "fingerprint"), word) == 0 ||
		strcmp(field_text(key, "id"), word) == 0)
		return true;
	while (n != 0 && (at = strstr(at, word)) != NULL) {
		if ((at == names || at[-1] == ',') &&
			(at[n] == '\0' || at[n] == ','))
			return true;
		at += n;
	}
	return false;
}

/* Ids are opaque: only what is safe in a path goes into one. */
static bool is_plain(const char *id)
{
	return *id != '\0' &&
	       id[strspn(id, "0123456789abcdefghijklmnopqrstuvwxyz"
			     "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_.~")] == '\0';
}

static int remove_key(struct client *c, const struct args *a, const json_t *key)
{
	char text[TEXT_MAX];
	int code;

	text_format(text, sizeof(text), "confirm.rm_host", "host",
		field_text(key, "names"), "type", field_text(key, "type"),
		"fingerprint", field_text(key, "fingerprint"), NULL);
	code = confirm_ask(a, text);
	if (code != 0 || !is_plain(field_text(key, "id")))
		return code;
	if (client_delete(c, "/known-hosts/%s", field_text(key, "id")) < 0)
		return client_complain(c);
	action_say(a, "cli.deleted", "name", field_text(key, "fingerprint"));
	return 0;
}

/* One after the other, and the list anew each time: a line that goes moves
 * those below it. */
static int remove_first(
	struct client *c, const struct args *a, const char *word, bool *ret_any)
{
	json_t *list = NULL, *key, *found = NULL;
	size_t i;
	int code = 0;

	*ret_any = false;
	if (client_get(c, &list, "/known-hosts") < 0)
		return client_complain(c);
	json_array_foreach(list, i, key) if (found == NULL && means(key, word))
		found = key;
	if (found != NULL) {
		*ret_any = true;
		code = remove_key(c, a, found);
	}
	json_decref(list);
	return code;
}

static int run_rm(struct client *c, const struct args *a)
{
	for (int i = 0; i < a->n_words; i++) {
		bool any, more = true;

		for (bool first = true; more; first = false) {
			int code = remove_first(c, a, a->words[i], &any);

			if (code != 0)
				return code;
			if (first && !any) {
				action_misuse("cli.no_such_host", "host",
					a->words[i], NULL);
				return EXIT_CODE_OTHER;
			}
			more = any;
		}
	}
	return 0;
}

static const struct action actions[] = {
	{"ls", NULL, 0, 0, ACTION_DEFAULT, run_ls},
	{"rm", rm_options, 1, ACTION_ANY_WORDS, 0, run_rm},
	{NULL, NULL, 0, 0, 0, NULL},
};

const struct command cmd_hosts = {.name = "hosts", .actions = actions};
