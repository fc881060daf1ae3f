/*
 * Opens a Unix socket that listens at a path. Internal to the listener.
 *
 * The file has its mode before anybody can connect, and goes with the socket
 * unless something else has taken its place by then.
 */
#ifndef TAUPE_TUNNEL_LISTEN_PATH_H
#define TAUPE_TUNNEL_LISTEN_PATH_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/trouble.h"

struct listen_path {
	int fd; /* listening, non-blocking, close-on-exec */
	dev_t device;
	ino_t inode;
};

/* `mask`: what the mode lacks of 0777 (StreamLocalBindMask). `replace`: a
 * socket that nobody listens on any more is removed first; never one that
 * somebody does, nor anything else. -ERR_LISTEN_FAILED with "address" and
 * "detail". */
int listen_path_open(const char *path, unsigned mask, bool replace,
	struct listen_path *ret_socket, struct trouble *trouble) WARN_UNUSED;

/* Removes the file; the descriptor stays. */
void listen_path_remove(const char *path, const struct listen_path *socket);

#endif
