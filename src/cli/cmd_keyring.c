/* taupe keyring: a child of the daemon's (daemon/keyring.h), not for people. */
#include <stdio.h>
#include <unistd.h>

#include "base/catalog.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/process.h"
#include "daemon/keyring.h"

static int run_command(int argc, char **argv)
{
	if (argc != 3) {
		fputs(catalog_get("help.keyring"), stderr);
		return EXIT_CODE_USAGE;
	}
	process_prepare();
	/* The libraries' own ends would wait for their threads. */
	_exit((int)keyring_serve(
		argv[1], argv[2], catalog_get("daemon.keyring_label")));
}

const struct command cmd_keyring = {
	.name = "keyring", .hidden = true, .run = run_command};
