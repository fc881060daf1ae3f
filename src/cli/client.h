/*
 * One client of the daemon: JSON over HTTP over its Unix socket (docs/api.md).
 *
 * A call blocks until its answer is in. Paths stand below /api/v1 and begin
 * with "/". Main thread.
 */
#ifndef TAUPE_CLI_CLIENT_H
#define TAUPE_CLI_CLIENT_H

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"

struct args_option;
struct client;

/* `socket_path` is copied. NULL: libcurl can't be used. */
struct client *client_new(const char *socket_path);
void client_free(struct client *c); /* NULL is fine */
const char *client_socket(const struct client *c);

/* `body` is taken over and may be NULL. 0, or -code of what the daemon (or the
 * way to it) said, which client_complain tells. ret_json, owned by the caller,
 * may be NULL; it is null JSON when the answer has no body. */
int client_call(struct client *c, const char *method, const char *path,
	json_t *body, json_t **ret_json) WARN_UNUSED;
/* The path made as by printf. */
int client_get(struct client *c, json_t **ret_json, const char *fmt, ...)
	__attribute__((format(printf, 3, 4))) WARN_UNUSED;
int client_post(struct client *c, json_t *body, json_t **ret_json,
	const char *fmt, ...) __attribute__((format(printf, 4, 5))) WARN_UNUSED;
int client_delete(struct client *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3))) WARN_UNUSED;
/* A body that holds secrets: the caller wipes it. */
int client_send(struct client *c, const char *method, const char *path,
	const struct buf *body, json_t **ret_json) WARN_UNUSED;
/* The answer as it came, whatever its type. */
int client_fetch(
	struct client *c, const char *path, struct buf *ret_text) WARN_UNUSED;

/* What the last call that failed came back with: problem+json, or the same made
 * here. Borrowed until the next call. */
const json_t *client_problem(const struct client *c);
/* The options of the command (borrowed, may be NULL), by whose names
 * client_complain calls fields. */
void client_set_options(struct client *c, const struct args_option *options);
/* Says it on stderr; gives the exit code. */
int client_complain(const struct client *c);

#endif
