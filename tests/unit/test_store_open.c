/*
 * store: files that are fine, old, new, foreign, damaged or out of reach. What
 * can't be used stays as it is, byte for byte.
 */
#include "store_place.h"

#include <dirent.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/store_private.h"

static unsigned mode_of(const char *folder, const char *name)
{
	struct stat st;

	if (stat(store_place_path(folder, name), &st) != 0)
		return 0;
	return st.st_mode & 07777;
}

static unsigned count_files(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	unsigned n = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		n += entry->d_name[0] != '.';
	closedir(dir);
	return n;
}

static bool same_bytes(const struct buf *a, const struct buf *b)
{
	return buf_len(a) == buf_len(b) &&
	       memcmp(buf_ptr(a), buf_ptr(b), buf_len(a)) == 0;
}

/* Opening fails with `wanted`, and changes no byte and no file. */
static void refuses(const char *folder, int wanted, const char *why)
{
	struct buf before = {0}, after = {0};
	struct store *s = NULL;
	struct trouble trouble = {0};
	unsigned files = count_files(folder);
	const char *detail;

	store_place_read(folder, "taupe.db", &before);
	assert_int_equal(store_open(folder, &s, &trouble), wanted);
	assert_null(s);
	assert_int_equal(trouble.code, -wanted);
	assert_string_equal(trouble_get(&trouble, "path"),
		store_place_path(folder, "taupe.db"));
	detail = trouble_get(
		&trouble, wanted == -ERR_STORE_NEWER ? "version" : "detail");
	assert_non_null(detail);
	if (strstr(detail, why) == NULL)
		fail_msg("%s", detail);
	store_place_read(folder, "taupe.db", &after);
	assert_true(same_bytes(&before, &after));
	assert_int_equal(count_files(folder), files);
	assert_int_equal(store_open(folder, &s, NULL), wanted);
	buf_done(&before);
	buf_done(&after);
}

static void fresh(void **state)
{
	struct store *s = store_place_open(*state);

	assert_string_equal(
		store_path(s), store_place_path(*state, "taupe.db"));
	assert_int_equal(mode_of(*state, "taupe.db"), 0600);
	assert_int_equal(mode_of(*state, "taupe.db-wal"), 0600);
	assert_int_equal(mode_of(*state, "taupe.db-shm"), 0600);
	assert_int_equal(store_place_count_forwards(s), 0);
	store_close(s);
	assert_int_equal(count_files(*state), 1); /* and no copy */
	assert_int_equal(
		store_place_number(*state, "taupe.db", "PRAGMA application_id"),
		STORE_APPLICATION_ID);
	assert_int_equal(
		store_place_number(*state, "taupe.db", "PRAGMA user_version"),
		store_schema_n);
	store_close(NULL);
}

static void mode_is_tightened(void **state)
{
	store_close(store_place_open(*state));
	assert_int_equal(chmod(store_place_path(*state, "taupe.db"), 0664), 0);
	store_close(store_place_open(*state));
	assert_int_equal(mode_of(*state, "taupe.db"), 0600);
}

static void odd_folder_names(void **state)
{
	static const char *const names[] = {"a?b", "c#d", "e%41f", "g h'i"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *folder = mem_printf("%s/%s", (char *)*state, names[i]);

		assert_int_equal(mkdir(folder, 0700), 0);
		store_close(store_place_open(folder));
		store_close(store_place_open(folder));
		assert_int_equal(
			unlink(store_place_path(folder, "taupe.db")), 0);
		assert_int_equal(rmdir(folder), 0);
		free(folder);
	}
}

/* A first start that was killed. */
static void empty_file(void **state)
{
	struct buf log = {0};
	struct store *s;

	store_place_write(*state, "taupe.db", "", 0);
	s = store_place_open(*state);
	store_place_server(s, "V");
	store_place_read(*state, "taupe.db-wal", &log);
	store_close(s);
	/* An emptied file whose content waits in the log is not that. */
	store_place_write(*state, "taupe.db", "", 0);
	store_place_write(*state, "taupe.db-wal", buf_ptr(&log), buf_len(&log));
	refuses(*state, -ERR_STORE_DAMAGED, "empty");
	buf_done(&log);
}

static void newer(void **state)
{
	store_close(store_place_open(*state));
	store_place_sql(*state, "PRAGMA user_version = 77");
	refuses(*state, -ERR_STORE_NEWER, "77");
}

