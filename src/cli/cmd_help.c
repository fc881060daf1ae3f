/* taupe help [command] */
#include <stdio.h>
#include <string.h>

#include "base/catalog.h"
#include "cli/command.h"
#include "cli/exit_code.h"

static int run(int argc, char **argv)
{
	char key[64];

	if (argc > 1) {
		const struct command *command = command_find(argv[1]);

		if (command == NULL || command->hidden)
			return command_unknown(argv[1]);
		snprintf(key, sizeof(key), "help.%s", command->name);
	} else {
		snprintf(key, sizeof(key), "help.main");
	}
	fputs(catalog_get(key), stdout);
	return EXIT_CODE_STOPPED;
}

const struct command cmd_help = {.name = "help", .run = run};
