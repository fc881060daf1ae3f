/*
 * Tokens and the page's sessions: hashes of what their holders show.
 */
#include <string.h>

#include "store/store.h"
#include "store/store_sql.h"

int store_add_access(
	struct store *s, struct store_access *access, struct trouble *trouble)
{
	const struct store_bind binds[] = {
		bind_text(access->kind),
		bind_text(access->name),
		bind_text(access->scope),
		bind_blob(access->hash, STORE_HASH),
		bind_number(access->created_ms),
		bind_number(access->used_ms),
		bind_number(access->expires_ms),
	};
	int64_t id = 0;
	int err;

	err = store_sql_number(s,
		"INSERT INTO access (kind, name, scope, hash, created_ms,"
		" used_ms, expires_ms) VALUES (?, ?, ?, ?, ?, ?, ?)"
		" RETURNING id",
		STORE_BINDS(binds), &id, trouble);
	if (err == 0)
		access->id = (uint32_t)id;
	else if (err == -ERR_CONFLICT && trouble != NULL)
		trouble_arg(trouble, "name", "%s", access->name);
	return err;
}

struct walk {
	store_access_fn *fn;
	void *arg;
};

static int take_access(void *arg, sqlite3_stmt *row)
{
	const struct walk *w = arg;
	struct store_access access = {
		.id = (uint32_t)column_number(row, 0),
		.kind = column_text(row, 1),
		.name = column_text(row, 2),
		.scope = column_text(row, 3),
		.created_ms = column_number(row, 5),
		.used_ms = column_number(row, 6),
		.expires_ms = column_number(row, 7),
	};

	/* A hash of zeroes, which nothing has, stands for one that is not
	 * whole. */
	if (sqlite3_column_bytes(row, 4) == STORE_HASH)
		memcpy(access.hash, sqlite3_column_blob(row, 4), STORE_HASH);
	return w->fn(w->arg, &access);
}

int store_each_access(struct store *s, store_access_fn *fn, void *arg,
	struct trouble *trouble)
{
	struct walk w = {fn, arg};

	return store_sql_each(s,
		"SELECT id, kind, name, scope, hash, created_ms, used_ms,"
		" expires_ms FROM access ORDER BY id",
		NULL, 0, take_access, &w, trouble);
}

int store_touch_access(struct store *s, uint32_t id, uint64_t used_ms,
	uint64_t expires_ms, struct trouble *trouble)
{
	const struct store_bind binds[] = {
		bind_number(used_ms), bind_number(expires_ms), bind_number(id)};
	int err;

	store_sql_lag_begin(s);
	err = store_sql_run_one(s,
		"UPDATE access SET used_ms = ?, expires_ms = ? WHERE id = ?",
		STORE_BINDS(binds), "access", id, trouble);
	store_sql_lag_end(s);
	return err;
}

int store_remove_access(struct store *s, uint32_t id, struct trouble *trouble)
{
	const struct store_bind binds[] = {bind_number(id)};

	return store_sql_run_one(s, "DELETE FROM access WHERE id = ?",
		STORE_BINDS(binds), "access", id, trouble);
}
