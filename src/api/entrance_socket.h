/*
 * A socket that listens already, as systemd hands it over. sd_listen_fds(3).
 * Loop's thread.
 */
#ifndef TAUPE_API_ENTRANCE_SOCKET_H
#define TAUPE_API_ENTRANCE_SOCKET_H

#include <uv.h>

#include "tunnel/listener.h"

struct entrance_socket;

/* `fd` is taken over. NULL: it can't be polled. */
struct entrance_socket *entrance_socket_new(
	uv_loop_t *loop, int fd, listener_accept_fn *on_accept, void *arg);
/* The loop turns once more. NULL is fine. */
void entrance_socket_free(struct entrance_socket *s);

#endif
