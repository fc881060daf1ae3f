/*
 * The HTTP interface (docs/api.md) of a control plane, on its loop.
 *
 * libmicrohttpd with its own epoll set, which the loop polls: no thread. The
 * Unix socket admits its owner and root by peer credentials; TCP wants a token
 * or the page's cookie (access.h).
 *
 * Control thread.
 */
#ifndef TAUPE_API_API_H
#define TAUPE_API_API_H

#include <stdbool.h>

#include <uv.h>

#include "base/err.h"
#include "base/trouble.h"
#include "daemon/control.h"

struct api;

struct api_config {
	uv_loop_t *loop;
	struct control *control; /* borrowed */
	const char *state_dir;
	/* The Unix socket. A descriptor that listens already (socket
	 * activation), or -1: `socket_path` is bound, 0600 */
	int socket_fd;
	const char *socket_path;
	/* "127.0.0.1:7622", "[::1]:80"; NULL: 127.0.0.1:7622 or the next free
	 * of 16. "none": no TCP */
	const char *listen;
	/* Beyond loopback: only with one of these */
	bool allow_remote;              /* --allow-remote: somebody said so */
	const char *tls_cert, *tls_key; /* PEM files, or NULL */
	/* "https://host[:port]" under which a reverse proxy shows us, or NULL
	 */
	const char *public_url;
	const char *page_dir; /* serve the page from disk; NULL: embedded */
	uint64_t started_ms;  /* wall clock */
	/* POST /shutdown and /reload */
	void (*on_shutdown)(void *arg);
	void (*on_reload)(void *arg);
	void *arg;
};

int api_new(const struct api_config *config, struct api **ret_api,
	struct trouble *trouble) WARN_UNUSED;
/* Ends live streams and requests; the loop turns once more. NULL is fine. */
void api_free(struct api *a);

/* "127.0.0.1:7622" as bound, "" without TCP. */
const char *api_listen(const struct api *a);
/* What it was made with; the texts are its own copies. */
const struct api_config *api_config(const struct api *a);

#endif
