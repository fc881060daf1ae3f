/*
 * The options of `server add` and `server edit`, and where a server is.
 */
#ifndef TAUPE_CLI_SERVER_OPTIONS_H
#define TAUPE_CLI_SERVER_OPTIONS_H

#include <jansson.h>

#include "cli/args.h"
#include "cli/client.h"

extern const struct args_option server_options_add[];
extern const struct args_option server_options_edit[];

/* The body from the options; `place`, [user@]host[:port], may be NULL. Says
 * what makes no sense; 0 or the exit code. */
int server_options_fill(struct client *c, const struct args *a,
	const char *place, json_t *body) WARN_UNUSED;

/* After a change: the password of --password-stdin. */
int server_options_secret(struct client *c, const struct args *a,
	const json_t *server) WARN_UNUSED;

#endif
