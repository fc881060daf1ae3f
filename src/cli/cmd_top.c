/* taupe top */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/catalog.h"
#include "cli/action.h"
#include "cli/table.h"
#include "cli/top_list.h"
#include "cli/top_run.h"
#include "cli/top_view.h"
#include "cli/view.h"

static const struct args_option options[] = {
	{"--once", '1', ARGS_FLAG, NULL},
	{"--sort", 's', ARGS_TEXT, NULL},
	{NULL, 0, ARGS_FLAG, NULL},
};

static int print_once(
	struct client *c, const struct args *a, enum top_order order)
{
	struct table_style style = table_style_of(STDOUT_FILENO);
	struct top_list *list = top_list_new();
	json_t *forwards = NULL;
	struct table *t;
	int code = 0;

	if (client_get(c, &forwards, "/forwards") < 0) {
		code = client_complain(c);
	} else if (args_json(a)) {
		code = view_print_json(forwards);
	} else if (json_array_size(forwards) == 0) {
		puts(catalog_get("cli.no_forwards"));
	} else {
		top_list_sort(list, order);
		top_list_reset(list, forwards);
		t = top_view_table(list, &style);
		table_print(t);
		table_free(t);
	}
	json_decref(forwards);
	top_list_free(list);
	return code;
}

static int run(struct client *c, const struct args *a)
{
	const char *sort = args_value(a, "--sort");
	enum top_order order = TOP_ORDER_LIST;

	if (sort != NULL && !top_list_order_parse(sort, &order))
		return action_misuse("top.bad_order", "value", sort, NULL);
	if (args_has(a, "--once") || args_json(a))
		return print_once(c, a, order);
	if (!top_run_is_possible())
		return action_misuse("top.no_terminal", NULL);
	return top_run(c, order);
}

static const struct action actions[] = {
	{"", options, 0, 0, 0, run},
	{NULL, NULL, 0, 0, 0, NULL},
};

const struct command cmd_top = {.name = "top", .actions = actions};
