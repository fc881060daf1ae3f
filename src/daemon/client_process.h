/*
 * Which process has the other end of a connection that a client of this machine
 * made: /proc/net/tcp and tcp6 name the socket, /proc/<pid>/fd the process, as
 * far as we may look (other users' processes stay unknown). Linux.
 *
 * One look at /proc serves a whole listing: client_processes_new reads it once,
 * some milliseconds, and what it found is asked as often as there are
 * connections. Any thread.
 */
#ifndef TAUPE_DAEMON_CLIENT_PROCESS_H
#define TAUPE_DAEMON_CLIENT_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "tunnel/event.h"

struct client_process {
	uint32_t pid;
	char name[64]; /* /proc/<pid>/comm, made safe (clean.h) */
};

struct client_processes;

/* Looks for the clients of `conns`, which is read only here. */
struct client_processes *client_processes_new(const struct conns *conns);
void client_processes_free(struct client_processes *p); /* NULL is fine */

/* False: unknown; a client of another machine, too. */
bool client_processes_find(const struct client_processes *p,
	const struct conn_info *conn, struct client_process *ret_process);

#endif
