/* taupe doctor: what goes wrong, looked at live */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/catalog.h"
#include "base/clean.h"
#include "cli/action.h"
#include "cli/field.h"
#include "cli/table.h"
#include "cli/view.h"

static const struct {
	const char *state, *key, *colour;
} states[] = {
	{"ok", "check.ok", "\033[32m"},
	{"warning", "check.warning", "\033[33m"},
	{"failed", "check.failed", "\033[31m"},
};

static void put_clean(const char *text)
{
	char line[TEXT_MAX];

	clean_line(line, sizeof(line), text, strlen(text));
	fputs(line, stdout);
}

static void show(const json_t *check, bool colours)
{
	const char *state = field_text(check, "state");
	const char *offer = field_text(check, "offer");
	size_t at = 0;

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strcmp(states[i].state, state) == 0)
			at = i;
	printf("%s%s%s  ", colours ? states[at].colour : "",
		catalog_get(states[at].key), colours ? "\033[m" : "");
	put_clean(field_text(check, "message"));
	if (*offer != '\0') {
		fputs(" ", stdout);
		put_clean(offer);
	}
	putchar('\n');
}

static int run(struct client *c, const struct args *a)
{
	bool colours = table_style_of(STDOUT_FILENO).colours;
	json_t *list = NULL;
	const json_t *check;
	int code = 0;
	size_t i;

	if (client_get(c, &list, "/doctor") < 0)
		return client_complain(c);
	if (args_json(a) && view_print_json(list) != 0)
		code = EXIT_CODE_OTHER;
	json_array_foreach(list, i, check)
	{
		if (!args_json(a))
			show(check, colours);
		if (strcmp(field_text(check, "state"), "failed") == 0)
			code = EXIT_CODE_OTHER;
	}
	json_decref(list);
	return code;
}

static const struct action actions[] = {
	{"", NULL, 0, 0, 0, run},
	{NULL, NULL, 0, 0, 0, NULL},
};

const struct command cmd_doctor = {.name = "doctor", .actions = actions};
