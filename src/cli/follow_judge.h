/*
 * When a forward that was started or stopped is as wished, and when it is not.
 * Pure.
 */
#ifndef TAUPE_CLI_FOLLOW_JUDGE_H
#define TAUPE_CLI_FOLLOW_JUDGE_H

#include <jansson.h>

#include "cli/follow.h"

enum follow_verdict { FOLLOW_WAITS, FOLLOW_DONE, FOLLOW_FAILED };

/* `before`: the forward as it was when it was asked for; what has not changed
 * since then is no news of a restart or a new try. */
enum follow_verdict follow_judge(const struct follow_wish *wish,
	const json_t *before, const json_t *now);

#endif
