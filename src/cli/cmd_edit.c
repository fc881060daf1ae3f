/* taupe edit NAME --local … */
#include <stdio.h>

#include "base/catalog.h"
#include "cli/action.h"
#include "cli/field.h"
#include "cli/follow.h"
#include "cli/forward_options.h"
#include "cli/pick.h"
#include "cli/problem.h"
#include "cli/view.h"

static const struct args_option options[] = {
	FORWARD_OPTIONS,
	{"--name", 0, ARGS_TEXT, "name"},
	{"--restart", 0, ARGS_FLAG, NULL},
	{"--stop", 0, ARGS_FLAG, NULL},
	{NULL, 0, ARGS_FLAG, NULL},
};

static int apply(struct client *c, const struct args *a, json_int_t id,
	json_t *body, json_t **ret_forward)
{
	const char *how = args_has(a, "--restart") ? "?stop=1&start=1"
			  : args_has(a, "--stop")  ? "?stop=1"
						   : "";
	char path[64];
	int code;

	snprintf(path, sizeof(path), "/forwards/%lld%s", (long long)id, how);
	code = forward_options_send(c, a, "PATCH", path, body, ret_forward);
	if (code != 0 && problem_code(client_problem(c)) == ERR_RUNNING)
		text_complain(catalog_get("cli.edit_running"));
	return code;
}

/* Until it is up again with what was changed. */
static int come_back(struct client *c, const struct args *a, json_t *forward)
{
	struct follow_wish wish = {
		.what = FOLLOW_UP, .json = args_json(a), .keep = true};
	json_t *list = json_pack("[O]", forward);
	int code = follow_run(c, list, &wish);

	json_decref(list);
	return code;
}

static int run(struct client *c, const struct args *a)
{
	json_t *forward = NULL, *body = json_object(), *changed = NULL;
	int code = pick_forward(c, a->words[0], &forward);

	if (code == 0)
		code = action_fields(a, body);
	if (code == 0)
		code = pick_put_server(c, a, false, body);
	if (code == 0 && json_object_size(body) == 0 &&
		!args_has(a, "--socks-password-stdin"))
		code = action_misuse("cli.nothing_to_change", NULL);
	if (code == 0)
		code = apply(c, a, field_int(forward, "id"), json_incref(body),
			&changed);
	if (code == 0 && args_has(a, "--restart"))
		code = come_back(c, a, changed);
	else if (code == 0 && args_json(a))
		code = view_print_json(changed);
	else if (code == 0)
		action_say(
			a, "cli.changed", "name", field_text(changed, "name"));
	json_decref(changed);
	json_decref(body);
	json_decref(forward);
	return code;
}

static const struct action actions[] = {
	{"", options, 1, 1, 0, run},
	{NULL, NULL, 0, 0, 0, NULL},
};

const struct command cmd_edit = {.name = "edit", .actions = actions};
