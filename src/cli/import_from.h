/*
 * Where `taupe import` reads from: files that were named, stdin, or where the
 * other program keeps its own. Main thread.
 */
#ifndef TAUPE_CLI_IMPORT_FROM_H
#define TAUPE_CLI_IMPORT_FROM_H

#include <jansson.h>

#include "cli/args.h"

/* An array of request bodies ("format" with "path" or "text"), which the caller
 * owns. Says what is wrong; 0 or the exit code. */
int import_from(const char *format, const struct args *a,
	json_t **ret_bodies) WARN_UNUSED;

#endif
