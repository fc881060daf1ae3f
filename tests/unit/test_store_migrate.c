/*
 * store: the runner of migrations, with steps of its own, and the schema's
 * first step as people will have it on their disks.
 */
#include "store_place.h"

#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/store_private.h"

#define STEP_1                                                                 \
	"CREATE TABLE boss (id INTEGER PRIMARY KEY, name TEXT) STRICT;"        \
	"CREATE TABLE dog (boss INTEGER REFERENCES boss (id)"                  \
	" ON DELETE CASCADE, name TEXT) STRICT"

static const struct store_step steps[] = {
	{STEP_1},
	{"ALTER TABLE dog ADD COLUMN age INTEGER NOT NULL DEFAULT 3"},
	/* A table built anew: with foreign keys on, its dogs would go. */
	{"CREATE TABLE boss_2 (id INTEGER PRIMARY KEY, name TEXT NOT NULL)"
	 " STRICT; INSERT INTO boss_2 SELECT id, name FROM boss;"
	 " DROP TABLE boss; ALTER TABLE boss_2 RENAME TO boss"},
};

/* What an older version left: schema 1, two dogs. */
static void make_old(const char *folder)
{
	char stamp[96];

	snprintf(stamp, sizeof(stamp),
		"PRAGMA application_id = %d; PRAGMA user_version = 1",
		STORE_APPLICATION_ID);
	store_place_sql(folder, STEP_1);
	store_place_sql(folder, stamp);
	store_place_sql(folder,
		"INSERT INTO boss VALUES (1, 'Ada');"
		"INSERT INTO dog VALUES (1, 'Rex'), (1, 'Kim')");
}

static int open_with(const char *folder, const struct store_step *list,
	unsigned n, struct trouble *trouble)
{
	struct store *s = NULL;
	int err = store_open_steps(folder, list, n, &s, trouble);

	store_close(s);
	return err;
}

static bool is_there(const char *folder, const char *name)
{
	return access(store_place_path(folder, name), F_OK) == 0;
}

static int64_t version(const char *folder, const char *name)
{
	return store_place_number(folder, name, "PRAGMA user_version");
}

