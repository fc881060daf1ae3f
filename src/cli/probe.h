/*
 * A staged test, told step by step as it goes: docs/api.md, "Tests".
 */
#ifndef TAUPE_CLI_PROBE_H
#define TAUPE_CLI_PROBE_H

#include <jansson.h>

#include "cli/args.h"
#include "cli/client.h"

/* `kind`: "servers" or "forwards", `resource` one of them. Questions on the way
 * are asked at the terminal. The exit code: 0, or the class of the step that
 * failed. */
int probe_run(struct client *c, const struct args *a, const char *kind,
	const json_t *resource);

#endif
