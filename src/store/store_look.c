/*
 * What a file is, before anything is written to it.
 *
 * Where no log stands beside it, the file is read as one that nobody changes:
 * then SQLite makes no files beside it either. A log that a crash left has to
 * be read with it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "store/store_sql.h"

static int newer(
	const struct store *s, int64_t version, struct trouble *trouble)
{
	if (trouble != NULL) {
		trouble_set(trouble, ERR_STORE_NEWER);
		trouble_arg(trouble, "path", "%s", s->path);
		trouble_arg(trouble, "version", "%lld", (long long)version);
	}
	return -ERR_STORE_NEWER;
}

/* A file that can't be read as a database is damaged; one that can't be read at
 * all is not. */
static int judge(struct store *s, int err, struct trouble *trouble)
{
	if (err == -ERR_STORE &&
		(s->failure == SQLITE_CORRUPT || s->failure == SQLITE_NOTADB)) {
		if (trouble != NULL)
			trouble->code = ERR_STORE_DAMAGED;
		return -ERR_STORE_DAMAGED;
	}
	return err;
}

struct facts {
	int64_t application, version, tables;
	char check[TROUBLE_VALUE];
};

static int take_check(void *arg, sqlite3_stmt *row)
{
	struct facts *facts = arg;

	snprintf(facts->check, sizeof(facts->check), "%s", column_text(row, 0));
	return 0;
}

static int read_facts(
	struct store *s, struct facts *ret_facts, struct trouble *trouble)
{
	int err;

	err = store_sql_number(s, "PRAGMA application_id", NULL, 0,
		&ret_facts->application, trouble);
	if (err == 0)
		err = store_sql_number(s, "PRAGMA user_version", NULL, 0,
			&ret_facts->version, trouble);
	if (err == 0)
		err = store_sql_number(s, "SELECT count(*) FROM sqlite_master",
			NULL, 0, &ret_facts->tables, trouble);
	return err;
}

int store_look_in(struct store *s, unsigned n_steps, struct trouble *trouble)
{
	struct facts facts = {0};
	int err;

	err = read_facts(s, &facts, trouble);
	if (err != 0)
		return judge(s, err, trouble);
	if (facts.application == 0 && facts.version == 0 && facts.tables == 0)
		return 0;
	if (facts.application != STORE_APPLICATION_ID || facts.version < 1)
		return store_sql_say(s, ERR_STORE_DAMAGED,
			"it is another program's database", trouble);
	if (facts.version > n_steps)
		return newer(s, facts.version, trouble);
	err = store_sql_each(s, "PRAGMA quick_check(1)", NULL, 0, take_check,
		&facts, trouble);
	if (err != 0)
		return judge(s, err, trouble);
	if (strcmp(facts.check, "ok") != 0)
		return store_sql_say(
			s, ERR_STORE_DAMAGED, facts.check, trouble);
	return 0;
}

/* Whether `path` with `tail` holds anything. */
static bool holds(const char *path, const char *tail)
{
	char *beside = mem_printf("%s%s", path, tail);
	struct stat st;
	bool yes = stat(beside, &st) == 0 && st.st_size != 0;

	free(beside);
	return yes;
}

static int open_to_look(struct store *s, bool alone, struct trouble *trouble)
{
	struct buf uri = {0};
	int rc;

	buf_printf(&uri, "file:");
	for (const char *c = s->path; *c != '\0'; c++)
		buf_printf(&uri, strchr("%?#", *c) != NULL ? "%%%02x" : "%c",
			(unsigned char)*c);
	buf_printf(&uri, alone ? "?immutable=1" : "?mode=ro");
	buf_put_u8(&uri, 0);
	rc = sqlite3_open_v2((const char *)buf_ptr(&uri), &s->db,
		SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX,
		NULL);
	buf_done(&uri);
	if (rc != SQLITE_OK)
		return store_sql_trouble(s, rc, trouble);
	sqlite3_busy_timeout(s->db, STORE_BUSY_MS);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	return store_sql_script(s, "PRAGMA cell_size_check = ON", trouble);
}

static int look(struct store *s, unsigned n_steps, bool *ret_sure,
	struct trouble *trouble)
{
	bool alone = !holds(s->path, "-wal") && !holds(s->path, "-journal");
	int err;

	err = open_to_look(s, alone, trouble);
	if (err == 0)
		err = store_look_in(s, n_steps, trouble);
	*ret_sure = true;
	/* In the middle of a change that only a writer can undo or read. */
	if (err == -ERR_STORE && !alone &&
		(s->failure == SQLITE_READONLY ||
			s->failure == SQLITE_CANTOPEN)) {
		*ret_sure = false;
		if (trouble != NULL)
			trouble_set(trouble, ERR_OK);
		err = 0;
	}
	store_sql_forget(s);
	sqlite3_close(s->db);
	return err;
}

int store_look(const char *path, unsigned n_steps, bool *ret_sure,
	struct trouble *trouble)
{
	struct store s = {.path = (char *)path};
	struct stat st;

	*ret_sure = true;
	if (stat(path, &st) != 0)
		return errno == ENOENT
			       ? 0
			       : file_trouble(trouble, ERR_STORE, path, errno);
	if (S_ISDIR(st.st_mode))
		return file_trouble(trouble, ERR_STORE, path, EISDIR);
	if (!S_ISREG(st.st_mode))
		return file_trouble(trouble, ERR_STORE, path, EINVAL);
	/* SQLite would drop the log of a file that is empty. */
	if (st.st_size == 0 && holds(path, "-wal"))
		return store_sql_say(
			&s, ERR_STORE_DAMAGED, "it is empty", trouble);
	/* SQLite takes that for an empty file. */
	if (st.st_size == 1)
		return store_sql_say(
			&s, ERR_STORE_DAMAGED, "it is not a database", trouble);
	return st.st_size != 0 ? look(&s, n_steps, ret_sure, trouble) : 0;
}
