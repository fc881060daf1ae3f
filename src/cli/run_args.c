#include "cli/run_args.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cli/run_jumps.h"

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

enum long_option {
	LONG_HELP,
	LONG_JSON,
	LONG_LANG,
	LONG_ONCE,
	LONG_SOCKS_AUTH,
	LONG_STATS,
};

static const struct {
	const char *name;
	bool takes_value;
} longs[] = {
	[LONG_HELP] = {"--help", false},
	[LONG_JSON] = {"--json", false},
	[LONG_LANG] = {"--lang", true},
	[LONG_ONCE] = {"--once", false},
	[LONG_SOCKS_AUTH] = {"--socks-auth", true},
	[LONG_STATS] = {"--stats", true},
};
#define LONGS (sizeof(longs) / sizeof(longs[0]))

struct parser {
	int argc, at; /* at: the next argument */
	char **argv;
	struct run_args *args;
	char *error; /* TEXT_MAX bytes */
};

/* The detail names the option or the value that it is about. */
static int refuse(struct parser *p, const char *flag, const struct trouble *t)
{
	const char *detail = trouble_get(t, "detail");

	text_format(p->error, TEXT_MAX, "run.bad_value", "flag", flag, "detail",
		detail != NULL ? detail : err_name((int)t->code), NULL);
	return -ERR_INVALID;
}

static int add_forward(struct parser *p, const char *flag,
	enum forward_type type, const char *text)
{
	struct run_args *a = p->args;
	struct forward_spec spec;
	struct trouble t = {0};
	char name[TEXT_MAX];

	if (a->n_forwards == RUN_FORWARDS_MAX) {
		text_format(p->error, TEXT_MAX, "run.too_many_forwards", NULL);
		return -ERR_INVALID;
	}
	if (forward_spec_parse(type, text, &spec, &t) < 0)
		return refuse(p, flag, &t);
	forward_spec_text(&spec, name, sizeof(name));
	if (spec.name == NULL)
		spec.name = mem_strdup(name);
	a->forwards = mem_realloc(a->forwards, a->n_forwards + 1, sizeof(spec));
	a->forwards[a->n_forwards++] = spec;
	return 0;
}

static int set_option(
	struct parser *p, const char *flag, const char *assignment)
{
	struct trouble t = {0};

	if (options_set(&p->args->server.options, assignment, &t) < 0)
		return refuse(p, flag, &t);
	return 0;
}

static int set_named(
	struct parser *p, const char *flag, const char *name, const char *value)
{
	char *assignment = mem_printf("%s=%s", name, value);
	int r = set_option(p, flag, assignment);

	free(assignment);
	return r;
}

/* A path is one word, whatever is in it; ssh_config splits words at spaces. */
static int set_path(
	struct parser *p, const char *flag, const char *name, const char *path)
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
static int config_file(struct parser *p, const char *path)
{
	if (strcmp(path, "none") == 0 || strcmp(path, "/dev/null") == 0)
		return 0;
	text_format(
		p->error, TEXT_MAX, "run.refused_config", "file", path, NULL);
	return -ERR_INVALID;
}

static int apply(struct parser *p, const struct flag *f, const char *flag,
	const char *value)
{
	switch (f->does) {
	case FLAG_REFUSED:
		text_format(p->error, TEXT_MAX, f->text, "flag", flag, NULL);
		return -ERR_INVALID;
	case FLAG_FORWARD:
		return add_forward(p, flag, f->type, value);
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

static const struct flag *find_flag(char letter)
{
	static const struct flag session = {
		.does = FLAG_REFUSED, .text = "run.refused_session"};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (flags[i].letter == letter)
			return &flags[i];
	return strchr(session_letters, letter) != NULL ? &session : NULL;
}

static int needs_value(struct parser *p, const char *flag)
{
	text_format(p->error, TEXT_MAX, "run.needs_value", "flag", flag, NULL);
	return -ERR_INVALID;
}

/* One argument of joined letters; the first that takes a value has the rest of
 * it, or else the next argument. */
static int short_flags(struct parser *p, const char *letters)
{
	for (; *letters != '\0'; letters++) {
		const struct flag *f = find_flag(*letters);
		const char shown[] = {'-', *letters, '\0'}, *value = NULL;
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
					return needs_value(p, shown);
				value = p->argv[p->at++];
			}
		}
		r = apply(p, f, shown, value);
		if (r < 0 || f->takes_value)
			return r;
	}
	return 0;
}

