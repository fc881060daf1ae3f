/*
 * HTTP/1.1 on the loop, by libmicrohttpd with an epoll set of its own.
 *
 * Its callers come from a listener; each request goes through
 * request_private.h. A caller that is slow to say what it wants is cut: the
 * headers of its first request have 10 s, a body 30 s, and 30 s is how long a
 * connection may lie idle. Answers have a minute without progress.
 *
 * Loop's thread.
 */
#ifndef TAUPE_API_HTTP_H
#define TAUPE_API_HTTP_H

#include <stdbool.h>
#include <sys/socket.h>

#include <uv.h>

#include "api/api.h"
#include "base/err.h"
#include "base/trouble.h"

#define HTTP_CONNECTIONS 1024

struct http;

struct http_config {
	struct api *api;
	uv_loop_t *loop;
	bool local;             /* callers come by the Unix socket */
	const char *cert, *key; /* PEM texts, borrowed for life; NULL: no TLS */
};

int http_new(const struct http_config *config, struct http **ret_http,
	struct trouble *trouble) WARN_UNUSED;
/* Ends what is under way. The loop turns once more. NULL is fine. */
void http_free(struct http *h);

/* `fd` is taken over. */
void http_add(struct http *h, int fd, const struct sockaddr_storage *peer);

#endif
