/* taupe version */
#include <stdio.h>

#include "cli/command.h"
#include "cli/exit_code.h"

static int run(int argc, char **argv)
{
	puts("taupe " TAUPE_VERSION);
	return fflush(stdout) == 0 ? EXIT_CODE_STOPPED : EXIT_CODE_OTHER;
}

const struct command cmd_version = {.name = "version", .run = run};
