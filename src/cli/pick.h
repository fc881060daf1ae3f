/*
 * The servers and forwards that a command line means, fetched and chosen. Each
 * says what is wrong and gives 0 or the exit code.
 */
#ifndef TAUPE_CLI_PICK_H
#define TAUPE_CLI_PICK_H

#include <stdbool.h>

#include <jansson.h>

#include "cli/args.h"
#include "cli/client.h"

/* The caller owns what is returned. */
int pick_forward(
	struct client *c, const char *word, json_t **ret_forward) WARN_UNUSED;
int pick_server(
	struct client *c, const char *word, json_t **ret_server) WARN_UNUSED;
/* By the words of `a`, its --tag or --all; each once, in people's order where
 * it is not by words. An array. */
int pick_forwards(struct client *c, const struct args *a,
	json_t **ret_forwards) WARN_UNUSED;
/* --server's id into `body`'s "server_id"; without it and with `must`, the only
 * server that there is. */
int pick_put_server(struct client *c, const struct args *a, bool must,
	json_t *body) WARN_UNUSED;

bool pick_has_tag(const json_t *forward, const char *tag);

#endif
