/*
 * A daemon that answers: the one that runs, or one that is started now.
 *
 * The systemd user unit is asked first where it is enabled; otherwise this
 * program itself is started as `taupe daemon`, in a session of its own, with
 * its log in <state>/daemon.log.
 */
#ifndef TAUPE_CLI_LAUNCH_H
#define TAUPE_CLI_LAUNCH_H

#include <stdbool.h>

#include "base/err.h"
#include "base/trouble.h"
#include "cli/args.h"
#include "daemon/places.h"

/* Returns when the socket at `places` takes connections. Where nothing listens
 * and no socket was named, the daemon that holds the state folder may have one
 * of its own: it then stands in `places`. With `may_start` (and
 * neither --no-start in `a` nor TAUPE_NO_START=1) a daemon is started; it gets
 * 10 s; that it did not come is said here, and leaves `trouble` alone.
 * -ERR_DAEMON_ABSENT; -ERR_FILE: the socket is somebody else's. */
int launch_reach(struct places *places, const struct args *a, bool may_start,
	struct trouble *trouble) WARN_UNUSED;

#endif
