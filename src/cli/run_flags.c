#include "cli/run_flags.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

enum flag_does {
	FLAG_REFUSED, /* `text` is the sentence that says why */
	FLAG_FORWARD, /* of the type `type` */
	FLAG_OPTION,  /* its value is that of the option named `text` */
	FLAG_PATH,    /* the same, for a file's path */
	FLAG_PRESET,  /* `text` is a whole assignment */
	FLAG_ASSIGN,  /* -o */
	FLAG_CONFIG,  /* -F */
	FLAG_VERBOSE,
	FLAG_QUIET,
	FLAG_HELP,
};

struct flag {
	char letter;
	bool takes_value;
	enum flag_does does;
	const char *text;
	enum forward_type type;
};

static const struct flag flags[] = {
	{'L', true, FLAG_FORWARD, .type = FORWARD_LOCAL},
	{'R', true, FLAG_FORWARD, .type = FORWARD_REMOTE},
	{'D', true, FLAG_FORWARD, .type = FORWARD_DYNAMIC},
	{'b', true, FLAG_OPTION, .text = "BindAddress"},
	{'c', true, FLAG_OPTION, .text = "Ciphers"},
	{'i', true, FLAG_PATH, .text = "IdentityFile"},
	{'J', true, FLAG_OPTION, .text = "ProxyJump"},
	{'l', true, FLAG_OPTION, .text = "User"},
	{'m', true, FLAG_OPTION, .text = "MACs"},
	{'p', true, FLAG_OPTION, .text = "Port"},
	{'4', false, FLAG_PRESET, .text = "AddressFamily=inet"},
	{'6', false, FLAG_PRESET, .text = "AddressFamily=inet6"},
	{'g', false, FLAG_PRESET, .text = "GatewayPorts=yes"},
	{'o', true, .does = FLAG_ASSIGN},
	{'F', true, .does = FLAG_CONFIG},
	{'v', false, .does = FLAG_VERBOSE},
	{'q', false, .does = FLAG_QUIET},
	{'h', false, .does = FLAG_HELP},
	{'f', false, FLAG_REFUSED, .text = "run.refused_background"},
};

/* Habits of ssh's users that change nothing here. */
static const char idle_letters[] = "aCkNnTx";
/* ssh's other letters: they are about sessions, control sockets, devices. */
static const char session_letters[] = "ABEeGIKMOQSstWwXY";

/* The detail names the option or the value that it is about. */
static int refuse(struct run_parser *p, const char *flag, struct trouble *t)
{
	trouble_arg(t, "flag", "%s", flag);
	trouble_format(t, "run.bad_value", p->error, TEXT_MAX);
	return -ERR_INVALID;
}

/* What it is called in events: its text, and a number if others have the same.
 */
static char *name_of(const struct run_args *a, const struct forward_spec *spec)
{
	char text[TEXT_MAX], other[TEXT_MAX];
	unsigned n = 1;

	forward_spec_text(spec, text, sizeof(text));
	for (size_t i = 0; i < a->n_forwards; i++) {
		forward_spec_text(&a->forwards[i], other, sizeof(other));
		n += strcmp(other, text) == 0;
	}
	return n == 1 ? mem_strdup(text) : mem_printf("%s (%u)", text, n);
}

int run_flags_add_forward(
	struct run_parser *p, enum forward_type type, const char *text)
{
	struct run_args *a = p->args;
	struct forward_spec spec;
	struct trouble t = {0};

	if (a->n_forwards == RUN_FORWARDS_MAX) {
		text_format(p->error, TEXT_MAX, "run.too_many_forwards", NULL);
		return -ERR_INVALID;
	}
	if (forward_spec_parse(type, text, &spec, &t) < 0) {
		trouble_format(&t, "run.bad_forward", p->error, TEXT_MAX);
		return -ERR_INVALID;
	}
	if (spec.name == NULL)
		spec.name = name_of(a, &spec);
	a->forwards = mem_realloc(a->forwards, a->n_forwards + 1, sizeof(spec));
	a->forwards[a->n_forwards++] = spec;
	return 0;
}

static int set_option(
	struct run_parser *p, const char *flag, const char *assignment)
{
	struct trouble t = {0};

