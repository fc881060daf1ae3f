/*
 * Our own export (export.h), read back. Pure; any thread.
 */
#ifndef TAUPE_API_IMPORT_JSON_H
#define TAUPE_API_IMPORT_JSON_H

#include "import/import.h"

/* As import_read: what can't be taken is told as skipped. */
int import_json_read(const char *text, size_t n, struct import_set *ret_set,
	struct trouble *trouble) WARN_UNUSED;

#endif
