/*
 * fish: a `complete` line for each option of each path, with what the help
 * says.
 */
#include <stdio.h>
#include <string.h>

#include "cli/completion.h"

static const char head[] =
	"# fish completion for taupe, made by \"taupe completion fish\".\n"
	"\n"
	"# The words before the cursor, without taupe's own options.\n"
	"function __taupe_words\n"
	"\tset -l words (commandline -opc)\n"
	"\tset -e words[1]\n"
	"\twhile string match -q -- '--lang*' \"$words[1]\"\n"
	"\t\tif test \"$words[1]\" = --lang\n"
	"\t\t\tset -e words[1]\n"
	"\t\tend\n"
	"\t\tset -e words[1]\n"
	"\tend\n"
	"\tprintf '%s\\n' $words\n"
	"end\n"
	"\n"
	"# They begin with these.\n"
	"function __taupe_at\n"
	"\tset -l words (__taupe_words)\n"
	"\tfor i in (seq (count $argv))\n"
	"\t\ttest \"$words[$i]\" = \"$argv[$i]\"; or return 1\n"
	"\tend\n"
	"end\n"
	"\n"
	"# They are these.\n"
	"function __taupe_is\n"
	"\ttest (count (__taupe_words | string match -v '')) -eq (count "
	"$argv)\n"
	"\tand __taupe_at $argv\n"
	"end\n"
	"\n"
	"complete -c taupe -f\n"
	"complete -c taupe -n __taupe_is -s h -l help\n"
	"complete -c taupe -n __taupe_is -s V -l version\n"
	"complete -c taupe -n __taupe_is -l lang -x -a 'en fr'\n";

static void put_condition(struct buf *out, const struct completion_path *path)
{
	const char *name = path->command->name;

	buf_printf(out, "complete -c taupe -n '__taupe_at %s%s%s%s'", name,
		*path->action != '\0' ? " " : "", path->action,
		path->command == &cmd_conns && *path->action == '\0'
			? "; and not __taupe_at conns kill"
			: "");
}

static void put_kind(struct buf *out, completion_kind kind)
{
	if (strcmp(kind, "files") == 0)
		buf_printf(out, " -F");
	else if (strcmp(kind, "dirs") == 0)
		buf_printf(out, " -a '(__fish_complete_directories)'");
	else if (*kind == '=')
		buf_printf(out, " -a '%s'", kind + 1);
	else if (*kind != '\0')
		buf_printf(out, " -a '(taupe __complete %s)'", kind);
}

static void put_about(struct buf *out, const char *text)
{
	if (*text == '\0')
		return;
	buf_printf(out, " -d ");
	buf_put(out, "'", 1);
	for (; *text != '\0'; text++)
		buf_printf(out, strchr("'\\", *text) != NULL ? "\\%c" : "%c",
			*text);
	buf_put(out, "'", 1);
}

static void option_line(void *arg, const struct completion_path *path,
	const struct args_option *o)
{
	char about[256];

	put_condition(arg, path);
	if (o->letter != 0)
		buf_printf(arg, " -s %c", o->letter);
	if (*o->name != '\0')
		buf_printf(arg, " -l %s", o->name + 2);
	if (completion_takes_value(o)) {
		buf_printf(arg, strcmp(completion_value(o), "files") == 0
					? " -r"
					: " -x");
		put_kind(arg, completion_value(o));
	}
	put_about(arg, completion_about_option(
			       path->command, o, about, sizeof(about)));
	buf_printf(arg, "\n");
}

static void path_lines(void *arg, const struct completion_path *path)
{
	if (*path->words != '\0') {
		put_condition(arg, path);
		put_kind(arg, path->words);
		buf_printf(arg, "\n");
	}
	completion_each_option(path, option_line, arg);
}

void completion_fish(struct buf *out)
{
	char text[256];

	buf_put(out, head, sizeof(head) - 1);
	for (const struct command *const *c = command_all(); *c != NULL; c++) {
		if ((*c)->hidden)
			continue;
		buf_printf(out, "complete -c taupe -n __taupe_is -a %s",
			(*c)->name);
		put_about(
			out, completion_about_command(*c, text, sizeof(text)));
		completion_actions(*c, text, sizeof(text));
		if (*text != '\0')
			buf_printf(out,
				"\ncomplete -c taupe -n '__taupe_is %s' -a "
				"'%s'",
				(*c)->name, text);
		buf_printf(out, "\n");
	}
	completion_each_path(path_lines, out);
}
