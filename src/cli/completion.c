#include "cli/completion.h"

#include <stdio.h>
#include <string.h>

#include "base/catalog.h"
#include "cli/action.h"
#include "cli/daemon_args.h"
#include "cli/human.h"
#include "cli/run_args.h"
#include "cli/run_flags.h"

#define ABOUT_COLUMNS 66

/* What the words behind a command are; the tables of actions only count
 * them. */
static const struct {
	const char *command, *action; /* NULL: of all */
	completion_kind kind;
} words[] = {
	{"answer", NULL, "prompts"},
	{"completion", NULL, "=bash fish zsh"},
	{"conns", "kill", "connections"},
	{"conns", "", "forwards"},
	{"down", NULL, "forwards"},
	{"edit", NULL, "forwards"},
	{"help", NULL, "commands"},
	{"hosts", "rm", "hosts"},
	{"import", "command", ""},
	{"import", NULL, "files"},
	{"logs", NULL, "names"},
	{"restart", NULL, "forwards"},
	{"rm", NULL, "forwards"},
	{"secret", "keep", "=keyring sealed passphrase"},
	{"secret", "reset", ""},
	{"secret", "unlock", ""},
	{"secret", NULL, "servers"},
	{"server", "edit", "servers"},
	{"server", "rm", "servers"},
	{"server", "show", "servers"},
	{"server", "test", "servers"},
	{"settings", "get", "settings"},
	{"settings", "set", "settings"},
	{"show", NULL, "forwards"},
	{"test", NULL, "forwards"},
	{"token", "rm", "tokens"},
	{"up", NULL, "forwards"},
};

/* Values of options, whatever the command. */
static const struct {
	const char *option;
	completion_kind kind;
} values[] = {
	{"--address-family", "=any inet inet6"},
	{"--host-key-policy", "=ask strict accept-new"},
	{"--jump", "servers"},
	{"--keep-secrets", "=keep session never"},
	{"--kind", "=password passphrase"},
	{"--lang", "=en fr"},
	{"--log-format", "=text json"},
	{"--log-level", "=error warn info debug trace"},
	{"--page", "dirs"},
	{"--scope", "=read write"},
	{"--server", "servers"},
	{"--sort", "=list name state server connections rate bytes"},
	{"--state", "dirs"},
	{"--tag", "tags"},
	{"--tls-cert", "files"},
	{"--tls-key", "files"},
	{"--type", "=local remote dynamic"},
};

static completion_kind kind_of_words(const char *command, const char *action)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].command, command) == 0 &&
			(words[i].action == NULL ||
				strcmp(words[i].action, action) == 0))
			return words[i].kind;
	return "";
}

static void path(const struct command *command, const char *action,
	completion_path_fn *fn, void *arg)
{
	struct completion_path p = {
		command, action, kind_of_words(command->name, action)};

	fn(arg, &p);
}

void completion_each_path(completion_path_fn *fn, void *arg)
{
	for (const struct command *const *c = command_all(); *c != NULL; c++) {
		if ((*c)->hidden)
			continue;
		/* A word that is no action of the table. */
		if (*c == &cmd_conns)
			path(*c, "kill", fn, arg);
		if ((*c)->actions == NULL)
			path(*c, "", fn, arg);
		else
			for (const struct action *a = (*c)->actions;
				a->name != NULL; a++)
				path(*c, a->name, fn, arg);
	}
}

void completion_actions(
	const struct command *command, char *ret_list, size_t size)
{
	size_t n = 0;

	*ret_list = '\0';
	for (const struct action *a = command->actions;
		a != NULL && a->name != NULL && n < size; a++)
		if (*a->name != '\0')
			n += (size_t)snprintf(ret_list + n, size - n, "%s%s",
				n != 0 ? " " : "", a->name);
}

/* ---- options ---- */

static void options_of(const struct completion_path *p,
	const struct args_option *table, completion_option_fn *fn, void *arg)
{
	for (; table != NULL && table->name != NULL; table++)
		/* The daemon takes the common ones but this. */
		if (p->command != &cmd_daemon ||
			strcmp(table->name, "--no-start") != 0)
			fn(arg, p, table);
}

static void letters_of_run(
	const struct completion_path *p, completion_option_fn *fn, void *arg)
{
	struct args_option o = {"", 0, ARGS_FLAG, NULL};

	for (size_t i = 0; (o.letter = run_flags_letter(i, &o.kind)) != 0; i++)
		fn(arg, p, &o);
}

