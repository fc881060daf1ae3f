/*
 * taupe import ssh-config|command|putty|boring|mole|marix|json: shows what it
 * would do, asks, and does it.
 */
#include <stdio.h>
#include <string.h>

#include "base/catalog.h"
#include "cli/action.h"
#include "cli/confirm.h"
#include "cli/field.h"
#include "cli/import_from.h"
#include "cli/import_show.h"
#include "cli/view.h"

static const struct args_option options[] = {
	{"--dry-run", 'n', ARGS_FLAG, NULL},
	{"--only", 0, ARGS_LIST, "take"},
	{"--yes", 'y', ARGS_FLAG, NULL},
	{NULL, 0, ARGS_FLAG, NULL},
};

static void join(json_t *to, const json_t *from, const char *name)
{
	json_array_extend(
		json_object_get(to, name), json_object_get(from, name));
}

/* Every source in turn, the answers as one. */
static int ask(struct client *c, json_t *bodies, bool dry_run, json_t **ret)
{
	json_t *all = json_pack("{s:[], s:[], s:[], s:b}", "servers",
		       "forwards", "skipped", "applied", !dry_run),
	       *body, *one = NULL;
	size_t i;

	json_array_foreach(bodies, i, body)
	{
		json_object_set_new(body, "dry_run", json_boolean(dry_run));
		if (client_post(c, json_incref(body), &one, "/import") < 0) {
			json_decref(all);
			return client_complain(c);
		}
		join(all, one, "servers");
		join(all, one, "forwards");
		join(all, one, "skipped");
		json_decref(one);
	}
	*ret = all;
	return 0;
}

/* "{servers} servers, {forwards} forwards" in the sentence. */
static void say(const json_t *result, const char *key, char text[TEXT_MAX])
{
	char servers[24], forwards[24];

	snprintf(servers, sizeof(servers), "%zu",
		import_show_new(json_object_get(result, "servers")));
	snprintf(forwards, sizeof(forwards), "%zu",
		import_show_new(json_object_get(result, "forwards")));
	text_format(text, TEXT_MAX, key, "servers", servers, "forwards",
		forwards, NULL);
}

static bool adds_something(const json_t *result)
{
	return import_show_new(json_object_get(result, "servers")) != 0 ||
	       import_show_new(json_object_get(result, "forwards")) != 0;
}

static int apply(struct client *c, const struct args *a, json_t *bodies)
{
	char text[TEXT_MAX];
	json_t *done;
	int code = ask(c, bodies, false, &done);

	if (code != 0)
		return code;
	if (args_json(a)) {
		code = view_print_json(done);
	} else {
		say(done, "import.done", text);
		puts(text);
	}
	json_decref(done);
	return code;
}

static bool is_named(const json_t *rows, const char *name)
{
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) if (strcmp(field_text(row, "name"),
						     name) == 0) return true;
	return false;
}

/* What --only names is there. 0 or the exit code. */
static int check_names(const struct args *a, const json_t *plan)
{
	for (int i = 0; i < a->n_given; i++) {
		const char *name = a->given[i].value;

		if (strcmp(a->given[i].option->name, "--only") == 0 &&
			!is_named(json_object_get(plan, "servers"), name) &&
			!is_named(json_object_get(plan, "forwards"), name))
			return action_misuse(
				"import.no_such", "name", name, NULL);
	}
	return 0;
}

static int show(const struct args *a, const json_t *plan)
{
	int code = check_names(a, plan);

	if (code != 0)
		return code;
	if (args_json(a))
		return view_print_json(plan);
	import_show(plan);
	if (!adds_something(plan))
		puts(catalog_get("import.nothing_new"));
	return 0;
}

/* On a terminal it asks; a program that wants it done says so. */
static int show_and_ask(struct client *c, const struct args *a, json_t *bodies)
{
	char text[TEXT_MAX];
	json_t *plan;
	int code = ask(c, bodies, true, &plan);

	if (code != 0)
		return code;
	code = show(a, plan);
	if (code == 0 && adds_something(plan) && !args_json(a) &&
		!args_has(a, "--dry-run")) {
		say(plan, "import.confirm", text);
		code = confirm_ask(a, text);
		if (code == 0)
			code = apply(c, a, bodies);
	}
	json_decref(plan);
	return code;
}

static int run(struct client *c, const struct args *a, const char *format)
{
	json_t *bodies, *body;
	size_t i;
	int code = import_from(format, a, &bodies);

	if (code != 0)
		return code;
	json_array_foreach(bodies, i, body) if (code == 0) code =
		action_fields(a, body);
	if (code == 0 && args_json(a) && args_has(a, "--yes") &&
		!args_has(a, "--dry-run"))
		code = apply(c, a, bodies);
	else if (code == 0)
		code = show_and_ask(c, a, bodies);
	json_decref(bodies);
	return code;
}

#define RUN(name, format)                                                      \
	static int run_##name(struct client *c, const struct args *a)          \
	{                                                                      \
		return run(c, a, format);                                      \
	}
RUN(boring, "boring")
RUN(command, "command")
RUN(json, "json")
RUN(marix, "marix")
RUN(mole, "mole")
RUN(putty, "putty")
RUN(ssh_config, "ssh-config")

static const struct action actions[] = {
	{"boring", options, 0, 1, 0, run_boring},
	{"command", options, 0, ACTION_ANY_WORDS, 0, run_command},
	{"json", options, 1, 1, 0, run_json},
	{"marix", options, 1, 1, 0, run_marix},
	{"mole", options, 0, ACTION_ANY_WORDS, 0, run_mole},
	{"putty", options, 0, ACTION_ANY_WORDS, 0, run_putty},
	{"ssh-config", options, 0, 1, 0, run_ssh_config},
	{NULL, NULL, 0, 0, 0, NULL},
};

const struct command cmd_import = {.name = "import", .actions = actions};
