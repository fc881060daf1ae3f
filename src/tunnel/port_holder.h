/*
 * Who holds a local port or socket, as far as /proc lets us see: the sockets of
 * other users' processes have no visible owner. Linux.
 *
 * Reads all of /proc/<pid>/fd, so it is for the moment when something has gone
 * wrong, not for every day. Any thread.
 */
#ifndef TAUPE_TUNNEL_PORT_HOLDER_H
#define TAUPE_TUNNEL_PORT_HOLDER_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>

struct port_holder {
	pid_t pid;
	char name[32]; /* /proc/<pid>/comm: any bytes, from elsewhere */
};

/* The process that keeps the TCP address (AF_INET, AF_INET6) from being bound;
 * listening sockets before others, the very address before a wildcard. */
bool port_holder_find(
	const struct sockaddr *address, struct port_holder *ret_holder);

/* The process that listens on the Unix socket at `path`, as it was bound. */
bool port_holder_find_path(const char *path, struct port_holder *ret_holder);

#endif
