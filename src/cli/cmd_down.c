/* taupe down NAME … */
#include "cli/action.h"
#include "cli/wish.h"

static int run(struct client *c, const struct args *a)
{
	return wish_run(c, a, FOLLOW_DOWN);
}

static const struct action actions[] = {
	{"", wish_options_down, 0, ACTION_ANY_WORDS, 0, run},
	{NULL, NULL, 0, 0, 0, NULL},
};

const struct command cmd_down = {.name = "down", .actions = actions};
