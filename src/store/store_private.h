/*
 * What the store's files share: the handle, its schema, its migrations.
 */
#ifndef TAUPE_STORE_PRIVATE_H
#define TAUPE_STORE_PRIVATE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/trouble.h"

struct store_sql_cached;

struct store {
	sqlite3 *db;
	char *path;
	struct store_sql_cached *cached; /* prepared statements */
	size_t n_cached;
	int failure; /* SQLite's primary code for the last error told */
	bool begun;  /* from store_begin to store_commit or store_rollback */
	bool held;   /* by another program, when it was last written to */
	uint64_t pruned_ms; /* the hour for which old traffic was let go */
};

/* Tells a taupe database from others: "taup". */
#define STORE_APPLICATION_ID 0x74617570

/* How long a writer that is not ours (a person with sqlite3) is waited for. */
#define STORE_BUSY_MS 2000

/* Step n of the list, counted from 1, makes schema n of schema n - 1. A step
 * that people may have on their disks is never changed. */
struct store_step {
	const char *sql;
};
extern const struct store_step store_schema_steps[];
extern const unsigned store_schema_n;

/* Runs the steps that the file lacks, as store_open says. A file with no
 * schema yet is not copied first. */
int store_migrate(struct store *s, const struct store_step *steps,
	unsigned n_steps, struct trouble *trouble) WARN_UNUSED;

/* store_open with other steps. */
int store_open_steps(const char *folder, const struct store_step *steps,
	unsigned n_steps, struct store **ret_store,
	struct trouble *trouble) WARN_UNUSED;

/* Looks at `path` without writing to it: -ERR_STORE_NEWER, -ERR_STORE_DAMAGED.
 * A file that is not there or empty is fine. 0 with *ret_sure false: the crash
 * of a writer left it so that only another can tell. */
int store_look(const char *path, unsigned n_steps, bool *ret_sure,
	struct trouble *trouble) WARN_UNUSED;
/* The same look through a connection that may write. */
int store_look_in(
	struct store *s, unsigned n_steps, struct trouble *trouble) WARN_UNUSED;

#endif
