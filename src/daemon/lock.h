/*
 * One daemon a state folder: flock(2) on <state>/lock, which says who holds it.
 * The kernel gives it back however the process ends. Any thread.
 */
#ifndef TAUPE_DAEMON_LOCK_H
#define TAUPE_DAEMON_LOCK_H

#include <sys/types.h>

#include "base/err.h"
#include "base/trouble.h"
#include "daemon/places.h"

struct lock {
	int fd;
};

/* -ERR_DAEMON_RUNNING: "pid" and "path" (its socket; "state" is the folder).
 * The folder exists. */
int lock_take(const struct places *places, struct lock *ret_lock,
	struct trouble *trouble) WARN_UNUSED;
void lock_release(struct lock *lock);

/* Who holds it now: so a command finds a daemon whose socket lies elsewhere
 * than its own environment says. `ret_socket` is malloc'ed. -ERR_NOT_FOUND:
 * nobody. */
int lock_holder(
	const char *state_dir, pid_t *ret_pid, char **ret_socket) WARN_UNUSED;

#endif
