/*
 * SQLite, as the store's files speak with it: a text, its values, and a
 * function for each row. Statements are prepared once and kept.
 *
 * Errors are -ERR_STORE with "path" and "detail", except for what the schema
 * refuses: -ERR_INVALID (a CHECK: "detail" names it), -ERR_CONFLICT (UNIQUE),
 * -ERR_IN_USE (a foreign key).
 */
#ifndef TAUPE_STORE_SQL_H
#define TAUPE_STORE_SQL_H

#include "store/store_private.h"

struct store_bind {
	enum { BIND_NULL, BIND_NUMBER, BIND_TEXT, BIND_BLOB } kind;
	int64_t number;
	const void *bytes;
	size_t n;
};

/* Counters that no one reaches end at what a column holds, INT64_MAX. */
static inline struct store_bind bind_number(uint64_t number)
{
	return (struct store_bind){.kind = BIND_NUMBER,
		.number = number > INT64_MAX ? INT64_MAX : (int64_t)number};
}

static inline struct store_bind bind_signed(int64_t number)
{
	return (struct store_bind){.kind = BIND_NUMBER, .number = number};
}

/* NULL for NULL. It is not copied: it lives until the statement has run. */
static inline struct store_bind bind_text(const char *text)
{
	return (struct store_bind){
		.kind = text != NULL ? BIND_TEXT : BIND_NULL, .bytes = text};
}

static inline struct store_bind bind_blob(const void *bytes, size_t n)
{
	return (struct store_bind){.kind = BIND_BLOB, .bytes = bytes, .n = n};
}

/* An id, where 0 stands for none. */
static inline struct store_bind bind_id(uint32_t id)
{
	return id != 0 ? bind_number(id)
		       : (struct store_bind){.kind = BIND_NULL};
}

#define STORE_BINDS(a) (a), sizeof(a) / sizeof((a)[0])

/* For each row; non-zero ends the walk and is returned. It may read the store,
 * even by the same text. */
typedef int store_sql_row_fn(void *arg, sqlite3_stmt *row);

/* `text` is a literal: its statement is kept, found again by its address. `fn`
 * NULL: rows are passed over. */
int store_sql_each(struct store *s, const char *text,
	const struct store_bind *binds, size_t n_binds, store_sql_row_fn *fn,
	void *arg, struct trouble *trouble) WARN_UNUSED;
/* For a text made for the occasion. */
int store_sql_each_made(struct store *s, const char *text,
	const struct store_bind *binds, size_t n_binds, store_sql_row_fn *fn,
	void *arg, struct trouble *trouble) WARN_UNUSED;
static inline WARN_UNUSED int store_sql_run(struct store *s, const char *text,
	const struct store_bind *binds, size_t n_binds, struct trouble *trouble)
{
	return store_sql_each(s, text, binds, n_binds, NULL, NULL, trouble);
}
/* store_sql_run that must change a row: -ERR_NOT_FOUND with "detail". */
int store_sql_run_one(struct store *s, const char *text,
	const struct store_bind *binds, size_t n_binds, const char *what,
	uint64_t id, struct trouble *trouble) WARN_UNUSED;
/* The last row's first column. *ret_number stays when there is no row. */
int store_sql_number(struct store *s, const char *text,
	const struct store_bind *binds, size_t n_binds, int64_t *ret_number,
	struct trouble *trouble) WARN_UNUSED;
/* Statements without values or rows; nothing is kept of them. */
int store_sql_script(
	struct store *s, const char *text, struct trouble *trouble) WARN_UNUSED;

/* A change of more than one statement: a transaction of its own, or a part of
 * store_begin's that can be undone alone. store_sql_end keeps it when `err` is
 * 0, else undoes it and returns `err`. */
int store_sql_begin(struct store *s, struct trouble *trouble) WARN_UNUSED;
int store_sql_end(
	struct store *s, int err, struct trouble *trouble) WARN_UNUSED;

/* What comes until store_sql_lag_end may reach the disk a little later, if it
 * stands alone: history is not worth a flush each time. A crash of the process
 * loses nothing of it. */
void store_sql_lag_begin(struct store *s);
void store_sql_lag_end(struct store *s);

/* Fills `trouble` from what SQLite last said; returns the negative code. */
int store_sql_trouble(struct store *s, int rc, struct trouble *trouble);
/* `code` with "path" and "detail"; returns -code. */
int store_sql_say(const struct store *s, enum err code, const char *detail,
	struct trouble *trouble);
/* -ERR_NOT_FOUND with "detail". */
int store_sql_not_found(const char *what, uint64_t id, struct trouble *trouble);

void store_sql_forget(struct store *s); /* the kept statements */

/* Columns of a row. Copies are malloc'ed. The texts of columns that hold no
 * NULL are never NULL, whatever a damaged file says. */
static inline uint64_t column_number(sqlite3_stmt *row, int i)
{
	return (uint64_t)sqlite3_column_int64(row, i);
}

static inline const char *column_text_or_null(sqlite3_stmt *row, int i)
{
	return (const char *)sqlite3_column_text(row, i);
}

static inline const char *column_text(sqlite3_stmt *row, int i)
{
	const char *text = column_text_or_null(row, i);

	return text != NULL ? text : "";
}

char *store_sql_copy(sqlite3_stmt *row, int i);
char *store_sql_copy_or_null(sqlite3_stmt *row, int i);
/* A column that holds one of `words`, as its place among them; the first when
 * it is none of them. */
unsigned store_sql_word(
	sqlite3_stmt *row, int i, const char *const *words, unsigned n);

#endif
