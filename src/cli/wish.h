/*
 * What up, down and restart share: which forwards, and how to wait for them.
 */
#ifndef TAUPE_CLI_WISH_H
#define TAUPE_CLI_WISH_H

#include "cli/args.h"
#include "cli/client.h"
#include "cli/follow.h"

extern const struct args_option wish_options[];
/* Nothing is asked while forwards stop: there are no answers to keep. */
extern const struct args_option wish_options_down[];

int wish_run(struct client *c, const struct args *a, enum follow_what what);

#endif
