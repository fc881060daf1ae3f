/* taupe version */
#include <stdio.h>

#include "cli/command.h"
#include "cli/exit_code.h"

static int run(int argc, char **argv)
{
	puts("taupe " TAUPE_VERSION);
	return EXIT_CODE_STOPPED;
}

const struct command cmd_version = {.name = "version", .run = run};
