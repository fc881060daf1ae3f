/* taupe test NAME: a forward, step by step */
#include "cli/action.h"
#include "cli/pick.h"
#include "cli/probe.h"

static int run(struct client *c, const struct args *a)
{
	json_t *forward = NULL;
	int code = pick_forward(c, a->words[0], &forward);

	if (code == 0)
		code = probe_run(c, a, "forwards", forward);
	json_decref(forward);
	return code;
}

static const struct action actions[] = {
	{"", NULL, 1, 1, 0, run},
	{NULL, NULL, 0, 0, 0, NULL},
};

const struct command cmd_test = {.name = "test", .actions = actions};
