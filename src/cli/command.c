#include "cli/command.h"

#include <string.h>

#include "base/catalog.h"
#include "cli/action.h"
#include "cli/args.h"
#include "cli/exit_code.h"
#include "cli/output.h"
#include "cli/text.h"

static const struct command *const commands[] = {
	&cmd_add,
	&cmd_answer,
	&cmd_complete,
	&cmd_completion,
	&cmd_conns,
	&cmd_daemon,
	&cmd_doctor,
	&cmd_down,
	&cmd_edit,
	&cmd_export,
	&cmd_help,
	&cmd_hosts,
	&cmd_import,
	&cmd_keyring,
	&cmd_logs,
	&cmd_ls,
	&cmd_open,
	&cmd_restart,
	&cmd_rm,
	&cmd_run,
	&cmd_secret,
	&cmd_server,
	&cmd_settings,
	&cmd_show,
	&cmd_shutdown,
	&cmd_status,
	&cmd_test,
	&cmd_token,
	&cmd_top,
	&cmd_up,
	&cmd_version,
	NULL,
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]) - 1)

const struct command *const *command_all(void)
{
	return commands;
}

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

int command_unknown(const char *name)
{
	const char *names[COMMANDS + 1] = {NULL}, *near;
	char text[TEXT_MAX];
	size_t n = 0;

	for (size_t i = 0; i < COMMANDS; i++)
		if (!commands[i]->hidden)
			names[n++] = commands[i]->name;
	near = text_nearest(name, names);
	if (near != NULL)
		text_format(text, sizeof(text), "cli.unknown_command_near",
			"command", name, "near", near, NULL);
	else
		text_format(text, sizeof(text), "cli.unknown_command",
			"command", name, NULL);
	text_complain(text);
	return EXIT_CODE_USAGE;
}

static int refuse_option(const char *option)
{
	char text[TEXT_MAX];

	text_complain(text_format(
		text, sizeof(text), "cli.option_first", "flag", option, NULL));
	return EXIT_CODE_USAGE;
}

static int needs_value(const char *option)
{
	char text[TEXT_MAX];

	text_complain(text_format(
		text, sizeof(text), "run.needs_value", "flag", option, NULL));
	return EXIT_CODE_USAGE;
}

static bool asks_for_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* What every command takes may stand before it: --lang counts at once and goes,
 * the others go behind the command, which is then at *ret_at. */
static int take_leading(int argc, char **argv, int *ret_at)
{
	int end = args_leading(argc, argv, 1), kept = 1;
	char *command, text[TEXT_MAX];

	for (int i = 1; i < end; i++) {
		const char *name = NULL;

		if (strncmp(argv[i], "--lang=", 7) == 0)
			name = argv[i] + 7;
		else if (strcmp(argv[i], "--lang") == 0 && ++i < end)
			name = argv[i];
		else if (i == end)
			return needs_value("--lang");
		else
			argv[kept++] = argv[i];
		if (name != NULL && !text_set_lang(name)) {
			text_complain(text_format(text, sizeof(text),
				"cli.unknown_lang", "lang", name, NULL));
			return EXIT_CODE_USAGE;
		}
	}
	*ret_at = end;
	if (end == argc)
		return 0;
	command = argv[end];
	*ret_at = end - (kept - 1);
	memmove(&argv[*ret_at + 1], &argv[1],
		(size_t)(kept - 1) * sizeof(*argv));
	argv[*ret_at] = command;
	return 0;
}

static int run_command(const struct command *command, int argc, char **argv)
{
	if (command->run == NULL)
		return action_main(command, argc, argv);
	if (argc > 1 && asks_for_help(argv[1])) {
		argv[1] = argv[0];
		return cmd_help.run(2, argv);
	}
	return command->run(argc, argv);
}

static int run_word(int argc, char **argv)
{
	const struct command *command;

	if (asks_for_help(argv[0]))
		return cmd_help.run(1, argv);
	if (strcmp(argv[0], "--version") == 0 || strcmp(argv[0], "-V") == 0)
		return cmd_version.run(1, argv);
	if (argv[0][0] == '-')
		return refuse_option(argv[0]);
	command = command_find(argv[0]);
	if (command == NULL)
		return command_unknown(argv[0]);
	return run_command(command, argc, argv);
}

int command_main(int argc, char **argv)
{
	int at, code;

	output_open();
	catalog_set_lang(catalog_choose(NULL));
	code = take_leading(argc, argv, &at);
	if (code != 0)
		return code;
	if (at == argc) {
		cmd_help.run(1, argv);
		return output_end(EXIT_CODE_USAGE);
	}
	code = run_word(argc - at, argv + at);
	/* A tunnel does not fail because nobody reads about it any more. */
	return strcmp(argv[at], "run") == 0 || strcmp(argv[at], "daemon") == 0
		       ? code
		       : output_end(code);
}
