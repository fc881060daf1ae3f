/*
 * What an import would do, on stdout: docs/api.md's answer as two tables and
 * what is left out. Main thread.
 */
#ifndef TAUPE_CLI_IMPORT_SHOW_H
#define TAUPE_CLI_IMPORT_SHOW_H

#include <stddef.h>

#include <jansson.h>

/* How many rows of the list are added. */
size_t import_show_new(const json_t *rows);
void import_show(const json_t *result);

#endif
