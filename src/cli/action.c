#include "cli/action.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/catalog.h"
#include "base/clean.h"
#include "cli/launch.h"
#include "cli/process.h"
#include "daemon/places.h"

int action_misuse(const char *key, ...)
{
	struct catalog_arg args[4];
	char text[TEXT_MAX];
	size_t n = 0;
	va_list ap;

	va_start(ap, key);
	while (n < 4 && (args[n].name = va_arg(ap, const char *)) != NULL)
		args[n++].value = va_arg(ap, const char *);
	va_end(ap);
	catalog_format(catalog_lang(), key, args, n, text, sizeof(text));
	text_complain(text);
	return EXIT_CODE_USAGE;
}

void action_say(const struct args *a, const char *key, const char *place,
	const char *value)
{
	char text[TEXT_MAX], line[TEXT_MAX];

	if (args_json(a))
		return;
	text_format(text, sizeof(text), key, place, value, NULL);
	clean_line(line, sizeof(line), text, strlen(text));
	puts(line);
	fflush(stdout);
}

int action_fields(const struct args *a, json_t *body)
{
	char text[TEXT_MAX];

	if (args_fields(a, body, text) == 0)
		return 0;
	text_complain(text);
	return EXIT_CODE_USAGE;
}

static int show_help(const struct command *command)
{
	char *argv[] = {(char *)"help", (char *)command->name, NULL};

	return cmd_help.run(2, argv);
}

/* Options that every command takes may stand before the action: they go behind
 * it. */
static void move_action(int argc, char **argv)
{
	int at = args_leading(argc, argv, 1);
	char *word;

	if (at <= 1 || at == argc || argv[at][0] == '-')
		return;
	word = argv[at];
	memmove(&argv[2], &argv[1], (size_t)(at - 1) * sizeof(*argv));
	argv[1] = word;
}

/* The action that argv names, and how many words it took. NULL: none. */
static const struct action *choose(
	const struct command *command, int argc, char **argv, int *ret_words)
{
	const struct action *otherwise = NULL;

	*ret_words = 0;
	for (const struct action *a = command->actions; a->name != NULL; a++) {
		if (*a->name == '\0')
			return a;
		if (argc > 1 && strcmp(argv[1], a->name) == 0) {
			*ret_words = 1;
			return a;
		}
		if (a->flags & ACTION_DEFAULT)
			otherwise = a;
	}
	if (argc > 1 && argv[1][0] != '-' &&
		(otherwise == NULL || otherwise->max_words == 0))
		return NULL;
	return otherwise;
}

static int no_action(const struct command *command, int argc, char **argv)
{
	char list[256] = "";

	if (argc > 1 &&
		(strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
		return show_help(command);
	for (const struct action *a = command->actions; a->name != NULL; a++) {
		size_t at = strlen(list);

		snprintf(list + at, sizeof(list) - at, "%s%s",
			at != 0 ? ", " : "", a->name);
	}
	if (argc > 1 && argv[1][0] != '-')
		return action_misuse("cli.unknown_action", "command",
			command->name, "word", argv[1], "list", list, NULL);
	return action_misuse(
		"cli.no_action", "command", command->name, "list", list, NULL);
}

static int perform(const struct action *action, const struct args *a)
{
	struct places places = {0};
	struct trouble trouble = {0};
	struct client *client = NULL;
	char text[TEXT_MAX];
	int code;

	code = places_resolve(args_value(a, "--state"),
		args_value(a, "--socket"), &places, &trouble);
	if (code < 0)
		goto fail;
	code = launch_reach(
		&places, a, (action->flags & ACTION_NO_START) == 0, &trouble);
	if (code != 0)
		goto fail;
	client = client_new(places.socket_path);
	if (client == NULL) {
		code = trouble_say(&trouble, ERR_SYSTEM, "libcurl");
		goto fail;
	}
	client_set_options(client, action->options);
	code = action->run(client, a);
	client_free(client);
	places_done(&places);
	return code;
fail:
	if (trouble.code != ERR_OK)
		text_complain(text_trouble(&trouble, text, sizeof(text)));
	places_done(&places);
	return (int)exit_code_of(code);
}

/* "taupe up --help", the sentence first. */
static int misused(const struct command *command, const char *sentence)
{
	char text[TEXT_MAX];

	text_complain(sentence);
	text_complain(text_format(text, sizeof(text), "cli.see_help", "command",
		command->name, NULL));
	return EXIT_CODE_USAGE;
}

static int count_words(
	const struct command *command, const struct action *action, int n)
{
	char text[TEXT_MAX];

	if (n < action->min_words)
		return misused(command, text_format(text, sizeof(text),
						"cli.too_few_words", NULL));
	if (n > action->max_words)
		return misused(command, text_format(text, sizeof(text),
						"cli.too_many_words", NULL));
	return 0;
}

int action_main(const struct command *command, int argc, char **argv)
{
	const struct action *action;
	struct args args;
	char text[TEXT_MAX];
	int words, code;

	move_action(argc, argv);
	action = choose(command, argc, argv, &words);
	if (action == NULL)
		return no_action(command, argc, argv);
	process_prepare();
	if (args_parse(argc - words, argv + words, action->options, &args,
		    text) < 0)
		code = misused(command, text);
	else if (args.help)
		code = show_help(command);
	else
		code = count_words(command, action, args.n_words);
	if (code == 0 && !args.help)
		code = perform(action, &args);
	args_done(&args);
	return code;
}
