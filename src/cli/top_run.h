/*
 * The live table of `taupe top`: the daemon's stream, the person's keys and the
 * terminal on one loop, until one of them ends it.
 */
#ifndef TAUPE_CLI_TOP_RUN_H
#define TAUPE_CLI_TOP_RUN_H

#include "cli/client.h"
#include "cli/top_list.h"

/* The terminal is stdout's; keys come from /dev/tty. Gives the exit code. Main
 * thread. */
int top_run(struct client *c, enum top_order order);

/* Whether both are there and may be used. */
bool top_run_is_possible(void);

#endif
