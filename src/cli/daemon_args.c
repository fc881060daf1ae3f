#include "cli/daemon_args.h"

#include <string.h>

const struct args_option daemon_args_options[] = {
	{"--allow-remote", 0, ARGS_FLAG, NULL},
	{"--listen", 0, ARGS_TEXT, NULL},
	{"--log-format", 0, ARGS_TEXT, NULL},
	{"--log-level", 0, ARGS_TEXT, NULL},
	{"--page", 0, ARGS_TEXT, NULL},
	{"--passphrase-fd", 0, ARGS_NUMBER, NULL},
	{"--public-url", 0, ARGS_TEXT, NULL},
	{"--tls-cert", 0, ARGS_TEXT, NULL},
	{"--tls-key", 0, ARGS_TEXT, NULL},
	{NULL, 0, ARGS_FLAG, NULL},
};

static int bad_value(char *error, const char *flag, const char *value)
{
	text_format(error, TEXT_MAX, "daemon.bad_value", "flag", flag, "value",
		value, NULL);
	return -ERR_INVALID;
}

static int parse_log(const struct args *a, struct daemon_args *d, char *error)
{
	const char *level = args_value(a, "--log-level");
	const char *form = args_value(a, "--log-format");

	if (args_json(a))
		d->log = DAEMON_LOG_JSON;
	if (form != NULL && strcmp(form, "json") == 0)
		d->log = DAEMON_LOG_JSON;
	else if (form != NULL && strcmp(form, "text") == 0)
		d->log = DAEMON_LOG_TEXT;
	else if (form != NULL)
		return bad_value(error, "--log-format", form);
	d->has_level = level != NULL;
	if (level != NULL && !log_level_parse(level, &d->level))
		return bad_value(error, "--log-level", level);
	return 0;
}

static int parse_fd(const struct args *a, struct daemon_args *d, char *error)
{
	const char *text = args_value(a, "--passphrase-fd");
	uint64_t fd;

	d->passphrase_fd = -1;
	if (text == NULL)
		return 0;
	if (args_number(text, &fd) < 0 || fd > 1023 || fd == 1 || fd == 2)
		return bad_value(error, "--passphrase-fd", text);
	d->passphrase_fd = (int)fd;
	return 0;
}

static int settle(const struct args *a, struct daemon_args *d, char *error)
{
	d->help = a->help;
	if (d->help)
		return 0;
	if (a->n_words != 0) {
		text_format(error, TEXT_MAX, "daemon.no_words", "word",
			a->words[0], NULL);
		return -ERR_INVALID;
	}
	if (args_has(a, "--no-start")) {
		text_format(error, TEXT_MAX, "run.unknown_flag", "flag",
			"--no-start", NULL);
		return -ERR_INVALID;
	}
	d->state = args_value(a, "--state");
	d->socket = args_value(a, "--socket");
	d->listen = args_value(a, "--listen");
	d->page = args_value(a, "--page");
	d->tls_cert = args_value(a, "--tls-cert");
	d->tls_key = args_value(a, "--tls-key");
	d->public_url = args_value(a, "--public-url");
	d->allow_remote = args_has(a, "--allow-remote");
	if ((d->tls_cert == NULL) != (d->tls_key == NULL)) {
		text_format(error, TEXT_MAX, "daemon.cert_and_key", NULL);
		return -ERR_INVALID;
	}
	if (parse_fd(a, d, error) < 0)
		return -ERR_INVALID;
	return parse_log(a, d, error);
}

int daemon_args_parse(int argc, char **argv, struct daemon_args *ret_args,
	char ret_error[TEXT_MAX])
{
	struct args a;
	int err;

	memset(ret_args, 0, sizeof(*ret_args));
	err = args_parse(argc, argv, daemon_args_options, &a, ret_error);
	if (err == 0)
		err = settle(&a, ret_args, ret_error);
	args_done(&a);
	return err;
}