static const struct args_option *table_of(const struct completion_path *p)
{
	const struct action *a = p->command->actions;

	while (a != NULL && a->name != NULL) {
		if (strcmp(a->name, p->action) == 0 || *a->name == '\0')
			return a->options;
		a++;
	}
	return NULL;
}

void completion_each_option(
	const struct completion_path *p, completion_option_fn *fn, void *arg)
{
	if (p->command == &cmd_run) {
		options_of(p, run_args_options, fn, arg);
		letters_of_run(p, fn, arg);
		return;
	}
	if (p->command == &cmd_daemon)
		options_of(p, daemon_args_options, fn, arg);
	else if (p->command->actions == NULL)
		return;
	options_of(p, table_of(p), fn, arg);
	options_of(p, args_common, fn, arg);
}

bool completion_takes_value(const struct args_option *o)
{
	return o->kind != ARGS_FLAG && o->kind != ARGS_NOT;
}

completion_kind completion_value(const struct args_option *o)
{
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (strcmp(values[i].option, o->name) == 0)
			return values[i].kind;
	return o->kind == ARGS_PATH || o->kind == ARGS_PATHS ? "files" : "";
}

/* ---- words about them ---- */

static const char *help_of(const struct command *command)
{
	const char *text;
	char key[64];

	snprintf(key, sizeof(key), "help.%s", command->name);
	text = catalog_find(catalog_lang(), key);
	return text != NULL ? text : "";
}

/* `n` bytes in one short line, without a point at its end. */
static char *shorten(const char *text, size_t n, char *ret_text, size_t size)
{
	char line[512];

	if (n >= sizeof(line))
		n = sizeof(line) - 1;
	memcpy(line, text, n);
	while (n != 0 && (line[n - 1] == '.' || line[n - 1] == ' '))
		n--;
	line[n] = '\0';
	for (char *c = line; *c != '\0'; c++)
		if (*c == '\n')
			*c = ' ';
	return human_fit(ret_text, size, line, ABOUT_COLUMNS, HUMAN_CUT_END);
}

/* The first sentence behind the usage. */
char *completion_about_command(
	const struct command *command, char *ret_text, size_t size)
{
	const char *text = strstr(help_of(command), "\n\n");
	size_t n = 0;

	if (text != NULL)
		text += 2;
	else
		text = "";
	while (text[n] != '\0' && strncmp(text + n, "\n\n", 2) != 0 &&
		strncmp(text + n, ". ", 2) != 0 &&
		strncmp(text + n, ".\n", 2) != 0)
		n++;
	return shorten(text, n, ret_text, size);
}

/* The option stands in `line` before the gap: with no letter on either side
 * that would make it another one. */
static bool names(const char *line, size_t n, const char *option)
{
	size_t length = strlen(option);

	for (size_t i = 2; i + length <= n; i++)
		if (memcmp(line + i, option, length) == 0 &&
			line[i - 1] == ' ' &&
			(i + length == n || line[i + length] == ' ' ||
				line[i + length] == ','))
			return true;
	return false;
}

/* Two spaces within `line`, past its indentation, or NULL. */
static const char *find_gap(const char *line, size_t n)
{
	for (size_t i = 3; i + 1 < n; i++)
		if (line[i] == ' ' && line[i + 1] == ' ')
			return line + i;
	return NULL;
}

/* What stands behind a gap on the line that begins with the option. */
char *completion_about_option(const struct command *command,
	const struct args_option *option, char *ret_text, size_t size)
{
	const char letter[] = {'-', option->letter, '\0'};
	const char *name = *option->name != '\0' ? option->name : letter;

	*ret_text = '\0';
	for (const char *line = help_of(command); *line != '\0';) {
		size_t n = strcspn(line, "\n");
		const char *gap = find_gap(line, n);

		if (strncmp(line, "  -", 3) == 0 && gap != NULL &&
			names(line, (size_t)(gap - line), name)) {
			gap += strspn(gap, " ");
			if (*gap == '-') /* the next option of the line */
				break;
			return shorten(
				gap, (size_t)(line + n - gap), ret_text, size);
		}
		line += n + (line[n] == '\n');
	}
	return ret_text;
}

void completion_quote(struct buf *out, const char *text)
{
	buf_put(out, "'", 1);
	for (; *text != '\0'; text++)
		buf_printf(out, *text == '\'' ? "'\\%c'" : "%c", *text);
	buf_put(out, "'", 1);
}
