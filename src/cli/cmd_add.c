/*
 * taupe add NAME --server … ; taupe add "ssh -N -L … me@vps"
 */
#include <stdio.h>
#include <string.h>

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
	{"--start", 0, ARGS_FLAG, NULL},
	{"--no-wait", 0, ARGS_FLAG, NULL},
	{NULL, 0, ARGS_FLAG, NULL},
};

/* Starts what was added; --json prints it as it is then. */
static int finish(struct client *c, const struct args *a, json_t *forwards)
{
	struct follow_wish wish = {
		.what = FOLLOW_UP, .json = args_json(a), .keep = true};
	bool many = json_array_size(forwards) != 1;

	if (args_has(a, "--start") && !args_has(a, "--no-wait"))
		return follow_run(c, forwards, &wish);
	if (args_has(a, "--start") &&
		follow_ask(c, forwards, FOLLOW_UP, NULL) < 0)
		return client_complain(c);
	if (!args_json(a))
		return 0;
	return view_print_json(many ? forwards : json_array_get(forwards, 0));
}

static int add_one(struct client *c, const struct args *a)
{
	json_t *body = json_object(), *forward = NULL, *list;
	int code;

	json_object_set_new(body, "name", json_string(a->words[0]));
	code = action_fields(a, body);
	if (code == 0)
		code = pick_put_server(c, a, true, body);
	if (code != 0) {
		json_decref(body);
		return code;
	}
	code = forward_options_send(c, a, "POST", "/forwards", body, &forward);
	if (code != 0)
		return code;
	action_say(a, "cli.added", "name", field_text(forward, "name"));
	list = json_pack("[o]", forward);
	code = finish(c, a, list);
	json_decref(list);
	return code;
}

/* ---- a pasted command ---- */

static bool is_command(const char *word)
{
	return strncmp(word, "ssh ", 4) == 0 ||
	       strncmp(word, "autossh ", 8) == 0;
}

static void say_skipped(const json_t *result)
{
	const json_t *one;
	char text[TEXT_MAX];
	size_t i;

	json_array_foreach(json_object_get(result, "skipped"), i, one)
		text_complain(text_format(text, sizeof(text), "cli.skipped",
			"what", field_text(one, "what"), "why",
			field_text(one, "why"), NULL));
}

static json_t *named(const json_t *list, const char *name)
{
	json_t *one;
	size_t i;

	json_array_foreach(list, i,
		one) if (strcmp(field_text(one, "name"), name) == 0) return one;
	return NULL;
}

/* The forwards of the result, as the daemon has them now. */
static int added(struct client *c, const struct args *a, const json_t *result,
	json_t *ret_forwards)
{
	json_t *list = NULL, *found;
	const json_t *one;
	size_t i;

	if (client_get(c, &list, "/forwards") < 0)
		return client_complain(c);
	json_array_foreach(json_object_get(result, "forwards"), i, one)
	{
		const char *name = field_text(one, "name");

		found = named(list, name);
		if (found == NULL)
			continue;
		json_array_append(ret_forwards, found);
		action_say(a,
			strcmp(field_text(one, "action"), "same") == 0
				? "cli.there_already"
				: "cli.added",
			"name", name);
	}
	json_decref(list);
	return 0;
}

static int add_command(struct client *c, const struct args *a)
{
	json_t *result = NULL, *forwards;
	int code;

	if (client_post(c,
		    json_pack("{s:s, s:s, s:b}", "format", "command", "text",
			    a->words[0], "dry_run", 0),
		    &result, "/import") < 0)
		return client_complain(c);
	say_skipped(result);
	forwards = json_array();
	code = added(c, a, result, forwards);
	if (code == 0 && json_array_size(forwards) == 0) {
		text_complain(catalog_get("cli.nothing_added"));
		code = EXIT_CODE_OTHER;
	}
	if (code == 0)
		code = finish(c, a, forwards);
	json_decref(forwards);
	json_decref(result);
	return code;
}

static int run(struct client *c, const struct args *a)
{
	return is_command(a->words[0]) ? add_command(c, a) : add_one(c, a);
}

static const struct action actions[] = {
	{"", options, 1, 1, 0, run},
	{NULL, NULL, 0, 0, 0, NULL},
};

const struct command cmd_add = {.name = "add", .actions = actions};
