/* The command line of `taupe daemon`. Pure, apart from --lang (args.h). */
#ifndef TAUPE_CLI_DAEMON_ARGS_H
#define TAUPE_CLI_DAEMON_ARGS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/log.h"
#include "cli/args.h"
#include "cli/text.h"

enum daemon_log { DAEMON_LOG_AUTO, DAEMON_LOG_TEXT, DAEMON_LOG_JSON };

/* Texts lie in argv; NULL: not given. */
struct daemon_args {
	bool help; /* nothing else counts */
	const char *state, *socket, *listen, *page;
	const char *tls_cert, *tls_key, *public_url;
	bool allow_remote;
	bool has_level;
	enum log_level level;
	enum daemon_log log;
	int passphrase_fd; /* -1: none */
};

/* Besides those of args_common; --no-start is none of its own. */
extern const struct args_option daemon_args_options[];

/* 0, or -ERR_INVALID with a whole sentence. */
int daemon_args_parse(int argc, char **argv, struct daemon_args *ret_args,
	char ret_error[TEXT_MAX]) WARN_UNUSED;

#endif
