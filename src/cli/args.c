#include "cli/args.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

const struct args_option args_common[] = {
	{"--help", 'h', ARGS_FLAG, NULL},
	{"--json", 0, ARGS_FLAG, NULL},
	{"--lang", 0, ARGS_TEXT, NULL},
	{"--no-start", 0, ARGS_FLAG, NULL},
	{"--socket", 0, ARGS_PATH, NULL},
	{"--state", 0, ARGS_PATH, NULL},
	{NULL, 0, ARGS_FLAG, NULL},
};

#define NAMES_MAX 64 /* options of one command, with the common ones */

struct parser {
	int argc, at; /* at: the next argument */
	char **argv;
	const struct args_option *tables[2]; /* either may be NULL */
	struct args *args;
	char *error; /* TEXT_MAX bytes */
};

static bool takes_value(const struct args_option *o)
{
	return o->kind != ARGS_FLAG && o->kind != ARGS_NOT;
}

static int give(
	struct parser *p, const struct args_option *o, const char *value)
{
	struct args *a = p->args;

	if (strcmp(o->name, "--help") == 0)
		a->help = true;
	if (strcmp(o->name, "--lang") == 0 && !text_set_lang(value)) {
		text_format(p->error, TEXT_MAX, "cli.unknown_lang", "lang",
			value, NULL);
		return -ERR_INVALID;
	}
	a->given[a->n_given].option = o;
	a->given[a->n_given++].value = value;
	return 0;
}

static int needs_value(struct parser *p, const char *flag)
{
	text_format(p->error, TEXT_MAX, "run.needs_value", "flag", flag, NULL);
	return -ERR_INVALID;
}

static int unknown(struct parser *p, const char *text)
{
	const char *names[NAMES_MAX + 1] = {NULL}, *near;
	size_t n = 0;

	for (int t = 0; t < 2; t++)
		for (const struct args_option *o = p->tables[t];
			o != NULL && o->name != NULL && n < NAMES_MAX; o++)
			names[n++] = o->name;
	near = text_nearest(text, names);
	if (near != NULL)
		text_format(p->error, TEXT_MAX, "run.unknown_flag_near", "flag",
			text, "near", near, NULL);
	else
		text_format(p->error, TEXT_MAX, "run.unknown_flag", "flag",
			text, NULL);
	return -ERR_INVALID;
}

static const struct args_option *find_long(
	const struct parser *p, const char *text, size_t n)
{
	for (int t = 0; t < 2; t++)
		for (const struct args_option *o = p->tables[t];
			o != NULL && o->name != NULL; o++)
			if (strlen(o->name) == n &&
				memcmp(o->name, text, n) == 0)
				return o;
	return NULL;
}

static const struct args_option *find_letter(const struct parser *p, char c)
{
	for (int t = 0; t < 2; t++)
		for (const struct args_option *o = p->tables[t];
			o != NULL && o->name != NULL; o++)
			if (o->letter == c)
				return o;
	return NULL;
}

static int long_option(struct parser *p, const char *text)
{
	const char *value = strchr(text, '=');
	size_t n = value != NULL ? (size_t)(value - text) : strlen(text);
	const struct args_option *o = find_long(p, text, n);

	if (o == NULL)
		return unknown(p, text);
	if (!takes_value(o) && value != NULL) {
		text_format(p->error, TEXT_MAX, "run.takes_no_value", "flag",
			o->name, NULL);
		return -ERR_INVALID;
	}
	if (value != NULL)
		return give(p, o, value + 1);
	if (!takes_value(o))
		return give(p, o, NULL);
	if (p->at == p->argc)
		return needs_value(p, o->name);
	return give(p, o, p->argv[p->at++]);
}

static int letters(struct parser *p, const char *text)
{
	for (const char *c = text + 1; *c != '\0'; c++) {
		const char flag[] = {'-', *c, '\0'};
		const struct args_option *o = find_letter(p, *c);

		if (o == NULL)
			return unknown(p, text[2] == '\0' ? text : flag);
		if (!takes_value(o)) {
			if (give(p, o, NULL) < 0)
				return -ERR_INVALID;
			continue;
		}
		if (c[1] != '\0')
			return give(p, o, c + 1);
		if (p->at == p->argc)
			return needs_value(p, flag);
		return give(p, o, p->argv[p->at++]);
	}
	return 0;
}

int args_leading(int argc, char *const *argv, int at)
{
	const struct parser common = {.tables = {args_common, NULL}};

	while (at < argc) {
		size_t n = strcspn(argv[at], "=");
		const struct args_option *o = find_long(&common, argv[at], n);

		if (o == NULL || strcmp(o->name, "--help") == 0)
			break;
		at += takes_value(o) && argv[at][n] == '\0' ? 2 : 1;
	}
	return at < argc ? at : argc;
}

int args_parse(int argc, char **argv, const struct args_option *options,
	struct args *ret_args, char ret_error[TEXT_MAX])
{
	struct parser p = {.argc = argc,
		.at = 1,
		.argv = argv,
		.tables = {options, args_common},
		.args = ret_args,
		.error = ret_error};
	bool ended = false;
	size_t room = 1;

	/* Each letter of a joined argument is an option of its own. */
	for (int i = 0; i < argc; i++)
		room += strlen(argv[i]) + 1;
	memset(ret_args, 0, sizeof(*ret_args));
	ret_args->words = mem_zalloc((size_t)argc + 1, sizeof(char *));
	ret_args->given = mem_zalloc(room, sizeof(*ret_args->given));
	while (p.at < argc && !ret_args->help) {
		const char *text = argv[p.at++];
		int r = 0;

		if (ended || text[0] != '-' || text[1] == '\0')
			ret_args->words[ret_args->n_words++] = text;
		else if (text[1] != '-')
			r = letters(&p, text);
		else if (text[2] != '\0')
			r = long_option(&p, text);
		else
			ended = true;
		if (r < 0)
			return r;
	}
	return 0;
}

void args_done(struct args *a)
{
	free(a->words);
	free(a->given);
	memset(a, 0, sizeof(*a));
}

const char *args_value(const struct args *a, const char *name)
{
	for (int i = a->n_given - 1; i >= 0; i--)
		if (strcmp(a->given[i].option->name, name) == 0)
			return a->given[i].value;
	return NULL;
}

bool args_has(const struct args *a, const char *name)
{
	for (int i = 0; i < a->n_given; i++)
		if (strcmp(a->given[i].option->name, name) == 0)
			return true;
	return false;
}

bool args_json(const struct args *a)
{
	return args_has(a, "--json");
}
