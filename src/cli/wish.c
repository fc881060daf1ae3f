#include "cli/wish.h"

#include "base/catalog.h"
#include "cli/action.h"
#include "cli/pick.h"
#include "cli/view.h"

const struct args_option wish_options[] = {
	{"--all", 'a', ARGS_FLAG, NULL},
	{"--no-keep", 0, ARGS_FLAG, NULL},
	{"--no-wait", 0, ARGS_FLAG, NULL},
	{"--tag", 't', ARGS_TEXT, NULL},
	{"--timeout", 0, ARGS_SECONDS, NULL},
	{NULL, 0, ARGS_FLAG, NULL},
};

const struct args_option wish_options_down[] = {
	{"--all", 'a', ARGS_FLAG, NULL},
	{"--no-wait", 0, ARGS_FLAG, NULL},
	{"--tag", 't', ARGS_TEXT, NULL},
	{"--timeout", 0, ARGS_SECONDS, NULL},
	{NULL, 0, ARGS_FLAG, NULL},
};

static int only_ask(struct client *c, const struct args *a,
	const json_t *forwards, enum follow_what what)
{
	json_t *answer = NULL;
	int code = 0;

	if (follow_ask(c, forwards, what, &answer) < 0)
		return client_complain(c);
	if (args_json(a))
		code = view_print_json(answer);
	json_decref(answer);
	return code;
}

int wish_run(struct client *c, const struct args *a, enum follow_what what)
{
	struct follow_wish wish = {.what = what,
		.json = args_json(a),
		.keep = !args_has(a, "--no-keep")};
	const char *timeout = args_value(a, "--timeout");
	json_t *forwards = NULL;
	int code;

	if (timeout != NULL &&
		(args_seconds(timeout, &wish.timeout_s) < 0 ||
			wish.timeout_s == 0 || wish.timeout_s > 86400))
		return action_misuse("cli.bad_seconds", "flag", "--timeout",
			"value", timeout, NULL);
	code = pick_forwards(c, a, &forwards);
	if (code != 0)
		return code;
	if (json_array_size(forwards) == 0) {
		text_complain(catalog_get("cli.no_forwards"));
		code = args_json(a) ? view_print_json(forwards) : 0;
	} else if (args_has(a, "--no-wait")) {
		code = only_ask(c, a, forwards, what);
	} else {
		code = follow_run(c, forwards, &wish);
	}
	json_decref(forwards);
	return code;
}
