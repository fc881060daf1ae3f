/*
 * Where a daemon keeps its state and where it is spoken to: one rule for the
 * daemon and for every command that looks for it.
 *
 * State folder, the first that is given: --state, TAUPE_STATE, $STATE_DIRECTORY
 * (systemd.exec(5); its first path), $XDG_STATE_HOME/taupe,
 * ~/.local/state/taupe. Socket: --socket, TAUPE_SOCKET; <state>/taupe.sock when
 * the state folder was named by one of the first three; else
 * $XDG_RUNTIME_DIR/taupe/taupe.sock when that folder is ours, or
 * <state>/taupe.sock. What is empty counts as not given; an XDG folder that is
 * no absolute path, too (XDG Base Directory Specification). Any thread.
 */
#ifndef TAUPE_DAEMON_PLACES_H
#define TAUPE_DAEMON_PLACES_H

#include "base/err.h"
#include "base/trouble.h"

/* Absolute paths, freed by places_done. */
struct places {
	char *state_dir;
	char *socket_path;
};

/* The longest that fits into a sockaddr_un with its NUL. */
#define PLACES_SOCKET_MAX 107 /* bytes */

/* `state`, `socket`: what the command line says, or NULL. Only looks, makes
 * nothing. -ERR_FILE ("path", "detail"): the socket's path is too long, or
 * there is no home folder. */
int places_resolve(const char *state, const char *socket, struct places *ret,
	struct trouble *trouble) WARN_UNUSED;
void places_done(struct places *p);

/* The daemon's part: makes the state folder (0700, with those above it) and the
 * socket's. -ERR_FILE: it can't be made, belongs to somebody else, or others
 * can write in it. */
int places_make(const struct places *p, struct trouble *trouble) WARN_UNUSED;

#endif
