/*
 * A TCP port or Unix socket that clients connect to.
 *
 * Life cycle: listener_new → on_accept for each client → listener_free, after
 * which the port is free and on_accept is not called again. The memory goes
 * when the loop has closed its handles, so the loop must run once more.
 *
 * Nothing that a client does ends a listener. When the process or the machine
 * has no descriptor or memory for another client, accepting pauses (0.1 s at
 * first, up to 1 s) and clients wait in the system's queue. The process's last
 * few descriptors are for no clients and no listeners but those that may have
 * them, so that links can come back and somebody can look after the rest.
 *
 * All functions, and the callback, run on the loop's thread.
 */
#ifndef TAUPE_TUNNEL_LISTENER_H
#define TAUPE_TUNNEL_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <uv.h>

#include "base/err.h"
#include "base/trouble.h"
#include "tunnel/forward_spec.h"

struct listener;

/* A client is there. `fd` is non-blocking and close-on-exec, and the callback's
 * own from now on. `peer` lives as long as the call (a Unix client has no
 * address, just the family). May free the listener. */
typedef void listener_accept_fn(
	void *arg, int fd, const struct sockaddr_storage *peer);

/* The first two are for Unix sockets. */
struct listener_options {
	unsigned mask;     /* what the file's mode lacks of 0777; 0177: 0600 */
	bool unlink_first; /* removes a socket file that nobody listens on */
	bool last_descriptors; /* may have them */
};

/* `endpoint` and `options` are copied. Host "localhost" is 127.0.0.1 and ::1,
 * "" all addresses (GatewayPorts is the caller's to apply: forward_spec.h's
 * bind_left_out); another name is looked up at once, which may block. Port 0:
 * one that is free for each of the addresses.
 *
 * NULL with `trouble`, which may be NULL itself: ERR_PORT_IN_USE with
 * "address", "holder" (a process, or "another program") and "next" (the next
 * free port); ERR_PORT_NOT_PERMITTED with "address", "right" and "first" (the
 * lowest port that needs no right); ERR_LISTEN_FAILED with "address" and
 * "detail". Looking for the holder reads /proc: some milliseconds. */
struct listener *listener_new(uv_loop_t *loop, const struct endpoint *endpoint,
	const struct listener_options *options, listener_accept_fn *on_accept,
	void *arg, struct trouble *trouble) WARN_UNUSED;

/* NULL is fine. A Unix socket's file is removed, unless another has taken its
 * place. */
void listener_free(struct listener *l);

/* The port that it listens on, also when it was picked; 0: a Unix socket. */
uint16_t listener_port(const struct listener *l);
/* Where it listens, as endpoint_text. */
size_t listener_text(const struct listener *l, char *ret_text, size_t size);

bool listener_is_paused(const struct listener *l);

#endif
