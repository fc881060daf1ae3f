/*
 * Opens the sockets that listen on a TCP host and port. Internal to the
 * listener.
 *
 * "localhost" is 127.0.0.1 and ::1, "" all addresses of both families; the
 * sockets of one call have one and the same port, and a family that the machine
 * does not have is left out. A name that is neither is looked up, which may
 * block.
 */
#ifndef TAUPE_TUNNEL_LISTEN_PORT_H
#define TAUPE_TUNNEL_LISTEN_PORT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/trouble.h"

#define LISTEN_PORT_SOCKETS 4
#define LISTEN_BACKLOG      4096 /* the system caps it (net.core.somaxconn) */

struct listen_port {
	/* listening, non-blocking, close-on-exec */
	int fd[LISTEN_PORT_SOCKETS];
	size_t n;
	uint16_t port;
};

/* `port` 0: any that is free for all the addresses. -ERR_PORT_IN_USE,
 * -ERR_PORT_NOT_PERMITTED, -ERR_LISTEN_FAILED, each with its arguments
 * (listen_trouble.h). */
int listen_port_open(const char *host, uint16_t port,
	struct listen_port *ret_sockets, struct trouble *trouble) WARN_UNUSED;

void listen_port_close(struct listen_port *sockets);

#endif
