#include "cli/command.h"

#include <string.h>

#include "base/catalog.h"
#include "cli/action.h"
#include "cli/exit_code.h"
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

	if (strcmp(option, "--lang") == 0)
		text_format(text, sizeof(text), "run.needs_value", "flag",
			option, NULL);
	else
		text_format(text, sizeof(text), "cli.option_first", "flag",
			option, NULL);
	text_complain(text);
	return EXIT_CODE_USAGE;
}

static bool asks_for_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

int command_main(int argc, char **argv)
{
	const struct command *command;
	char text[TEXT_MAX];
	int i = 1;

	catalog_set_lang(catalog_choose(NULL));
	while (i < argc && strncmp(argv[i], "--lang", 6) == 0 &&
		(argv[i][6] == '=' || (argv[i][6] == '\0' && i + 1 < argc))) {
		const char *name = argv[i][6] == '=' ? argv[i] + 7 : argv[++i];

		if (!text_set_lang(name)) {
			text_complain(text_format(text, sizeof(text),
				"cli.unknown_lang", "lang", name, NULL));
			return EXIT_CODE_USAGE;
		}
		i++;
	}
	if (i == argc) {
		cmd_help.run(1, argv);
		return EXIT_CODE_USAGE;
	}
	if (asks_for_help(argv[i]))
		return cmd_help.run(1, argv + i);
	if (strcmp(argv[i], "--version") == 0 || strcmp(argv[i], "-V") == 0)
		return cmd_version.run(1, argv + i);
	if (argv[i][0] == '-')
		return refuse_option(argv[i]);
	command = command_find(argv[i]);
	if (command == NULL)
		return command_unknown(argv[i]);
	if (command->run != NULL && i + 1 < argc &&
		asks_for_help(argv[i + 1])) {
		argv[i + 1] = argv[i];
		return cmd_help.run(2, argv + i);
	}
	if (command->run == NULL)
		return action_main(command, argc - i, argv + i);
	return command->run(argc - i, argv + i);
}
