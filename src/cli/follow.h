/*
 * Starting and stopping forwards, and staying until each is as wished.
 */
#ifndef TAUPE_CLI_FOLLOW_H
#define TAUPE_CLI_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "cli/client.h"

enum follow_what { FOLLOW_UP, FOLLOW_DOWN, FOLLOW_RESTART };

struct follow_wish {
	enum follow_what what;
	/* 0: until each is as wished or in trouble. Else so long, through
	 * trouble that taupe tries to get over */
	uint64_t timeout_s;
	bool json; /* say nothing on the way, print them all at the end */
	bool keep; /* answers may be kept */
};

/* `forwards`: an array of resources. Gives the exit code: 0, or the class of
 * the first that failed. */
int follow_run(struct client *c, const json_t *forwards,
	const struct follow_wish *wish);
/* Only asks for it. ret_forwards (the daemon's answer) may be NULL. 0, or as
 * client_call. */
int follow_ask(struct client *c, const json_t *forwards, enum follow_what what,
	json_t **ret_forwards) WARN_UNUSED;

#endif
