/*
 * The command line of `taupe run`, in ssh's own syntax: ssh(1).
 *
 * Options come before or after the host, short ones can be joined (-NL 8080:…,
 * -p2222), long ones take "--name value" or "--name=value". Pure: reads argv
 * and nothing else, apart from --lang, which takes effect at once so that the
 * complaints behind it are in that language.
 */
#ifndef TAUPE_CLI_RUN_ARGS_H
#define TAUPE_CLI_RUN_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "cli/args.h"
#include "cli/text.h"
#include "tunnel/forward_spec.h"
#include "tunnel/options.h"
#include "tunnel/worker.h"

/* More than anyone types; keeps ids and tables small. */
#define RUN_FORWARDS_MAX 512
/* The server's id; forward i has id i + 1. */
#define RUN_SERVER_ID 1

struct run_args {
	/* What the worker is told; name and host point into this struct. */
	struct server_config server;
	struct forward_spec *forwards;
	size_t n_forwards;
	bool help;              /* --help: nothing else is set */
	bool json;              /* --json */
	unsigned stats_s;       /* --stats: seconds between two; 0: none */
	unsigned verbose;       /* how many -v */
	bool quiet;             /* -q */
	const char *socks_auth; /* --socks-auth: a path, in argv; or NULL */
	/* internal */
	char *destination; /* as typed */
	struct destination parsed;
};

/* The long options; run_flags_letter has ssh's short ones. */
extern const struct args_option run_args_options[];

/* 0, or -ERR_INVALID with a whole sentence in ret_error. run_args_done either
 * way. */
int run_args_parse(int argc, char **argv, struct run_args *ret_args,
	char ret_error[TEXT_MAX]) WARN_UNUSED;
void run_args_done(struct run_args *args);

#endif
