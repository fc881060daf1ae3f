/*
 * bash, without the bash-completion package. COMP_WORDBREAKS has '=': an
 * option's "--name=value" comes as three words.
 */
#include <stdio.h>
#include <string.h>

#include "cli/completion.h"

static const char head[] =
	"# bash completion for taupe, made by \"taupe completion bash\".\n"
	"\n"
	"# Names as taupe knows them, quoted as the word is.\n"
	"_taupe_names() {\n"
	"\tlocal word=$cur quote= one\n"
	"\tcase $word in\n"
	"\t\\'*) quote=1 word=${word#\\'} ;;\n"
	"\t\\\"*) quote=1 word=${word#\\\"} ;;\n"
	"\t*) word=${word//\\\\/} ;;\n"
	"\tesac\n"
	"\twhile IFS= read -r one; do\n"
	"\t\t[ -n \"$quote\" ] || printf -v one %q \"$one\"\n"
	"\t\tCOMPREPLY+=(\"$one\")\n"
	"\tdone < <(command taupe __complete \"$1\" \"$word\" 2>/dev/null)\n"
	"}\n"
	"\n"
	"_taupe() {\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} "
	"prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	"\tlocal command= action= options= words= i=1\n"
	"\tCOMPREPLY=()\n"
	"\tif [ \"$cur\" = = ]; then\n"
	"\t\tcur=\n"
	"\telif [ \"$prev\" = = ]; then\n"
	"\t\tprev=${COMP_WORDS[COMP_CWORD-2]}\n"
	"\tfi\n"
	"\twhile [ \"${COMP_WORDS[i]}\" = --lang ]; do\n"
	"\t\t[ \"${COMP_WORDS[i+1]}\" = = ] && i=$((i + 1))\n"
	"\t\ti=$((i + 2))\n"
	"\tdone\n"
	"\t[ \"$i\" -lt \"$COMP_CWORD\" ] && command=${COMP_WORDS[i]}\n"
	"\t[ \"$((i + 1))\" -lt \"$COMP_CWORD\" ] && "
	"action=${COMP_WORDS[i+1]}\n"
	"\tcase \"$command $action\" in\n";

static const char tail[] =
	"\tesac\n"
	"\tcase $cur in\n"
	"\t-*) COMPREPLY=($(compgen -W \"$options\" -- \"$cur\")); return ;;\n"
	"\tesac\n"
	"\tcase $words in\n"
	"\t'') ;;\n"
	"\t=*) COMPREPLY=($(compgen -W \"${words#=}\" -- \"$cur\")) ;;\n"
	"\tfiles | dirs)\n"
	"\t\tcompopt -o filenames 2>/dev/null\n"
	"\t\tlocal how=-f\n"
	"\t\t[ \"$words\" = dirs ] && how=-d\n"
	"\t\tmapfile -t COMPREPLY < <(compgen \"$how\" -- \"$cur\") ;;\n"
	"\t*) _taupe_names \"$words\" ;;\n"
	"\tesac\n"
	"}\n"
	"\n"
	"complete -F _taupe taupe\n";

static void put_names(
	struct buf *out, const struct args_option *o, const char *between)
{
	if (*o->name != '\0')
		buf_printf(out, "%s", o->name);
	if (o->letter != 0)
		buf_printf(out, "%s-%c", *o->name != '\0' ? between : "",
			o->letter);
}

static void name_option(void *arg, const struct completion_path *path,
	const struct args_option *o)
{
	put_names(arg, o, " ");
	buf_printf(arg, " ");
}

static void value_case(void *arg, const struct completion_path *path,
	const struct args_option *o)
{
	if (!completion_takes_value(o))
		return;
	buf_printf(arg, "\t\t");
	put_names(arg, o, " | ");
	buf_printf(arg, ") options= words=");
	completion_quote(arg, completion_value(o));
	buf_printf(arg, " ;;\n");
}

static void path_case(void *arg, const struct completion_path *path)
{
	if (*path->action != '\0')
		buf_printf(
			arg, "\t'%s %s')\n", path->command->name, path->action);
	else
		buf_printf(arg, "\t'%s '*)\n", path->command->name);
	buf_printf(arg, "\t\twords=");
	completion_quote(arg, path->words);
	buf_printf(arg, " options='");
	completion_each_option(path, name_option, arg);
	buf_printf(arg, "'\n\t\tcase $prev in\n");
	completion_each_option(path, value_case, arg);
	buf_printf(arg, "\t\tesac ;;\n");
}

static void put_commands(struct buf *out)
{
	char actions[256];

	buf_printf(out, "\t' ')\n\t\twords='=");
	for (const struct command *const *c = command_all(); *c != NULL; c++)
		if (!(*c)->hidden)
			buf_printf(out, "%s ", (*c)->name);
	buf_printf(out, "' options='--help --version --lang'\n"
			"\t\t[ \"$prev\" = --lang ] && words='=en fr' ;;\n");
	for (const struct command *const *c = command_all(); *c != NULL; c++) {
		completion_actions(*c, actions, sizeof(actions));
		if (*actions != '\0')
			buf_printf(out,
				"\t'%s ') words='=%s' options=--help ;;\n",
				(*c)->name, actions);
	}
}

void completion_bash(struct buf *out)
{
	buf_put(out, head, sizeof(head) - 1);
	put_commands(out);
	completion_each_path(path_case, out);
	buf_put(out, tail, sizeof(tail) - 1);
}
