/*
 * store: a writer killed at any moment, and a disk that is full. The database
 * is whole, what was promised is there, and nothing is half-written.
 */
#include "store_place.h"

#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/store_private.h"

/* ---- kill -9 ---- */

static int put_one(struct store *s, uint32_t server, unsigned n, char letter,
	struct trouble *trouble)
{
	char name[24];
	struct store_forward f = {
		.name = name,
		.server = server,
		.spec = {.type = FORWARD_DYNAMIC,
			.listen = {.host = (char *)"localhost"}},
	};

	snprintf(name, sizeof(name), "%u%c", n, letter);
	return store_put_forward(s, &f, trouble);
}

/* Pairs for ever: one letter to `fd` in the middle of each, one after it. No
 * assertion here: this is a process of its own. */
static int write_pairs(
	const char *folder, uint32_t server, unsigned from, int fd)
{
	struct store *s = NULL;

	if (store_open(folder, &s, NULL) != 0)
		return 1;
	for (unsigned n = from;; n++) {
		struct store_event event = {.kind = "change", .level = "info"};

		if (store_begin(s, NULL) != 0 ||
			put_one(s, server, n, 'a', NULL) != 0 ||
			write(fd, "m", 1) != 1 ||
			put_one(s, server, n, 'b', NULL) != 0 ||
			store_commit(s, NULL) != 0 || write(fd, "c", 1) != 1 ||
			store_add_event(s, &event, NULL) != 0)
			return 1;
	}
}

/* Lets it write until `n` letters came, then kills it; returns how many changes
 * it said were done. */
