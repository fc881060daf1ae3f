/* taupe restart NAME … */
#include "cli/action.h"
#include "cli/wish.h"

static int run(struct client *c, const struct args *a)
{
	return wish_run(c, a, FOLLOW_RESTART);
}

static const struct action actions[] = {
	{"", wish_options, 0, ACTION_ANY_WORDS, 0, run},
	{NULL, NULL, 0, 0, 0, NULL},
};

const struct command cmd_restart = {.name = "restart", .actions = actions};
