/*
 * Opening and closing, and several changes as one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "store/store.h"
#include "store/store_sql.h"

/* Nobody but us reads the file, nor what SQLite puts beside it with the same
 * mode. One that stands there is not opened: closing it would drop the locks of
 * whoever has it open in this process. */
static int make_private(const char *path, struct trouble *trouble)
{
	struct stat st;
	int fd;

	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0) {
		close(fd);
		return 0;
	}
	if (errno != EEXIST || stat(path, &st) != 0 ||
		((st.st_mode & 07777) != 0600 && chmod(path, 0600) != 0))
		return file_trouble(trouble, ERR_STORE, path, errno);
	return 0;
}

static int take_mode(void *arg, sqlite3_stmt *row)
{
	bool *wal = arg;

	*wal = strcmp(column_text(row, 0), "wal") == 0;
	return 0;
}

/* secure_delete: what was a secret is not left in a free page. The cache is
 * small, as everything in daily use is in memory already. */
static int configure(struct store *s, struct trouble *trouble)
{
	static const char pragmas[] = "PRAGMA synchronous = FULL;"
				      "PRAGMA secure_delete = ON;"
				      "PRAGMA foreign_keys = ON;"
				      "PRAGMA cell_size_check = ON;"
				      "PRAGMA temp_store = MEMORY;"
				      "PRAGMA cache_size = -1024;"
				      "PRAGMA journal_size_limit = 1048576";
	bool wal = false;
	int err;

	sqlite3_extended_result_codes(s->db, 1);
	sqlite3_busy_timeout(s->db, STORE_BUSY_MS);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	err = store_sql_script(s, pragmas, trouble);
	if (err == 0)
		err = store_sql_each(s, "PRAGMA journal_mode = WAL", NULL, 0,
			take_mode, &wal, trouble);
	if (err == 0 && !wal)
		err = store_sql_say(s, ERR_STORE,
			"its disk does not let it be shared", trouble);
	return err;
}

static int open_to_write(struct store *s, struct trouble *trouble)
{
	int rc, err;

	err = make_private(s->path, trouble);
	if (err != 0)
		return err;
	rc = sqlite3_open_v2(s->path, &s->db,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	return rc == SQLITE_OK ? 0 : store_sql_trouble(s, rc, trouble);
}

int store_open_steps(const char *folder, const struct store_step *steps,
	unsigned n_steps, struct store **ret_store, struct trouble *trouble)
{
	struct store *s = mem_zalloc(1, sizeof(*s));
	bool sure;
	int err;

	s->path = mem_printf("%s/taupe.db", folder);
	err = store_look(s->path, n_steps, &sure, trouble);
	if (err == 0)
		err = open_to_write(s, trouble);
	if (err == 0 && !sure)
		err = store_look_in(s, n_steps, trouble);
	if (err == 0)
		err = configure(s, trouble);
	if (err == 0)
		err = store_migrate(s, steps, n_steps, trouble);
	if (err != 0) {
		store_close(s);
		return err;
	}
	*ret_store = s;
	return 0;
}

int store_open(
	const char *folder, struct store **ret_store, struct trouble *trouble)
{
	return store_open_steps(
		folder, store_schema_steps, store_schema_n, ret_store, trouble);
}

void store_close(struct store *s)
{
	if (s == NULL)
		return;
	store_rollback(s);
	store_sql_forget(s);
	sqlite3_close(s->db);
	free(s->path);
	free(s);
}

const char *store_path(const struct store *s)
{
	return s->path;
}

/* ---- several changes as one ---- */

int store_begin(struct store *s, struct trouble *trouble)
{
	int err;

	if (s->begun)
		return trouble_say(
			trouble, ERR_INTERNAL, "store_begin in store_begin");
	err = store_sql_begin(s, trouble);
	if (err == 0)
		s->begun = true;
	return err;
}

int store_commit(struct store *s, struct trouble *trouble)
{
	int err;

	if (!s->begun)
		return trouble_say(
			trouble, ERR_INTERNAL, "store_commit without begin");
	err = store_sql_run(s, "COMMIT", NULL, 0, trouble);
	if (err != 0)
		store_rollback(s);
	s->begun = false;
	return err;
}

void store_rollback(struct store *s)
{
	if (s->begun && sqlite3_get_autocommit(s->db) == 0)
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	s->begun = false;
}
