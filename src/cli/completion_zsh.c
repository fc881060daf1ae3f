/*
 * zsh: one _arguments for each path, with what the help says.
 */
#include <stdio.h>
#include <string.h>

#include "cli/completion.h"

static const char head[] =
	"#compdef taupe\n"
	"# zsh completion for taupe, made by \"taupe completion zsh\".\n"
	"\n"
	"# The last word is the kind; those before it are compadd's.\n"
	"_taupe_names() {\n"
	"\tlocal -a names\n"
	"\tnames=(${(f)\"$(command taupe __complete ${@[-1]} 2>/dev/null)\"})\n"
	"\tcompadd \"${@[1,-2]}\" -a names\n"
	"}\n"
	"\n"
	"_taupe() {\n"
	"\tlocal curcontext=$curcontext state line place\n"
	"\tlocal -a commands\n"
	"\ttypeset -A opt_args\n"
	"\t_arguments -C '(- *)'{-h,--help}'[help]' \\\n"
	"\t\t'(- *)'{-V,--version}'[version]' \\\n"
	"\t\t'--lang=[language]:language:(en fr)' \\\n"
	"\t\t'1:command:->command' '*::argument:->argument'\n"
	"\tif [[ $state = command ]]; then\n"
	"\t\tcommands=(\n";

static const char middle[] = "\t\t)\n"
			     "\t\t_describe command commands\n"
			     "\t\treturn\n"
			     "\tfi\n"
			     "\t[[ $state = argument ]] || return 1\n"
			     "\tplace=$words[1]\n"
			     "\t(( CURRENT > 2 )) && place+=\" $words[2]\"\n"
			     "\tcase $place in\n";

static const char tail[] = "\tesac\n"
			   "}\n"
			   "\n"
			   "if [[ $funcstack[1] = _taupe ]]; then\n"
			   "\t_taupe \"$@\"\n"
			   "else\n"
			   "\tcompdef _taupe taupe\n"
			   "fi\n";

/* With a backslash before what would end it. */
static void put_about(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (strchr("[]:\\", *text) != NULL)
			buf_printf(out, "\\");
		buf_printf(out, *text == '\'' ? "'\\''" : "%c", *text);
	}
}

static void put_action(struct buf *out, completion_kind kind)
{
	if (*kind == '\0')
		buf_printf(out, " ");
	else if (*kind == '=')
		buf_printf(out, "(%s)", kind + 1);
	else if (strcmp(kind, "files") == 0)
		buf_printf(out, "_files");
	else if (strcmp(kind, "dirs") == 0)
		buf_printf(out, "_files -/");
	else
		buf_printf(out, "_taupe_names %s", kind);
}

static void put_spec(struct buf *out, const struct completion_path *path,
	const struct args_option *o, const char *name, const char *mark)
{
	char about[256];

	buf_printf(out, " \\\n\t\t\t'*%s%s[", name,
		completion_takes_value(o) ? mark : "");
	put_about(out, completion_about_option(
			       path->command, o, about, sizeof(about)));
	buf_printf(out, "]");
	if (completion_takes_value(o)) {
		buf_printf(out, ":value:");
		put_action(out, completion_value(o));
	}
	buf_printf(out, "'");
}

static void option_spec(void *arg, const struct completion_path *path,
	const struct args_option *o)
{
	const char letter[] = {'-', o->letter, '\0'};

	if (*o->name != '\0')
		put_spec(arg, path, o, o->name, "=");
	if (o->letter != 0)
		put_spec(arg, path, o, letter, "+");
}

static void path_case(void *arg, const struct completion_path *path)
{
	const char *name = path->command->name;

	if (*path->action != '\0')
		buf_printf(arg,
			"\t'%s %s')\n\t\tshift words; (( CURRENT-- ))\n", name,
			path->action);
	else
		buf_printf(arg, "\t%s | '%s '*)\n", name, name);
	buf_printf(arg, "\t\t_arguments -s");
	completion_each_option(path, option_spec, arg);
	buf_printf(arg, " \\\n\t\t\t'*:%s:", name);
	put_action(arg, path->words);
	buf_printf(arg, "' ;;\n");
}

void completion_zsh(struct buf *out)
{
	char text[256];

	buf_put(out, head, sizeof(head) - 1);
	for (const struct command *const *c = command_all(); *c != NULL; c++) {
		if ((*c)->hidden)
			continue;
		buf_printf(out, "\t\t\t'%s:", (*c)->name);
		put_about(
			out, completion_about_command(*c, text, sizeof(text)));
		buf_printf(out, "'\n");
	}
	buf_put(out, middle, sizeof(middle) - 1);
	completion_each_path(path_case, out);
	for (const struct command *const *c = command_all(); *c != NULL; c++) {
		completion_actions(*c, text, sizeof(text));
		if (*text != '\0')
			buf_printf(
				out, "\t%s) compadd %s ;;\n", (*c)->name, text);
	}
	buf_put(out, tail, sizeof(tail) - 1);
}
