#include "cli/launch_systemd.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/quiet.h"

#define UNIT "taupe.service"

/* Without a manager for this person there is nobody to ask. */
static bool has_manager(void)
{
	const char *folder = getenv("XDG_RUNTIME_DIR");
	char path[PATH_MAX];

	if (folder == NULL || *folder != '/')
		return false;
	snprintf(path, sizeof(path), "%s/systemd/private", folder);
	return access(path, F_OK) == 0;
}

static bool systemctl(const char *verb)
{
	char *argv[] = {(char *)"systemctl", (char *)"--user",
		(char *)"--quiet", (char *)verb, (char *)UNIT, NULL};

	return quiet_run(argv) == 0;
}

bool launch_systemd_start(void)
{
	return has_manager() && systemctl("is-enabled") && systemctl("start");
}
