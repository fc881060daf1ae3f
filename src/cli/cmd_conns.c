/* taupe conns [NAME] [kill ID …] */
#include <stdio.h>
#include <string.h>

#include "base/catalog.h"
#include "cli/action.h"
#include "cli/field.h"
#include "cli/human.h"
#include "cli/pick.h"
#include "cli/table.h"
#include "cli/view.h"

static const struct table_column columns[] = {
	{"field.id", false, TABLE_WHOLE, 0, 0},
	{"field.forward", false, TABLE_END, 10, 0},
	{"field.client", false, TABLE_MIDDLE, 15, 3},
	{"field.destination", false, TABLE_MIDDLE, 15, 0},
	{"field.age", true, TABLE_WHOLE, 0, 4},
	{"table.in", true, TABLE_WHOLE, 0, 0},
	{"table.out", true, TABLE_WHOLE, 0, 0},
	{"field.rtt", true, TABLE_WHOLE, 0, 5},
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static void add_row(struct table *t, const json_t *one)
{
	const json_t *process = field_object(one, "process");
	char text[VIEW_PLACE_MAX], number[HUMAN_MAX] = "";

	table_cell(t, field_text(one, "id"));
	table_cell(t, field_text(one, "forward"));
	if (process != NULL)
		snprintf(text, sizeof(text), "%s (%s, %lld)",
			field_text(one, "client"), field_text(process, "name"),
			(long long)field_int(process, "pid"));
	else
		snprintf(text, sizeof(text), "%s", field_text(one, "client"));
	table_cell(t, text);
	table_cell(t, field_text(one, "destination"));
	table_cell(t, human_duration(number, field_count(one, "age_s") * 1000));
	table_cell(t, human_bytes(number, field_count(one, "bytes_in"), false));
	table_cell(
		t, human_bytes(number, field_count(one, "bytes_out"), false));
	number[0] = '\0';
	if (field_count(one, "rtt_us") != 0)
		human_rtt(number, (uint32_t)field_count(one, "rtt_us"));
	table_cell(t, number);
}

static int print(const json_t *answer)
{
	const json_t *list = json_object_get(answer, "connections"), *one;
	struct table *t = table_new(columns, COLUMNS);
	uint64_t total = field_count(answer, "total");
	char text[TEXT_MAX], number[HUMAN_MAX];
	size_t i;

	json_array_foreach(list, i, one) add_row(t, one);
	if (table_rows(t) != 0)
		table_print(t);
	else
		puts(catalog_get("cli.no_connections"));
	if (total > json_array_size(list)) {
		snprintf(number, sizeof(number), "%llu",
			(unsigned long long)(total - json_array_size(list)));
		puts(text_format(
			text, sizeof(text), "table.more", "n", number, NULL));
	}
	table_free(t);
	return 0;
}

static int list(struct client *c, const struct args *a)
{
	json_t *forward = NULL, *answer = NULL;
	int code = 0, r;

	if (a->n_words == 1)
		code = pick_forward(c, a->words[0], &forward);
	if (code != 0)
		return code;
	r = forward != NULL
		    ? client_get(c, &answer, "/forwards/%lld/connections",
			      (long long)field_int(forward, "id"))
		    : client_get(c, &answer, "/connections");
	if (r < 0)
		code = client_complain(c);
	else if (args_json(a))
		code = view_print_json(json_object_get(answer, "connections"));
	else
		code = print(answer);
	json_decref(answer);
	json_decref(forward);
	return code;
}

/* Ids are made of digits and "-"; nothing else goes into a path. */
static bool is_id(const char *text)
{
	return *text != '\0' && text[strspn(text, "0123456789-")] == '\0';
}

static int kill_all(struct client *c, const struct args *a, int first)
{
	int code = 0;

	if (first == a->n_words)
		return action_misuse("cli.which_connections", NULL);
	for (int i = first; i < a->n_words; i++) {
		if (!is_id(a->words[i]))
			return action_misuse(
				"cli.bad_connection", "id", a->words[i], NULL);
		if (client_delete(c, "/connections/%s", a->words[i]) < 0)
			code = client_complain(c);
		else
			action_say(a, "cli.closed", "id", a->words[i]);
	}
	return code;
}

/* "kill" may stand behind a forward's name, which it then has to be. */
static int run(struct client *c, const struct args *a)
{
	json_t *forward = NULL;
	int code;

	if (a->n_words >= 1 && strcmp(a->words[0], "kill") == 0)
		return kill_all(c, a, 1);
	if (a->n_words >= 2 && strcmp(a->words[1], "kill") == 0) {
		code = pick_forward(c, a->words[0], &forward);
		json_decref(forward);
		return code != 0 ? code : kill_all(c, a, 2);
	}
	if (a->n_words > 1)
		return action_misuse("cli.too_many_words", NULL);
	return list(c, a);
}

static const struct action actions[] = {
	{"", NULL, 0, ACTION_ANY_WORDS, 0, run},
	{NULL, NULL, 0, 0, 0, NULL},
};

const struct command cmd_conns = {.name = "conns", .actions = actions};