/* Runs `fn` in a child and gives its exit status. */
static int in_child(int (*fn)(const char *folder), const char *folder)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(fn(folder));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Written, but not closed: the log stays. */
static int leave_newer(const char *folder)
{
	sqlite3 *db;

	return sqlite3_open(store_place_path(folder, "taupe.db"), &db) != 0 ||
	       sqlite3_exec(db, "PRAGMA user_version = 9; CREATE TABLE x (a)",
		       NULL, NULL, NULL) != 0;
}

static void newer_in_the_log(void **state)
{
	struct buf before = {0}, after = {0};

	store_close(store_place_open(*state));
	assert_int_equal(in_child(leave_newer, *state), 0);
	store_place_read(*state, "taupe.db-wal", &before);
	assert_true(buf_len(&before) != 0);
	refuses(*state, -ERR_STORE_NEWER, "9");
	store_place_read(*state, "taupe.db-wal", &after);
	assert_true(same_bytes(&before, &after));
	buf_done(&before);
	buf_done(&after);
}

/* In the middle of a change, in the way of journals, with a part of it in the
 * file already. */
static int leave_undone(const char *folder)
{
	static const char sql[] =
		"PRAGMA journal_mode = DELETE; PRAGMA cache_size = 1; BEGIN;"
		"DELETE FROM server; WITH RECURSIVE n (i) AS (SELECT 1 UNION"
		" ALL SELECT i + 1 FROM n LIMIT 500) INSERT INTO setting"
		" SELECT i, hex(zeroblob(200)) FROM n";
	sqlite3 *db;

	return sqlite3_open(store_place_path(folder, "taupe.db"), &db) != 0 ||
	       sqlite3_exec(db, sql, NULL, NULL, NULL) != 0;
}

static void undone_change(void **state)
{
	struct store *s = store_place_open(*state);
	struct stat st;

	store_place_server(s, "V");
	store_close(s);
	assert_int_equal(in_child(leave_undone, *state), 0);
	assert_int_equal(
		stat(store_place_path(*state, "taupe.db-journal"), &st), 0);
	assert_true(st.st_size != 0);
	store_close(store_place_open(*state));
	assert_int_equal(store_place_number(*state, "taupe.db",
				 "SELECT count(*) FROM server"),
		1);
	assert_int_equal(store_place_number(*state, "taupe.db",
				 "SELECT count(*) FROM setting"),
		0);
}

static void foreign(void **state)
{
	static const char text[] = "not a database at all, but long enough to "
				   "be looked at as one by anybody who tries";

	store_place_sql(*state, "CREATE TABLE t (a); PRAGMA user_version = 1");
	refuses(*state, -ERR_STORE_DAMAGED, "another program");
	store_place_sql(*state, "PRAGMA application_id = 7");
	refuses(*state, -ERR_STORE_DAMAGED, "another program");
	store_place_write(*state, "taupe.db", text, sizeof(text));
	refuses(*state, -ERR_STORE_DAMAGED, "not a database");
	store_place_write(*state, "taupe.db", "\0", 1);
	refuses(*state, -ERR_STORE_DAMAGED, "not a database");
}

/* A database of some pages, closed. */
static void fill(const char *folder, struct buf *ret_bytes)
{
	struct store *s = store_place_open(folder);
	uint32_t server = store_place_server(s, "V");

	for (int i = 0; i < 60; i++) {
		char name[16];

		snprintf(name, sizeof(name), "f%d", i);
		store_place_forward(s, server, name);
	}
	store_close(s);
	store_place_read(folder, "taupe.db", ret_bytes);
}

static void truncated(void **state)
{
	struct buf whole = {0};
	size_t n;

	fill(*state, &whole);
	n = buf_len(&whole);
	const size_t cuts[] = {1, 15, 99, 100, 511, 512, 4095, 4096, 5000, 8192,
		n / 2, n - 4096, n - 1024};

	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		store_place_write(*state, "taupe.db", buf_ptr(&whole), cuts[i]);
		refuses(*state, -ERR_STORE_DAMAGED, "");
	}
	buf_done(&whole);
}

