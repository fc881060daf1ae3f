/* taupe answer [ID]: what servers ask */
#include <stdio.h>
#include <string.h>

#include "base/catalog.h"
#include "cli/action.h"
#include "cli/ask.h"
#include "cli/attend.h"
#include "cli/confirm.h"
#include "cli/field.h"
#include "cli/question.h"
#include "cli/table.h"
#include "cli/view.h"

static const struct args_option options[] = {
	{"--list", 'l', ARGS_FLAG, NULL},
	{"--no-keep", 0, ARGS_FLAG, NULL},
	{"--password-stdin", 0, ARGS_FLAG, NULL},
	{NULL, 0, ARGS_FLAG, NULL},
};

static const struct table_column columns[] = {
	{"field.id", true, TABLE_WHOLE, 0, 0},
	{"field.server", false, TABLE_END, 8, 1},
	{"field.question", false, TABLE_END, 20, 0},
	{"field.since", false, TABLE_WHOLE, 0, 2},
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* ---- asking ---- */

struct session {
	struct client *client;
	struct attend *attend;
	json_int_t only; /* an id, or 0 */
};

static bool is_wanted(const struct session *s, const json_t *prompt)
{
	return s->only == 0 || field_int(prompt, "id") == s->only;
}

/* Those that are open are asked; without any there is nothing to stay for. */
static void look(struct session *s)
{
	json_t *list = NULL, *prompt;
	bool open = false;
	size_t i;

	if (client_get(s->client, &list, "/prompts") < 0) {
		attend_stop(s->attend, client_complain(s->client));
		return;
	}
	json_array_foreach(list, i, prompt)
	{
		if (!is_wanted(s, prompt))
			continue;
		open = true;
		attend_prompt(s->attend, prompt);
	}
	json_decref(list);
	if (!open)
		attend_stop(s->attend, 0);
}

static void on_message(void *arg, const char *event, const json_t *data)
{
	if (strcmp(event, "hello") == 0 || strcmp(event, "prompt_gone") == 0)
		look(arg);
}

static bool wants(void *arg, const json_t *prompt)
{
	return is_wanted(arg, prompt);
}

static void cannot_ask(void *arg, const json_t *prompt)
{
	struct session *s = arg;

	text_complain(catalog_get("cli.no_terminal"));
	attend_stop(s->attend, EXIT_CODE_INPUT);
}

static const struct attend_ops ops = {
	.message = on_message,
	.wants = wants,
	.cannot_ask = cannot_ask,
};

static int ask(struct client *c, const struct args *a, json_int_t only)
{
	struct session s = {.client = c, .only = only};
	int code;

	s.attend = attend_new(c, &ops, &s, !args_has(a, "--no-keep"));
	if (s.attend == NULL)
		return EXIT_CODE_OTHER;
	code = attend_run(s.attend);
	attend_free(s.attend);
	return code;
}

/* ---- one answer from a pipe ---- */

static int answer_from_stdin(
	struct client *c, const struct args *a, const json_t *prompt)
{
	struct secret answer = SECRET_INIT;
	int code;

	if (json_array_size(json_object_get(prompt, "fields")) > 1)
		return action_misuse("cli.several_fields", NULL);
	code = confirm_read(field_text(prompt, "title"), &answer);
	if (code == 0 && question_answer(c, (uint32_t)field_count(prompt, "id"),
				 &answer, 1, !args_has(a, "--no-keep")) < 0)
		code = client_complain(c);
	secret_done(&answer);
	return code;
}

/* ---- the list ---- */

static int print(const json_t *list)
{
	struct table *t = table_new(columns, COLUMNS);
	const json_t *prompt;
	char text[TEXT_MAX];
	size_t i;

	json_array_foreach(list, i, prompt)
	{
		snprintf(text, sizeof(text), "%lld",
			(long long)field_int(prompt, "id"));
		table_cell(t, text);
		table_cell(t, field_text(prompt, "server"));
		table_cell(t, field_text(prompt, "title"));
		table_cell(t, view_time(prompt, "since", text, sizeof(text)));
	}
	table_print(t);
	table_free(t);
	return 0;
}

static int find(const json_t *list, const char *word, const json_t **ret)
{
	const json_t *prompt;
	uint64_t id = 0;
	size_t i;

	if (args_number(word, &id) == 0)
		json_array_foreach(
			list, i, prompt) if (field_count(prompt, "id") == id)
		{
			*ret = prompt;
			return 0;
		}
	action_misuse("cli.no_such_prompt", "id", word, NULL);
	return EXIT_CODE_OTHER;
}

static int choose(struct client *c, const struct args *a, const json_t *list)
{
	const json_t *prompt = NULL;
	int code = 0;

	if (a->n_words == 1)
		code = find(list, a->words[0], &prompt);
	if (code != 0)
		return code;
	if (args_json(a))
		return view_print_json(list);
	if (args_has(a, "--list") && json_array_size(list) != 0)
		return print(list);
	if (json_array_size(list) == 0) {
		text_complain(catalog_get("cli.no_prompts"));
		return 0;
	}
	if (args_has(a, "--password-stdin")) {
		if (prompt == NULL && json_array_size(list) > 1)
			return action_misuse("cli.which_prompt", NULL);
		return answer_from_stdin(c, a,
			prompt != NULL ? prompt : json_array_get(list, 0));
	}
	if (!ask_is_possible("/dev/tty")) {
		print(list);
		text_complain(catalog_get("cli.no_terminal"));
		return EXIT_CODE_INPUT;
	}
	return ask(c, a, prompt != NULL ? field_int(prompt, "id") : 0);
}

static int run(struct client *c, const struct args *a)
{
	json_t *list = NULL;
	int code;

	if (client_get(c, &list, "/prompts") < 0)
		return client_complain(c);
	code = choose(c, a, list);
	json_decref(list);
	return code;
}

static const struct action actions[] = {
	{"", options, 0, 1, ACTION_NO_START, run},
	{NULL, NULL, 0, 0, 0, NULL},
};

const struct command cmd_answer = {.name = "answer", .actions = actions};
