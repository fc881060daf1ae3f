/* taupe settings [get [NAME] | set NAME VALUE] */
#include <stdio.h>
#include <string.h>

#include "cli/action.h"
#include "cli/view.h"

/* A member as a word: text as it is, the rest as JSON. */
static void put_value(const json_t *value)
{
	if (json_is_string(value))
		printf("%s\n", json_string_value(value));
	else if (json_is_null(value))
		printf("auto\n");
	else if (json_dumpf(value, stdout, JSON_ENCODE_ANY) == 0)
		putchar('\n');
}

static int print(const json_t *settings)
{
	const char *name;
	json_t *value;
	size_t width = 0;

	json_object_foreach ((json_t *)settings, name, value)
		if (strlen(name) > width)
			width = strlen(name);
	json_object_foreach ((json_t *)settings, name, value) {
		printf("%-*s  ", (int)width, name);
		put_value(value);
	}
	return 0;
}

static int print_one(const struct args *a, const json_t *settings)
{
	const json_t *value = json_object_get(settings, a->words[0]);

	if (value == NULL) {
		action_misuse("cli.no_such_setting", "name", a->words[0], NULL);
		return EXIT_CODE_OTHER;
	}
	if (args_json(a))
		return view_print_json(value);
	put_value(value);
	return 0;
}

static int run_get(struct client *c, const struct args *a)
{
	json_t *settings = NULL;
	int code;

	if (client_get(c, &settings, "/settings") < 0)
		return client_complain(c);
	if (a->n_words == 1)
		code = print_one(a, settings);
	else
		code = args_json(a) ? view_print_json(settings)
				    : print(settings);
	json_decref(settings);
	return code;
}

/* "auto" is null: the daemon's own choice. */
static json_t *value_of(const char *word)
{
	uint64_t n;

	if (strcmp(word, "auto") == 0)
		return json_null();
	if (strcmp(word, "true") == 0)
		return json_true();
	if (strcmp(word, "false") == 0)
		return json_false();
	if (args_number(word, &n) == 0)
		return json_integer((json_int_t)n);
	return json_string(word);
}

static int run_set(struct client *c, const struct args *a)
{
	json_t *settings = NULL, *body = json_object();
	int code = 0;

	if (json_object_set_new(body, a->words[0], value_of(a->words[1])) < 0) {
		json_decref(body);
		return action_misuse("cli.bad_text", "flag", a->words[0],
			"value", a->words[1], NULL);
	}
	if (client_call(c, "PATCH", "/settings", body, &settings) < 0)
		return client_complain(c);
	if (args_json(a))
		code = view_print_json(settings);
	action_say(a, "cli.setting_changed", "name", a->words[0]);
	json_decref(settings);
	return code;
}

static const struct action actions[] = {
	{"get", NULL, 0, 1, ACTION_DEFAULT, run_get},
	{"set", NULL, 2, 2, 0, run_set},
	{NULL, NULL, 0, 0, 0, NULL},
};

const struct command cmd_settings = {.name = "settings", .actions = actions};
