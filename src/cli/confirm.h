/*
 * A yes, or a secret, from the person before the program (or a pipe).
 */
#ifndef TAUPE_CLI_CONFIRM_H
#define TAUPE_CLI_CONFIRM_H

#include <stdbool.h>

#include "base/secret.h"
#include "cli/args.h"

/* Asks "`sentence` (yes/no)" on the terminal unless --yes is given. 0: yes. The
 * exit code when it is no, or when there is nobody to ask; then it is said. */
int confirm_ask(const struct args *a, const char *sentence) WARN_UNUSED;

/* One line of stdin, without its end: typed unseen behind `label` on a
 * terminal. -ERR_CANCELLED: there is none. The caller wipes. */
int confirm_secret(const char *label, struct secret *ret_secret) WARN_UNUSED;
/* The same, as an exit code with its sentence. */
int confirm_read(const char *label, struct secret *ret_secret) WARN_UNUSED;

#endif
