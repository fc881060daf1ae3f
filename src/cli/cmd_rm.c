/* taupe rm NAME … */
#include <stdio.h>

#include "cli/action.h"
#include "cli/confirm.h"
#include "cli/field.h"
#include "cli/pick.h"

static const struct args_option options[] = {
	{"--all", 0, ARGS_FLAG, NULL},
	{"--stop", 0, ARGS_FLAG, NULL},
	{"--tag", 0, ARGS_TEXT, NULL},
	{"--yes", 'y', ARGS_FLAG, NULL},
	{NULL, 0, ARGS_FLAG, NULL},
};

static int refuse_running(const json_t *forwards)
{
	const json_t *f;
	size_t i;

	json_array_foreach(forwards, i, f) if (field_true(f, "wanted"))
	{
		action_misuse(
			"cli.rm_running", "name", field_text(f, "name"), NULL);
		return EXIT_CODE_OTHER;
	}
	return 0;
}

static int confirm(const struct args *a, const json_t *forwards)
{
	char text[TEXT_MAX], number[24];
	size_t n = json_array_size(forwards);

	snprintf(number, sizeof(number), "%zu", n);
	if (n == 1)
		text_format(text, sizeof(text), "confirm.rm_one", "name",
			field_text(json_array_get(forwards, 0), "name"), NULL);
	else
		text_format(text, sizeof(text), "confirm.rm_many", "n", number,
			NULL);
	return confirm_ask(a, text);
}

/* All that can go go; the last trouble is the code. */
static int remove_all(
	struct client *c, const struct args *a, const json_t *forwards)
{
	const char *how = args_has(a, "--stop") ? "?stop=1" : "";
	const json_t *f;
	int code = 0;
	size_t i;

	json_array_foreach(forwards, i, f)
	{
		if (client_delete(c, "/forwards/%lld%s",
			    (long long)field_int(f, "id"), how) < 0)
			code = client_complain(c);
		else
			action_say(a, "cli.deleted", "name",
				field_text(f, "name"));
	}
	return code;
}

static int run(struct client *c, const struct args *a)
{
	json_t *forwards = NULL;
	int code = pick_forwards(c, a, &forwards);

	if (code == 0 && !args_has(a, "--stop"))
		code = refuse_running(forwards);
	if (code == 0 && json_array_size(forwards) != 0)
		code = confirm(a, forwards);
	if (code == 0)
		code = remove_all(c, a, forwards);
	json_decref(forwards);
	return code;
}

static const struct action actions[] = {
	{"", options, 0, ACTION_ANY_WORDS, 0, run},
	{NULL, NULL, 0, 0, 0, NULL},
};

const struct command cmd_rm = {.name = "rm", .actions = actions};
