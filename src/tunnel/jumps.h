/*
 * The hops of ProxyJump, as servers of their own.
 *
 * Every hop is verified and authenticated for itself. It inherits what the
 * person set for the server behind it (keys, known hosts, algorithms, timers)
 * but not what names one machine: port, user, HostName, aliases, proxies. Any
 * thread.
 */
#ifndef TAUPE_TUNNEL_JUMPS_H
#define TAUPE_TUNNEL_JUMPS_H

#include "base/err.h"
#include "base/trouble.h"
#include "tunnel/worker.h"

/* Moves server->options.proxy_jump into server->jumps. Ids follow the server's.
 * -ERR_INVALID with "detail". */
int jumps_make(
	struct server_config *server, struct trouble *trouble) WARN_UNUSED;
/* Frees what jumps_make made. */
void jumps_done(struct server_config *server);

#endif
