#include "cli/run_args.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/run_flags.h"
#include "tunnel/jumps.h"

enum long_option {
	LONG_HELP,
	LONG_JSON,
	LONG_LANG,
	LONG_ONCE,
	LONG_SOCKS_AUTH,
	LONG_STATS,
};

const struct args_option run_args_options[] = {
	[LONG_HELP] = {"--help", 0, ARGS_FLAG, NULL},
	[LONG_JSON] = {"--json", 0, ARGS_FLAG, NULL},
	[LONG_LANG] = {"--lang", 0, ARGS_TEXT, NULL},
	[LONG_ONCE] = {"--once", 0, ARGS_FLAG, NULL},
	[LONG_SOCKS_AUTH] = {"--socks-auth", 0, ARGS_PATH, NULL},
	[LONG_STATS] = {"--stats", 0, ARGS_NUMBER, NULL},
	{NULL, 0, ARGS_FLAG, NULL},
};
#define LONGS (sizeof(run_args_options) / sizeof(run_args_options[0]) - 1)

static int set_stats(struct run_parser *p, const char *value)
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
	struct run_parser *p, enum long_option option, const char *value)
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

static int unknown_long(struct run_parser *p, const char *text)
{
	const char *names[LONGS + 1] = {NULL}, *near;

	for (size_t i = 0; i < LONGS; i++)
		names[i] = run_args_options[i].name;
	near = text_nearest(text, names);
	if (near != NULL)
		text_format(p->error, TEXT_MAX, "run.unknown_flag_near", "flag",
			text, "near", near, NULL);
	else
		text_format(p->error, TEXT_MAX, "run.unknown_flag", "flag",
			text, NULL);
	return -ERR_INVALID;
}

static int long_flag(struct run_parser *p, const char *text)
{
	const char *value = strchr(text, '=');
	size_t n = value != NULL ? (size_t)(value - text) : strlen(text);

	for (size_t i = 0; i < LONGS; i++) {
		if (strlen(run_args_options[i].name) != n ||
			memcmp(run_args_options[i].name, text, n) != 0)
			continue;
		if (!(run_args_options[i].kind != ARGS_FLAG) && value != NULL) {
			text_format(p->error, TEXT_MAX, "run.takes_no_value",
				"flag", run_args_options[i].name, NULL);
			return -ERR_INVALID;
		}
		if (value != NULL)
			value++;
		else if ((run_args_options[i].kind != ARGS_FLAG)) {
			if (p->at == p->argc)
				return run_flags_needs_value(
					p, run_args_options[i].name);
			value = p->argv[p->at++];
		}
		return apply_long(p, (enum long_option)i, value);
	}
	return unknown_long(p, text);
}

static int positional(struct run_parser *p, const char *text)
{
	struct run_args *a = p->args;
	struct trouble t = {0};

	if (a->destination != NULL) {
		text_format(p->error, TEXT_MAX, "run.no_command", "word", text,
			NULL);
		return -ERR_INVALID;
	}
	if (destination_parse(text, &a->parsed, &t) < 0) {
		trouble_format(&t, "run.bad_host", p->error, TEXT_MAX);
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
static int add_assigned_forwards(struct run_parser *p)
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
			int r = run_flags_add_forward(
				p, lists[l].type, lists[l].list->item[i]);

			if (r < 0)
				return r;
		}
	return 0;
}

static int settle(struct run_parser *p)
{
	struct run_args *a = p->args;
	struct trouble t = {0};

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
	if (jumps_make(&a->server, &t) < 0) {
		trouble_format(&t, "run.bad_jumps", p->error, TEXT_MAX);
		return -ERR_INVALID;
	}
	return 0;
}

int run_args_parse(int argc, char **argv, struct run_args *ret_args,
	char ret_error[TEXT_MAX])
{
	struct run_parser p = {.argc = argc,
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
			r = run_flags_short(&p, text + 1);
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
	jumps_done(&args->server);
	options_done(&args->server.options);
	for (size_t i = 0; i < args->n_forwards; i++)
		forward_spec_done(&args->forwards[i]);
	free(args->forwards);
	destination_done(&args->parsed);
	free(args->destination);
	memset(args, 0, sizeof(*args));
}
