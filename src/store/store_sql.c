#include "store/store_sql.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct store_sql_cached {
	const char *text; /* by address */
	sqlite3_stmt *stmt;
	bool busy; /* a walk is on it */
};

/* ---- what went wrong ---- */

/* Of what SQLite passes on as an error of input and output. A failed COMMIT
 * leaves none with the connection, but the log's file has it. */
static int system_error(struct store *s)
{
	sqlite3_file *log = NULL;
	int error = sqlite3_system_errno(s->db);

	if (error != 0)
		return error;
	if (sqlite3_file_control(s->db, "main", SQLITE_FCNTL_JOURNAL_POINTER,
		    &log) == SQLITE_OK &&
		log != NULL && log->pMethods != NULL)
		log->pMethods->xFileControl(
			log, SQLITE_FCNTL_LAST_ERRNO, &error);
	if (error == 0)
		sqlite3_file_control(
			s->db, "main", SQLITE_FCNTL_LAST_ERRNO, &error);
	return error;
}

static const char *words(struct store *s, int rc, char *space, size_t size)
{
	int error;

	switch (rc & 0xff) {
	case SQLITE_FULL:
		return strerror_r(ENOSPC, space, size);
	case SQLITE_READONLY:
		return "the file or its folder is read-only";
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return "another program holds it";
	case SQLITE_CORRUPT:
		return "it is damaged";
	case SQLITE_NOTADB:
		return "it is not a database";
	case SQLITE_PERM:
	case SQLITE_CANTOPEN:
	case SQLITE_IOERR:
		error = system_error(s);
		if (error != 0)
			return strerror_r(error, space, size);
	}
	return sqlite3_errmsg(s->db);
}

static enum err code_of(int rc)
{
	switch (rc) {
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
		return ERR_CONFLICT;
	case SQLITE_CONSTRAINT_FOREIGNKEY:
		return ERR_IN_USE;
	}
	if ((rc & 0xff) == SQLITE_CONSTRAINT || (rc & 0xff) == SQLITE_TOOBIG)
		return ERR_INVALID;
	return ERR_STORE;
}

int store_sql_say(const struct store *s, enum err code, const char *detail,
	struct trouble *trouble)
{
	if (trouble != NULL) {
		trouble_set(trouble, (int)code);
		trouble_arg(trouble, "path", "%s", s->path);
		trouble_arg(trouble, "detail", "%s", detail);
	}
	return -(int)code;
}

int store_sql_trouble(struct store *s, int rc, struct trouble *trouble)
{
	char space[128];

	s->failure = rc & 0xff;
	return store_sql_say(
		s, code_of(rc), words(s, rc, space, sizeof(space)), trouble);
}

int store_sql_not_found(const char *what, uint64_t id, struct trouble *trouble)
{
	return trouble_say(trouble, ERR_NOT_FOUND, "%s (%llu)", what,
		(unsigned long long)id);
}

/* A disk that is full may have made SQLite undo the whole of store_begin's
 * transaction; what came after would then stand alone. */
static int still_begun(struct store *s, struct trouble *trouble)
{
	if (!s->begun || sqlite3_get_autocommit(s->db) == 0)
		return 0;
	return store_sql_say(s, ERR_STORE, "an earlier change failed", trouble);
}

/* ---- statements ---- */

static int bind(sqlite3_stmt *stmt, int i, const struct store_bind *b)
{
	switch (b->kind) {
	case BIND_NUMBER:
		return sqlite3_bind_int64(stmt, i, b->number);
	case BIND_TEXT:
		return sqlite3_bind_text64(stmt, i, b->bytes, strlen(b->bytes),
			SQLITE_STATIC, SQLITE_UTF8);
	case BIND_BLOB:
		return b->n == 0 ? sqlite3_bind_zeroblob(stmt, i, 0)
				 : sqlite3_bind_blob64(stmt, i, b->bytes, b->n,
					   SQLITE_STATIC);
	case BIND_NULL:
		break;
	}
	return sqlite3_bind_null(stmt, i);
}

/* Runs `stmt`, which is ready for use before and after. */
static int run(struct store *s, sqlite3_stmt *stmt,
	const struct store_bind *binds, size_t n_binds, store_sql_row_fn *fn,
	void *arg, struct trouble *trouble)
{
	int rc = SQLITE_OK, err = 0;

	for (size_t i = 0; i < n_binds && rc == SQLITE_OK; i++)
		rc = bind(stmt, (int)i + 1, &binds[i]);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	while (rc == SQLITE_ROW && err == 0) {
		if (fn != NULL)
			err = fn(arg, stmt);
		if (err == 0)
			rc = sqlite3_step(stmt);
	}
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		err = store_sql_trouble(s, rc, trouble);
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	return err;
}

/* The place in s->cached, or -1 with `trouble`. */
static int find(struct store *s, const char *text, struct trouble *trouble)
{
	struct store_sql_cached *c;
	int rc;

	for (size_t i = 0; i < s->n_cached; i++)
		if (s->cached[i].text == text && !s->cached[i].busy)
			return (int)i;
	s->cached = mem_realloc(s->cached, s->n_cached + 1, sizeof(*s->cached));
	c = &s->cached[s->n_cached];
	*c = (struct store_sql_cached){.text = text};
	rc = sqlite3_prepare_v3(
		s->db, text, -1, SQLITE_PREPARE_PERSISTENT, &c->stmt, NULL);
	if (rc != SQLITE_OK) {
		store_sql_trouble(s, rc, trouble);
		return -1;
	}
	return (int)s->n_cached++;
}