	if (options_set(&p->args->server.options, assignment, &t) < 0)
		return refuse(p, flag, &t);
	return 0;
}

static int set_named(struct run_parser *p, const char *flag, const char *name,
	const char *value)
{
	char *assignment = mem_printf("%s=%s", name, value);
	int r = set_option(p, flag, assignment);

	free(assignment);
	return r;
}

/* A path is one word, whatever is in it; ssh_config splits words at spaces. */
static int set_path(struct run_parser *p, const char *flag, const char *name,
	const char *path)
{
	struct buf quoted = BUF_INIT;
	int r;

	buf_put(&quoted, "\"", 1);
	for (const char *c = path; *c != '\0'; c++) {
		if (*c == '"' || *c == '\\')
			buf_put(&quoted, "\\", 1);
		buf_put(&quoted, c, 1);
	}
	buf_put(&quoted, "\"", 2);
	r = set_named(p, flag, name, (const char *)buf_ptr(&quoted));
	buf_done(&quoted);
	return r;
}

/* taupe reads no ssh_config file; ssh's own way to say so is accepted. */
static int config_file(struct run_parser *p, const char *path)
{
	if (strcmp(path, "none") == 0 || strcmp(path, "/dev/null") == 0)
		return 0;
	text_format(
		p->error, TEXT_MAX, "run.refused_config", "file", path, NULL);
	return -ERR_INVALID;
}

static int apply(struct run_parser *p, const struct flag *f, const char *flag,
	const char *value)
{
	switch (f->does) {
	case FLAG_REFUSED:
		text_format(p->error, TEXT_MAX, f->text, "flag", flag, NULL);
		return -ERR_INVALID;
	case FLAG_FORWARD:
		return run_flags_add_forward(p, f->type, value);
	case FLAG_OPTION:
		return set_named(p, flag, f->text, value);
	case FLAG_PATH:
		return set_path(p, flag, f->text, value);
	case FLAG_PRESET:
		return set_option(p, flag, f->text);
	case FLAG_ASSIGN:
		return set_option(p, flag, value);
	case FLAG_CONFIG:
		return config_file(p, value);
	case FLAG_VERBOSE:
		p->args->verbose++;
		return 0;
	case FLAG_QUIET:
		p->args->quiet = true;
		return 0;
	case FLAG_HELP:
		p->args->help = true;
		return 0;
	}
	return -ERR_INTERNAL;
}

char run_flags_letter(size_t i, enum args_kind *ret_kind)
{
	size_t known = 0;

	for (size_t f = 0; f < sizeof(flags) / sizeof(flags[0]); f++) {
		if (flags[f].does == FLAG_REFUSED || known++ != i)
			continue;
		*ret_kind = flags[f].does == FLAG_PATH ? ARGS_PATH
			    : flags[f].takes_value     ? ARGS_TEXT
						       : ARGS_FLAG;
		return flags[f].letter;
	}
	return 0;
}

static const struct flag *find_flag(char letter)
{
	static const struct flag session = {
		.does = FLAG_REFUSED, .text = "run.refused_session"};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (flags[i].letter == letter)
			return &flags[i];
	return strchr(session_letters, letter) != NULL ? &session : NULL;
}

int run_flags_needs_value(struct run_parser *p, const char *flag)
{
	text_format(p->error, TEXT_MAX, "run.needs_value", "flag", flag, NULL);
	return -ERR_INVALID;
}

int run_flags_short(struct run_parser *p, const char *letters)
{
	for (; *letters != '\0'; letters++) {
		const struct flag *f = find_flag(*letters);
		const char shown[] = {'-', *letters, '\0'}, *value = "";
		int r;

		if (strchr(idle_letters, *letters) != NULL)
			continue;
		if (f == NULL) {
			text_format(p->error, TEXT_MAX, "run.unknown_flag",
				"flag", shown, NULL);
			return -ERR_INVALID;
		}
		if (f->takes_value) {
			value = letters + 1;
			if (*value == '\0') {
				if (p->at == p->argc)
					return run_flags_needs_value(p, shown);
				value = p->argv[p->at++];
			}
		}
		r = apply(p, f, shown, value);
		if (r < 0 || f->takes_value)
			return r;
	}
	return 0;
}