static void one_after_the_other(void **state)
{
	struct trouble trouble = {0};
	struct stat st;

	make_old(*state);
	store_place_ok(open_with(*state, steps, 3, &trouble), &trouble);
	assert_int_equal(version(*state, "taupe.db"), 3);
	assert_int_equal(store_place_number(*state, "taupe.db",
				 "SELECT sum(age) FROM dog JOIN boss"
				 " ON boss.id = boss WHERE boss.name = 'Ada'"),
		6);

	assert_int_equal(version(*state, "taupe.db.before-2"), 1);
	assert_int_equal(version(*state, "taupe.db.before-3"), 2);
	assert_int_equal(store_place_number(*state, "taupe.db.before-3",
				 "SELECT sum(age) FROM dog"),
		6);
	assert_int_equal(
		stat(store_place_path(*state, "taupe.db.before-2"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_false(is_there(*state, "taupe.db.before-1"));
	assert_false(is_there(*state, "taupe.db.before-3.part"));

	/* Nothing is left to do. */
	unlink(store_place_path(*state, "taupe.db.before-3"));
	store_place_ok(open_with(*state, steps, 3, &trouble), &trouble);
	assert_false(is_there(*state, "taupe.db.before-3"));
	assert_int_equal(
		open_with(*state, steps, 2, &trouble), -ERR_STORE_NEWER);
}

static void a_copy_is_a_database(void **state)
{
	struct trouble trouble = {0};
	struct buf copy = {0};

	make_old(*state);
	store_place_ok(open_with(*state, steps, 3, &trouble), &trouble);
	store_place_read(*state, "taupe.db.before-2", &copy);
	store_place_write(*state, "taupe.db", buf_ptr(&copy), buf_len(&copy));
	buf_done(&copy);
	store_place_ok(open_with(*state, steps, 3, &trouble), &trouble);
	assert_int_equal(store_place_number(*state, "taupe.db",
				 "SELECT count(*) FROM dog"),
		2);
}

static void from_nothing(void **state)
{
	struct trouble trouble = {0};

	store_place_ok(open_with(*state, steps, 1, &trouble), &trouble);
	assert_int_equal(version(*state, "taupe.db"), 1);
	unlink(store_place_path(*state, "taupe.db"));
	store_place_ok(open_with(*state, steps, 3, &trouble), &trouble);
	assert_int_equal(version(*state, "taupe.db"), 3);
	assert_false(is_there(*state, "taupe.db.before-2"));
}

/* Half of it runs, then it fails: none of it is seen, and the copy is there. */
static void a_step_fails(void **state)
{
	static const struct store_step bad[] = {
		{STEP_1},
		{"ALTER TABLE dog ADD COLUMN age INTEGER"},
		{"DELETE FROM dog; INSERT INTO nowhere VALUES (1)"},
	};
	struct trouble trouble = {0};

	make_old(*state);
	assert_int_equal(open_with(*state, bad, 3, &trouble), -ERR_STORE);
	assert_non_null(strstr(trouble_get(&trouble, "detail"), "nowhere"));
	assert_int_equal(version(*state, "taupe.db"), 2);
	assert_int_equal(store_place_number(*state, "taupe.db",
				 "SELECT count(*) FROM dog"),
		2);
	assert_int_equal(version(*state, "taupe.db.before-3"), 2);
	store_place_ok(open_with(*state, steps, 3, &trouble), &trouble);
	assert_int_equal(version(*state, "taupe.db"), 3);
}

static void a_step_leaves_dogs_alone(void **state)
{
	static const struct store_step bad[] = {
		{STEP_1},
		{"DELETE FROM boss"},
	};
	struct trouble trouble = {0};

	make_old(*state);
	assert_int_equal(
		open_with(*state, bad, 2, &trouble), -ERR_STORE_DAMAGED);
	assert_int_equal(version(*state, "taupe.db"), 1);
	assert_int_equal(store_place_number(*state, "taupe.db",
				 "SELECT count(*) FROM boss"),
		1);
}

/* Killed once the copy stands, in a step that would last for ever. */
static void killed_in_a_step(void **state)
{
	static const struct store_step endless[] = {
		{STEP_1},
		{"DELETE FROM dog; WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL"
		 " SELECT i + 1 FROM n) INSERT INTO dog SELECT 1, i FROM n"
		 " WHERE i % 1000 = 0"},
	};
	struct trouble trouble = {0};
	pid_t pid;

	make_old(*state);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(open_with(*state, endless, 2, NULL) != 0);
	while (!is_there(*state, "taupe.db.before-2"))
		poll(NULL, 0, 1);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	store_place_ok(open_with(*state, steps, 3, &trouble), &trouble);
	assert_int_equal(version(*state, "taupe.db"), 3);
	assert_int_equal(store_place_number(*state, "taupe.db",
				 "SELECT count(*) FROM dog"),
		2);
}

/* No step begins without its copy. */
static void no_room_for_the_copy(void **state)
{
	struct trouble trouble = {0};

	make_old(*state);
	assert_int_equal(
		mkdir(store_place_path(*state, "taupe.db.before-2"), 0700), 0);
	assert_int_equal(open_with(*state, steps, 2, &trouble), -ERR_STORE);
	assert_non_null(strstr(trouble_get(&trouble, "path"), "before-2"));
	assert_int_equal(version(*state, "taupe.db"), 1);
	assert_false(is_there(*state, "taupe.db.before-2.part"));
	assert_int_equal(
		mkdir(store_place_path(*state, "taupe.db.before-2.part"), 0700),
		0);
	assert_int_equal(open_with(*state, steps, 2, &trouble), -ERR_STORE);
	assert_int_equal(version(*state, "taupe.db"), 1);
}

/* The foreign keys are on again. */
static void keys_hold_afterwards(void **state)
{
	struct trouble trouble = {0};
	struct store *s = NULL;

	make_old(*state);
	store_place_ok(
		store_open_steps(*state, steps, 3, &s, &trouble), &trouble);
	assert_int_equal(
		sqlite3_exec(s->db, "INSERT INTO dog (boss) VALUES (9)", NULL,
			NULL, NULL),
		SQLITE_CONSTRAINT_FOREIGNKEY);
	assert_int_equal(
		sqlite3_exec(s->db, "DELETE FROM boss", NULL, NULL, NULL),
		SQLITE_OK);
	store_close(s);
	assert_int_equal(store_place_number(*state, "taupe.db",
				 "SELECT count(*) FROM dog"),
		0);
}

#define TEST(f)                                                                \
	cmocka_unit_test_setup_teardown(                                       \
		f, store_place_setup, store_place_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_after_the_other),
		TEST(a_copy_is_a_database),
		TEST(from_nothing),
		TEST(a_step_fails),
		TEST(a_step_leaves_dogs_alone),
		TEST(killed_in_a_step),
		TEST(no_room_for_the_copy),
		TEST(keys_hold_afterwards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