static unsigned kill_writer(pid_t pid, int fd, unsigned n)
{
	unsigned done = 0, all = 0;
	int status;
	char c;

	while (read(fd, &c, 1) == 1) {
		done += c == 'c';
		if (++all == n)
			assert_int_equal(kill(pid, SIGKILL), 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	return done;
}

static bool log_is_left(const char *folder)
{
	struct stat st;

	return stat(store_place_path(folder, "taupe.db-wal"), &st) == 0 &&
	       st.st_size != 0;
}

static void killed_at_any_moment(void **state)
{
	struct store *s = store_place_open(*state);
	uint32_t server = store_place_server(s, "V");
	unsigned there = 0;

	store_close(s);
	for (unsigned round = 0; round < 12; round++) {
		int ends[2];
		unsigned done, found;
		pid_t pid;

		assert_int_equal(pipe(ends), 0);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			close(ends[0]);
			_exit(write_pairs(
				*state, server, round * 10000, ends[1]));
		}
		close(ends[1]);
		done = kill_writer(pid, ends[0], 1 + round * 3);
		close(ends[0]);
		assert_true(done == 0 || log_is_left(*state));
		s = store_place_open(*state);
		found = store_place_count_forwards(s);
		store_close(s);
		/* In pairs; one more may have been done than was said. */
		assert_int_equal(found % 2, 0);
		assert_in_range(found / 2, there + done, there + done + 1);
		there = found / 2;
	}
}

/* ---- a full disk ---- */

/* Adds until it fails; returns how many are there. */
static unsigned fill_up(struct store *s, uint32_t server, const char *why)
{
	char note[2000], name[16];
	struct store_forward f = {
		.name = name,
		.server = server,
		.note = note,
		.spec = {.type = FORWARD_DYNAMIC,
			.listen = {.host = (char *)"localhost"}},
	};
	struct trouble trouble = {0};
	unsigned n = 0;
	int err;

	memset(note, 'x', sizeof(note) - 1);
	note[sizeof(note) - 1] = '\0';
	for (;; n++) {
		snprintf(name, sizeof(name), "f%u", n);
		f.id = 0;
		err = store_put_forward(s, &f, &trouble);
		if (err != 0)
			break;
		assert_true(n < 10000);
	}
	assert_int_equal(err, -ERR_STORE);
	assert_string_equal(trouble_get(&trouble, "detail"), why);
	assert_int_equal(f.id, 0);
	return n;
}

static void limit_pages(struct store *s, const char *pragma)
{
	assert_int_equal(
		sqlite3_exec(s->db, pragma, NULL, NULL, NULL), SQLITE_OK);
}

static void disk_full(void **state)
{
	struct store *s = store_place_open(*state);
	uint32_t server = store_place_server(s, "V");
	struct trouble trouble = {0};
	unsigned n;

	limit_pages(s, "PRAGMA max_page_count = 80");
	n = fill_up(s, server, "No space left on device");
	assert_true(n > 0);
	assert_int_equal(store_place_count_forwards(s), n);
	limit_pages(s, "PRAGMA max_page_count = 1000000");
	store_place_forward(s, server, "room again");
	store_close(s);
	s = store_place_open(*state);
	assert_int_equal(store_place_count_forwards(s), n + 1);
	/* What people stop and start needs no more room. */
	store_place_ok(
		store_set_wanted(s, 1, true, 1, NULL, &trouble), &trouble);
	store_close(s);
}

/* The first failure ends the whole of it, though more might have fitted. */
static void disk_full_amid_several(void **state)
{
	struct store *s = store_place_open(*state);
	uint32_t server = store_place_server(s, "V");
	struct store_server other = {.name = (char *)"W", .host = (char *)"h"};
	struct trouble trouble = {0};
	int err;

	store_place_forward(s, server, "before");
	limit_pages(s, "PRAGMA max_page_count = 80");
	store_place_ok(store_begin(s, &trouble), &trouble);
	fill_up(s, server, "No space left on device");
	limit_pages(s, "PRAGMA max_page_count = 1000000");
	err = store_put_server(s, &other, &trouble);
	if (sqlite3_get_autocommit(s->db) != 0) {
		assert_int_equal(err, -ERR_STORE);
		assert_int_equal(store_commit(s, &trouble), -ERR_STORE);
		assert_string_equal(trouble_get(&trouble, "detail"),
			"an earlier change failed");
	} else {
		store_rollback(s);
	}
	assert_int_equal(store_place_count_forwards(s), 1);
	store_place_forward(s, server, "after");
	store_close(s);
	s = store_place_open(*state);
	assert_int_equal(store_place_count_forwards(s), 2);
	store_close(s);
}

/* Whatever made SQLite let go of store_begin's transaction: nothing that comes
 * after is written alone. */
static void undone_stays_undone(void **state)
{
	struct store *s = store_place_open(*state);
	uint32_t server = store_place_server(s, "V");
	struct store_server other = {.name = (char *)"W", .host = (char *)"h"};
	struct store_event event = {.kind = "change", .level = "info"};
	struct trouble trouble = {0};

	store_place_ok(store_begin(s, &trouble), &trouble);
	store_place_forward(s, server, "lost");
	assert_int_equal(
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(store_put_server(s, &other, &trouble), -ERR_STORE);
	assert_int_equal(store_add_event(s, &event, &trouble), -ERR_STORE);
	assert_int_equal(store_set_setting(s, "a", "b", &trouble), -ERR_STORE);
	assert_int_equal(store_commit(s, &trouble), -ERR_STORE);
	assert_string_equal(
		trouble_get(&trouble, "detail"), "an earlier change failed");
	assert_int_equal(store_place_count_forwards(s), 0);
	store_place_forward(s, server, "kept");
	store_close(s);
}

/* The system itself refuses to let the log grow. */
static int write_within(const char *folder, rlim_t bytes)
{
	const struct rlimit limit = {bytes, bytes};
	struct store *s = NULL;
	struct trouble trouble = {0};
	unsigned n = 0;
	int err;

	signal(SIGXFSZ, SIG_IGN);
	if (store_open(folder, &s, NULL) != 0 ||
		setrlimit(RLIMIT_FSIZE, &limit) != 0)
		return 100;
	while ((err = put_one(s, 1, n, 'x', &trouble)) == 0)
		if (++n == 1000)
			return 101;
	if (err != -ERR_STORE || trouble_get(&trouble, "path") == NULL ||
		strcmp(trouble_get(&trouble, "detail"), strerror(EFBIG)) != 0)
		return 102;
	store_close(s);
	return (int)n;
}

static void log_can_not_grow(void **state)
{
	struct store *s = store_place_open(*state);
	int status;
	pid_t pid;

	store_place_server(s, "V");
	store_close(s);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(write_within(*state, 300000));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_in_range(WEXITSTATUS(status), 1, 99);
	s = store_place_open(*state);
	assert_int_equal(store_place_count_forwards(s), WEXITSTATUS(status));
	store_close(s);
}

/* Not even the first start fits. */
static int start_within(const char *folder, rlim_t bytes)
{
	const struct rlimit limit = {bytes, bytes};
	struct store *s = NULL;
	struct trouble trouble = {0};
	int err;

	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
		return 100;
	err = store_open(folder, &s, &trouble);
	store_close(s);
	return err == -ERR_STORE ? 0 : 1;
}

static void no_room_to_start(void **state)
{
	static const rlim_t bytes[] = {0, 4096, 20000, 60000};

	for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
		int status;
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0)
			_exit(start_within(*state, bytes[i]));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
	store_close(store_place_open(*state));
}

#define TEST(f)                                                                \
	cmocka_unit_test_setup_teardown(                                       \
		f, store_place_setup, store_place_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(killed_at_any_moment),
		TEST(disk_full),
		TEST(disk_full_amid_several),
		TEST(undone_stays_undone),
		TEST(log_can_not_grow),
		TEST(no_room_to_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
