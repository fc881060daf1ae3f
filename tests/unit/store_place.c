#include "store_place.h"

#include <dirent.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

int store_place_setup(void **state)
{
	char *folder = mem_strdup("/tmp/taupe-store-XXXXXX");

	if (mkdtemp(folder) == NULL)
		return -1;
	*state = folder;
	return 0;
}

int store_place_teardown(void **state)
{
	char *folder = *state;
	DIR *dir = opendir(folder);
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.') {
			const char *path =
				store_place_path(folder, entry->d_name);

			if (unlink(path) != 0)
				rmdir(path);
		}
	if (dir != NULL)
		closedir(dir);
	rmdir(folder);
	free(folder);
	return 0;
}

void store_place_ok(int err, const struct trouble *trouble)
{
	const char *path, *detail;

	if (err == 0)
		return;
	path = trouble_get(trouble, "path");
	detail = trouble_get(trouble, "detail");
	fail_msg("%s: %s: %s", err_name(err), path != NULL ? path : "-",
		detail != NULL ? detail : "-");
}

struct store *store_place_open(const char *folder)
{
	struct trouble trouble = {0};
	struct store *s = NULL;

	store_place_ok(store_open(folder, &s, &trouble), &trouble);
	return s;
}

const char *store_place_path(const char *folder, const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

void store_place_read(const char *folder, const char *name, struct buf *out)
{
	struct trouble trouble = {0};

	store_place_ok(file_read(store_place_path(folder, name), 64 << 20, out,
			       &trouble),
		&trouble);
}

void store_place_write(
	const char *folder, const char *name, const void *p, size_t n)
{
	int fd = open(store_place_path(folder, name),
		O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, n), n);
	assert_int_equal(close(fd), 0);
}

void store_place_sql(const char *folder, const char *sql)
{
	sqlite3 *db = NULL;

	assert_int_equal(
		sqlite3_open(store_place_path(folder, "taupe.db"), &db), 0);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

int64_t store_place_number(
	const char *folder, const char *name, const char *sql)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *stmt = NULL;
	int64_t number = -1;

	assert_int_equal(sqlite3_open_v2(store_place_path(folder, name), &db,
				 SQLITE_OPEN_READONLY, NULL),
		0);
	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	if (sqlite3_step(stmt) == SQLITE_ROW)
		number = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return number;
}

uint32_t store_place_server(struct store *s, const char *name)
{
	struct store_server server = {
		.name = (char *)name, .host = (char *)"vps.example"};
	struct trouble trouble = {0};

	store_place_ok(store_put_server(s, &server, &trouble), &trouble);
	return server.id;
}

uint32_t store_place_forward(struct store *s, uint32_t server, const char *name)
{
	struct store_forward forward = {
		.name = (char *)name,
		.server = server,
		.spec = {.type = FORWARD_LOCAL,
			.listen = {.host = (char *)"127.0.0.1", .port = 3307},
			.target = {.host = (char *)"127.0.0.1", .port = 3306}},
	};
	struct trouble trouble = {0};

	store_place_ok(store_put_forward(s, &forward, &trouble), &trouble);
	return forward.id;
}

void store_place_same_list(
	const struct string_list *a, const struct string_list *b)
{
	assert_int_equal(a->n, b->n);
	for (size_t i = 0; i < a->n; i++)
		assert_string_equal(a->item[i], b->item[i]);
}

void store_place_same_text(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		assert_ptr_equal(a, b);
	else
		assert_string_equal(a, b);
}

static int count(void *arg, const struct store_forward *f)
{
	unsigned *n = arg;

	(*n)++;
	return 0;
}

unsigned store_place_count_forwards(struct store *s)
{
	struct trouble trouble = {0};
	unsigned n = 0;

	store_place_ok(store_each_forward(s, count, &n, &trouble), &trouble);
	return n;
}
