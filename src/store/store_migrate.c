/*
 * From an older schema to ours, one step after the other.
 *
 * A step is a transaction, so a crash leaves the schema before it or after it.
 * The copy made before a step is complete and on the disk before the step
 * begins. Foreign keys are off while a step runs, as it may have to build a
 * table anew, and are checked at its end.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/store_sql.h"

static int sync_path(const char *path, int flags, struct trouble *trouble)
{
	int fd = open(path, flags | O_CLOEXEC), error = 0;

	if (fd < 0)
		return file_trouble(trouble, ERR_STORE, path, errno);
	if (fsync(fd) != 0)
		error = errno;
	close(fd);
	return error == 0 ? 0 : file_trouble(trouble, ERR_STORE, path, error);
}

static int sync_folder_of(const char *path, struct trouble *trouble)
{
	char *folder = mem_strdup(path);
	int err;

	*strrchr(folder, '/') = '\0';
	err = sync_path(*folder != '\0' ? folder : "/", O_RDONLY | O_DIRECTORY,
		trouble);
	free(folder);
	return err;
}

/* `path` becomes an empty file for us alone. */
static int make_private(const char *path, struct trouble *trouble)
{
	int fd;

	if (unlink(path) != 0 && errno != ENOENT)
		return file_trouble(trouble, ERR_STORE, path, errno);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return file_trouble(trouble, ERR_STORE, path, errno);
	close(fd);
	return 0;
}

/* Under another name until it is whole. */
static int copy_before(struct store *s, unsigned step, struct trouble *trouble)
{
	char *path = mem_printf("%s.before-%u", s->path, step);
	char *part = mem_printf("%s.part", path);
	const struct store_bind binds[] = {bind_text(part)};
	int err;

	err = make_private(part, trouble);
	if (err != 0)
		goto out;
	err = store_sql_run(s, "VACUUM INTO ?", STORE_BINDS(binds), trouble);
	if (err == 0)
		err = sync_path(part, O_RDONLY, trouble);
	if (err == 0 && rename(part, path) != 0)
		err = file_trouble(trouble, ERR_STORE, path, errno);
	if (err == 0)
		err = sync_folder_of(path, trouble);
	if (err != 0)
		unlink(part);
out:
	free(part);
	free(path);
	return err;
}

static int count_row(void *arg, sqlite3_stmt *row)
{
	unsigned *n = arg;

	(*n)++;
	return 0;
}

static int check_references(struct store *s, struct trouble *trouble)
{
	unsigned n = 0;
	int err;

	err = store_sql_each_made(
		s, "PRAGMA foreign_key_check", NULL, 0, count_row, &n, trouble);
	if (err != 0 || n == 0)
		return err;
	return store_sql_say(
		s, ERR_STORE_DAMAGED, "records lack what they name", trouble);
}

static int run_step(struct store *s, const struct store_step *step,
	unsigned version, struct trouble *trouble)
{
	char stamp[96];
	int err;

	snprintf(stamp, sizeof(stamp),
		"PRAGMA application_id = %d; PRAGMA user_version = %u",
		STORE_APPLICATION_ID, version);
	err = store_sql_begin(s, trouble);
	if (err != 0)
		return err;
	err = store_sql_script(s, step->sql, trouble);
	if (err == 0)
		err = check_references(s, trouble);
	if (err == 0)
		err = store_sql_script(s, stamp, trouble);
	return store_sql_end(s, err, trouble);
}

int store_migrate(struct store *s, const struct store_step *steps,
	unsigned n_steps, struct trouble *trouble)
{
	int64_t at = 0;
	int err;

	err = store_sql_number(s, "PRAGMA user_version", NULL, 0, &at, trouble);
	if (err != 0 || at >= n_steps)
		return err;
	err = store_sql_script(s, "PRAGMA foreign_keys = OFF", trouble);
	for (unsigned n = (unsigned)at + 1; n <= n_steps && err == 0; n++) {
		if (at != 0)
			err = copy_before(s, n, trouble);
		if (err == 0)
			err = run_step(s, &steps[n - 1], n, trouble);
		if (err == 0 && at != 0)
			log_info("%s: schema %u", s->path, n);
	}
	if (err == 0)
		err = store_sql_script(s, "PRAGMA foreign_keys = ON", trouble);
	return err;
}