int store_sql_each(struct store *s, const char *text,
	const struct store_bind *binds, size_t n_binds, store_sql_row_fn *fn,
	void *arg, struct trouble *trouble)
{
	int err, at;

	err = still_begun(s, trouble);
	if (err != 0)
		return err;
	at = find(s, text, trouble);
	if (at < 0)
		return -ERR_STORE;
	s->cached[at].busy = true;
	err = run(s, s->cached[at].stmt, binds, n_binds, fn, arg, trouble);
	s->cached[at].busy = false;
	return err;
}

int store_sql_each_made(struct store *s, const char *text,
	const struct store_bind *binds, size_t n_binds, store_sql_row_fn *fn,
	void *arg, struct trouble *trouble)
{
	sqlite3_stmt *stmt;
	int err, rc;

	err = still_begun(s, trouble);
	if (err != 0)
		return err;
	rc = sqlite3_prepare_v2(s->db, text, -1, &stmt, NULL);
	if (rc != SQLITE_OK)
		return store_sql_trouble(s, rc, trouble);
	err = run(s, stmt, binds, n_binds, fn, arg, trouble);
	sqlite3_finalize(stmt);
	return err;
}

int store_sql_run_one(struct store *s, const char *text,
	const struct store_bind *binds, size_t n_binds, const char *what,
	uint64_t id, struct trouble *trouble)
{
	int err = store_sql_run(s, text, binds, n_binds, trouble);

	if (err == 0 && sqlite3_changes(s->db) == 0)
		err = store_sql_not_found(what, id, trouble);
	return err;
}

static int take_number(void *arg, sqlite3_stmt *row)
{
	int64_t *number = arg;

	*number = sqlite3_column_int64(row, 0);
	return 0;
}

int store_sql_number(struct store *s, const char *text,
	const struct store_bind *binds, size_t n_binds, int64_t *ret_number,
	struct trouble *trouble)
{
	return store_sql_each(
		s, text, binds, n_binds, take_number, ret_number, trouble);
}

int store_sql_script(struct store *s, const char *text, struct trouble *trouble)
{
	int rc = sqlite3_exec(s->db, text, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : store_sql_trouble(s, rc, trouble);
}

void store_sql_forget(struct store *s)
{
	for (size_t i = 0; i < s->n_cached; i++)
		sqlite3_finalize(s->cached[i].stmt);
	free(s->cached);
	s->cached = NULL;
	s->n_cached = 0;
}

/* ---- transactions ---- */

/* Another program that keeps its lock is waited for once, not with each row of
 * the history: the control thread has more to do. */
static void note_lock(struct store *s, bool held)
{
	if (held == s->held)
		return;
	s->held = held;
	sqlite3_busy_timeout(s->db, held ? 0 : STORE_BUSY_MS);
}

int store_sql_begin(struct store *s, struct trouble *trouble)
{
	int err;

	if (s->begun)
		return store_sql_run(s, "SAVEPOINT change", NULL, 0, trouble);
	err = store_sql_run(s, "BEGIN IMMEDIATE", NULL, 0, trouble);
	if (err == 0)
		note_lock(s, false);
	else if (s->failure == SQLITE_BUSY)
		note_lock(s, true);
	return err;
}

int store_sql_end(struct store *s, int err, struct trouble *trouble)
{
	if (err == 0)
		err = store_sql_run(s, s->begun ? "RELEASE change" : "COMMIT",
			NULL, 0, trouble);
	/* SQLite may have undone it all on its own. */
	if (err != 0 && sqlite3_get_autocommit(s->db) == 0)
		sqlite3_exec(s->db,
			s->begun ? "ROLLBACK TO change; RELEASE change"
				 : "ROLLBACK",
			NULL, NULL, NULL);
	return err;
}

static void synchronous(struct store *s, const char *pragma)
{
	if (!s->begun)
		sqlite3_exec(s->db, pragma, NULL, NULL, NULL);
}

void store_sql_lag_begin(struct store *s)
{
	synchronous(s, "PRAGMA synchronous = NORMAL");
}

void store_sql_lag_end(struct store *s)
{
	synchronous(s, "PRAGMA synchronous = FULL");
}

/* ---- columns ---- */

char *store_sql_copy(sqlite3_stmt *row, int i)
{
	return mem_strdup(column_text(row, i));
}

char *store_sql_copy_or_null(sqlite3_stmt *row, int i)
{
	const char *text = column_text_or_null(row, i);

	return text != NULL ? mem_strdup(text) : NULL;
}

unsigned store_sql_word(
	sqlite3_stmt *row, int i, const char *const *words, unsigned n)
{
	const char *text = column_text(row, i);

	for (unsigned at = 0; at < n; at++)
		if (strcmp(words[at], text) == 0)
			return at;
	return 0;
}
