/*
 * The way to a server: the other servers of the list that it is reached
 * through. Control thread.
 */
#ifndef TAUPE_API_SERVER_WAY_H
#define TAUPE_API_SERVER_WAY_H

#include <stddef.h>

#include "daemon/control.h"

/* Longer ways are loops, or mistakes. */
#define SERVER_WAY_MAX 16

/* Writes the jump servers before `server`, first hop first, and returns how
 * many there are. Borrowed from the control. */
size_t server_way_find(const struct control *c,
	const struct store_server *server,
	const struct store_server *ret_way[SERVER_WAY_MAX]);

/* ssh_command_write of a stored or a new forward, malloc'ed; NULL: it has no
 * server. */
char *server_way_command(const struct control *c,
	const struct store_forward *forward, uint16_t bound_port);

#endif
