/*
 * A daemon from its first file to its last: places → lock → store → vault →
 * control → API, the loop with its signals, and all of it undone in reverse.
 *
 * SIGTERM, SIGINT: everything ends in order; a second one ends the process at
 * once. SIGHUP: reload. SIGUSR1, SIGUSR2: the log is louder, quieter.
 */
#ifndef TAUPE_CLI_DAEMON_LIFE_H
#define TAUPE_CLI_DAEMON_LIFE_H

#include "base/err.h"
#include "base/trouble.h"
#include "cli/daemon_args.h"
#include "daemon/service.h"

/* Takes `service` over. 0: it ended as it was told to. May end the process
 * instead of returning (a name lookup that can't be called off). */
int daemon_life_run(const struct daemon_args *args, struct service *service,
	struct trouble *trouble) WARN_UNUSED;

#endif