static int set_stats(struct parser *p, const char *value)
{
	char *end;
	unsigned long s = strtoul(value, &end, 10);

	if (*value < '0' || *value > '9' || *end != '\0' || s < 1 ||
		s > 86400) {
		text_format(p->error, TEXT_MAX, "run.bad_stats", "value", value,
			NULL);
		return -ERR_INVALID;
	}
	p->args->stats_s = (unsigned)s;
	return 0;
}

static int apply_long(
	struct parser *p, enum long_option option, const char *value)
{
	switch (option) {
	case LONG_HELP:
		p->args->help = true;
		return 0;
	case LONG_JSON:
		p->args->json = true;
		return 0;
	case LONG_LANG:
		if (text_set_lang(value))
			return 0;
		text_format(p->error, TEXT_MAX, "cli.unknown_lang", "lang",
			value, NULL);
		return -ERR_INVALID;
	case LONG_ONCE:
		p->args->server.once = true;
		return 0;
	case LONG_SOCKS_AUTH:
		p->args->socks_auth = value;
		return 0;
	case LONG_STATS:
		return set_stats(p, value);
	}
	return -ERR_INTERNAL;
}

static int unknown_long(struct parser *p, const char *text)
{
	const char *names[LONGS + 1] = {NULL}, *near;

	for (size_t i = 0; i < LONGS; i++)
		names[i] = longs[i].name;
	near = text_nearest(text, names);
	if (near != NULL)
		text_format(p->error, TEXT_MAX, "run.unknown_flag_near", "flag",
			text, "near", near, NULL);
	else
		text_format(p->error, TEXT_MAX, "run.unknown_flag", "flag",
			text, NULL);
	return -ERR_INVALID;
}

static int long_flag(struct parser *p, const char *text)
{
	const char *value = strchr(text, '=');
	size_t n = value != NULL ? (size_t)(value - text) : strlen(text);

	for (size_t i = 0; i < LONGS; i++) {
		if (strlen(longs[i].name) != n ||
			memcmp(longs[i].name, text, n) != 0)
			continue;
		if (!longs[i].takes_value && value != NULL) {
			text_format(p->error, TEXT_MAX, "run.takes_no_value",
				"flag", longs[i].name, NULL);
			return -ERR_INVALID;
		}
		if (value != NULL)
			value++;
		else if (longs[i].takes_value) {
			if (p->at == p->argc)
				return needs_value(p, longs[i].name);
			value = p->argv[p->at++];
		}
		return apply_long(p, (enum long_option)i, value);
	}
	return unknown_long(p, text);
}

static int positional(struct parser *p, const char *text)
{
	struct run_args *a = p->args;
	struct trouble t = {0};

	if (a->destination != NULL) {
		text_format(p->error, TEXT_MAX, "run.no_command", "word", text,
			NULL);
		return -ERR_INVALID;
	}
	if (destination_parse(text, &a->parsed, &t) < 0) {
		const char *detail = trouble_get(&t, "detail");

		text_format(p->error, TEXT_MAX, "run.bad_host", "host", text,
			"detail", detail != NULL ? detail : "?", NULL);
		return -ERR_INVALID;
	}
	a->destination = mem_strdup(text);
	return 0;
}

