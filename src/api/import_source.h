/*
 * Where an import comes from: a text that was sent, a file, a folder of files
 * (PuTTY's sessions, mole's aliases), or where the other program keeps its own.
 * Blocks for as long as the disk and `ssh -G` do; any thread.
 */
#ifndef TAUPE_API_IMPORT_SOURCE_H
#define TAUPE_API_IMPORT_SOURCE_H

#include "import/import.h"

/* `text` NULL: `path`; NULL as well: the program's own place.
 * -ERR_NOT_FOUND, -ERR_FILE, and import_read's. */
int import_source_read(enum import_format format, const char *text,
	const char *path, struct import_set *ret_set,
	struct trouble *trouble) WARN_UNUSED;

#endif
