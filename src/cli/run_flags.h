/*
 * ssh's one-letter flags in the command line of `taupe run`: what each does,
 * and which of ssh's are refused. For run_args.c.
 */
#ifndef TAUPE_CLI_RUN_FLAGS_H
#define TAUPE_CLI_RUN_FLAGS_H

#include "cli/run_args.h"

/* All return 0, or -ERR_INVALID with a whole sentence in `error`. */
struct run_parser {
	int argc, at; /* at: the next argument */
	char **argv;
	struct run_args *args;
	char *error; /* TEXT_MAX bytes */
};

/* One argument of joined letters, its '-' left out; the first that takes a
 * value has the rest of it, or else the next argument. */
int run_flags_short(struct run_parser *p, const char *letters) WARN_UNUSED;
int run_flags_add_forward(struct run_parser *p, enum forward_type type,
	const char *text) WARN_UNUSED;
/* Complains that `flag` has no value. */
int run_flags_needs_value(struct run_parser *p, const char *flag) WARN_UNUSED;

/* The letter of flag `i` that does something, 0 past the last; with its value's
 * kind. */
char run_flags_letter(size_t i, enum args_kind *ret_kind);

#endif