/* GatewayPorts: a bind address that was left out is all of them. */
static void widen_forwards(struct run_args *a)
{
	for (size_t i = 0; i < a->n_forwards; i++) {
		struct forward_spec *f = &a->forwards[i];

		if (f->type == FORWARD_REMOTE || !f->bind_left_out)
			continue;
		free(f->listen.host);
		f->listen.host = mem_strdup("");
	}
}

/* As in ssh, -l and -p win over what the destination says. */
static void settle_destination(struct run_args *a)
{
	struct options *o = &a->server.options;

	if (o->user == NULL && a->parsed.user != NULL)
		o->user = mem_strdup(a->parsed.user);
	if (o->port == 0)
		o->port = a->parsed.port != 0 ? a->parsed.port : 22;
	a->server.name = a->destination;
	a->server.host = a->parsed.host;
	a->server.may_ask = !o->batch_mode;
}

/* ssh_config has the forwards too: -o "LocalForward=8080 web:80". */
static int add_assigned_forwards(struct parser *p)
{
	const struct options *o = &p->args->server.options;
	const struct {
		const struct string_list *list;
		enum forward_type type;
	} lists[] = {
		{&o->local_forwards, FORWARD_LOCAL},
		{&o->remote_forwards, FORWARD_REMOTE},
		{&o->dynamic_forwards, FORWARD_DYNAMIC},
	};

	for (size_t l = 0; l < 3; l++)
		for (size_t i = 0; i < lists[l].list->n; i++) {
			int r = add_forward(
				p, "-o", lists[l].type, lists[l].list->item[i]);

			if (r < 0)
				return r;
		}
	return 0;
}

static int settle(struct parser *p)
{
	struct run_args *a = p->args;
	struct trouble t = {0};
	const char *detail;

	if (a->destination == NULL) {
		text_format(p->error, TEXT_MAX, "run.no_host", NULL);
		return -ERR_INVALID;
	}
	if (add_assigned_forwards(p) < 0)
		return -ERR_INVALID;
	if (a->n_forwards == 0) {
		text_format(p->error, TEXT_MAX, "run.no_forward", NULL);
		return -ERR_INVALID;
	}
	if (a->stats_s != 0 && !a->json) {
		text_format(p->error, TEXT_MAX, "run.stats_want_json", NULL);
		return -ERR_INVALID;
	}
	if (a->server.options.gateway_ports)
		widen_forwards(a);
	settle_destination(a);
	if (run_jumps_make(&a->server, &t) < 0) {
		detail = trouble_get(&t, "detail");
		text_format(p->error, TEXT_MAX, "run.bad_jumps", "detail",
			detail != NULL ? detail : "?", NULL);
		return -ERR_INVALID;
	}
	return 0;
}

int run_args_parse(int argc, char **argv, struct run_args *ret_args,
	char ret_error[TEXT_MAX])
{
	struct parser p = {.argc = argc,
		.at = 1,
		.argv = argv,
		.args = ret_args,
		.error = ret_error};
	bool options_ended = false;

	memset(ret_args, 0, sizeof(*ret_args));
	ret_args->server.id = RUN_SERVER_ID;
	options_init(&ret_args->server.options);
	ret_args->server.options.port = 0; /* until it is given */
	while (p.at < argc && !ret_args->help) {
		const char *text = argv[p.at++];
		int r;

		if (options_ended || text[0] != '-' || text[1] == '\0')
			r = positional(&p, text);
		else if (text[1] != '-')
			r = short_flags(&p, text + 1);
		else if (text[2] != '\0')
			r = long_flag(&p, text);
		else {
			options_ended = true;
			r = 0;
		}
		if (r < 0)
			return r;
	}
	return ret_args->help ? 0 : settle(&p);
}

void run_args_done(struct run_args *args)
{
	run_jumps_done(&args->server);
	options_done(&args->server.options);
	for (size_t i = 0; i < args->n_forwards; i++)
		forward_spec_done(&args->forwards[i]);
	free(args->forwards);
	destination_done(&args->parsed);
	free(args->destination);
	memset(args, 0, sizeof(*args));
}