static void overwritten(void **state)
{
	struct buf bytes = {0};
	uint8_t kept[64];

	fill(*state, &bytes);
	for (size_t at = 0; at < buf_len(&bytes); at += 4096) {
		uint8_t *page = buf_ptr(&bytes) + at;

		memcpy(kept, page, sizeof(kept));
		memset(page, 0xa5, sizeof(kept));
		store_place_write(
			*state, "taupe.db", buf_ptr(&bytes), buf_len(&bytes));
		refuses(*state, -ERR_STORE_DAMAGED, "");
		memcpy(page, kept, sizeof(kept));
	}
	store_place_write(*state, "taupe.db", buf_ptr(&bytes), buf_len(&bytes));
	store_close(store_place_open(*state));
	buf_done(&bytes);
}

static void no_file_at_all(void **state)
{
	struct trouble trouble = {0};
	struct store *s = NULL;
	char *nowhere = mem_printf("%s/none", (char *)*state);

	assert_int_equal(store_open(nowhere, &s, &trouble), -ERR_STORE);
	assert_string_equal(
		trouble_get(&trouble, "detail"), "No such file or directory");
	free(nowhere);
	assert_int_equal(mkdir(store_place_path(*state, "taupe.db"), 0700), 0);
	assert_int_equal(store_open(*state, &s, &trouble), -ERR_STORE);
	assert_string_equal(trouble_get(&trouble, "detail"), "Is a directory");
	rmdir(store_place_path(*state, "taupe.db"));
	assert_int_equal(mkfifo(store_place_path(*state, "taupe.db"), 0600), 0);
	assert_int_equal(store_open(*state, &s, &trouble), -ERR_STORE);
	unlink(store_place_path(*state, "taupe.db"));
	assert_int_equal(
		symlink("/nowhere/x", store_place_path(*state, "taupe.db")), 0);
	assert_int_equal(store_open(*state, &s, &trouble), -ERR_STORE);
	assert_null(s);
}

static int open_code(const char *folder)
{
	struct store *s = NULL;
	struct trouble trouble = {0};
	int err = store_open(folder, &s, &trouble);

	store_close(s);
	return -err;
}

/* As somebody for whom rights count. */
static int try_read_only(const char *folder)
{
	if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
		return 100;
	if (chmod(folder, 0500) != 0)
		return 101;
	if (open_code(folder) != ERR_STORE) /* none yet */
		return 102;
	if (chmod(folder, 0700) != 0 || open_code(folder) != 0)
		return 103;
	if (chmod(folder, 0500) != 0 || open_code(folder) != ERR_STORE)
		return 104;
	if (chmod(store_place_path(folder, "taupe.db"), 0) != 0 ||
		open_code(folder) != ERR_STORE)
		return 105;
	if (chmod(folder, 0) != 0 || open_code(folder) != ERR_STORE)
		return 106;
	return chmod(folder, 0700) != 0;
}

static void read_only(void **state)
{
	if (geteuid() == 0)
		assert_int_equal(chown(*state, 65534, 65534), 0);
	assert_int_equal(in_child(try_read_only, *state), 0);
	assert_int_equal(chmod(store_place_path(*state, "taupe.db"), 0600), 0);
	store_close(store_place_open(*state));
}

/* Somebody else writes, and goes on writing. */
static void held(void **state)
{
	struct store *s = store_place_open(*state);
	struct store_server server = {.name = (char *)"V", .host = (char *)"h"};
	struct trouble trouble = {0};
	sqlite3 *other = NULL;

	assert_int_equal(sqlite3_open(store_path(s), &other), 0);
	sqlite3_busy_timeout(s->db, 0);
	assert_int_equal(
		sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), 0);
	assert_int_equal(store_put_server(s, &server, &trouble), -ERR_STORE);
	assert_string_equal(
		trouble_get(&trouble, "detail"), "another program holds it");
	assert_int_equal(store_begin(s, &trouble), -ERR_STORE);
	assert_int_equal(sqlite3_close(other), 0);
	store_place_ok(store_put_server(s, &server, &trouble), &trouble);
	store_close(s);
}

#define TEST(f)                                                                \
	cmocka_unit_test_setup_teardown(                                       \
		f, store_place_setup, store_place_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(fresh),
		TEST(mode_is_tightened),
		TEST(odd_folder_names),
		TEST(empty_file),
		TEST(newer),
		TEST(newer_in_the_log),
		TEST(undone_change),
		TEST(foreign),
		TEST(truncated),
		TEST(overwritten),
		TEST(no_file_at_all),
		TEST(read_only),
		TEST(held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
