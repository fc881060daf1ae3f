/* Where the state and the socket lie; one daemon a folder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "daemon/lock.h"
#include "daemon/places.h"
#include "scratch.h"

static struct places places;
static struct trouble trouble;

static int clean_environment(void **state)
{
	static const char *const names[] = {"TAUPE_STATE", "TAUPE_SOCKET",
		"STATE_DIRECTORY", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unsetenv(names[i]);
	setenv("HOME", "/home/me", 1);
	return 0;
}

static int done(void **state)
{
	places_done(&places);
	return 0;
}

static void resolve(const char *state, const char *socket)
{
	places_done(&places);
	assert_int_equal(places_resolve(state, socket, &places, &trouble), 0);
}

static void lie_at(const char *state_dir, const char *socket_path)
{
	assert_string_equal(places.state_dir, state_dir);
	assert_string_equal(places.socket_path, socket_path);
}

static void the_home_folder_is_the_last_resort(void **state)
{
	resolve(NULL, NULL);
	lie_at("/home/me/.local/state/taupe",
		"/home/me/.local/state/taupe/taupe.sock");
	resolve("", "");
	lie_at("/home/me/.local/state/taupe",
		"/home/me/.local/state/taupe/taupe.sock");
	setenv("XDG_STATE_HOME", "relative", 1);
	resolve(NULL, NULL);
	assert_string_equal(places.state_dir, "/home/me/.local/state/taupe");
	setenv("XDG_STATE_HOME", "/xdg", 1);
	resolve(NULL, NULL);
	lie_at("/xdg/taupe", "/xdg/taupe/taupe.sock");
	unsetenv("XDG_STATE_HOME");
	unsetenv("HOME");
	resolve(NULL, NULL); /* from the user database */
	assert_non_null(strstr(places.state_dir, "/.local/state/taupe"));
}

static void the_runtime_folder_has_the_socket(void **state)
{
	char *runtime = mem_printf("%s/run", scratch_dir);
	char *expected = mem_printf("%s/taupe/taupe.sock", runtime);

	setenv("XDG_RUNTIME_DIR", runtime, 1);
	resolve(NULL, NULL); /* it is not there */
	assert_string_equal(
		places.socket_path, "/home/me/.local/state/taupe/taupe.sock");
	assert_int_equal(mkdir(runtime, 0700), 0);
	resolve(NULL, NULL);
	lie_at("/home/me/.local/state/taupe", expected);
	resolve("/s", NULL);
	lie_at("/s", "/s/taupe.sock");
	if (geteuid() == 0) {
		assert_int_equal(chown(runtime, 1, 1), 0);
		resolve(NULL, NULL); /* somebody else's */
		assert_string_equal(places.socket_path,
			"/home/me/.local/state/taupe/taupe.sock");
	}
	assert_int_equal(rmdir(runtime), 0);
	free(expected);
	free(runtime);
}

static void what_is_named_first_counts(void **state)
{
	char *here = mem_printf("%s/state", scratch_dir);

	setenv("STATE_DIRECTORY", "/var/lib/a:/var/lib/b", 1);
	resolve(NULL, NULL);
	lie_at("/var/lib/a", "/var/lib/a/taupe.sock");
	setenv("TAUPE_STATE", "/env", 1);
	resolve(NULL, NULL);
	lie_at("/env", "/env/taupe.sock");
	setenv("TAUPE_SOCKET", "/env.sock", 1);
	resolve("/flag", NULL);
	lie_at("/flag", "/env.sock");
	resolve("/flag", "/flag.sock");
	lie_at("/flag", "/flag.sock");
	resolve("state", "/s");
	lie_at(here, "/s");
	free(here);
}

static void a_long_socket_is_refused(void **state)
{
	char path[PLACES_SOCKET_MAX + 2];
	struct places p;

	memset(path, 'x', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(places_resolve("/s", path, &p, &trouble), -ERR_FILE);
	assert_string_equal(trouble_get(&trouble, "path"), path);
	path[PLACES_SOCKET_MAX] = '\0';
	resolve("/s", path);
}

/* ---- making them ---- */

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static void folders_are_made_for_us_alone(void **state)
{
	resolve("a/b/state", "c/d/taupe.sock");
	assert_int_equal(places_make(&places, &trouble), 0);
	assert_int_equal(places_make(&places, &trouble), 0);
	assert_int_equal(mode_of("a"), 0700);
	assert_int_equal(mode_of("a/b/state"), 0700);
	assert_int_equal(mode_of("c/d"), 0700);
	assert_int_not_equal(access("c/d/taupe.sock", F_OK), 0);
}

static void make_fails(const char *detail)
{
	assert_int_equal(places_make(&places, &trouble), -ERR_FILE);
	if (detail != NULL)
		assert_string_equal(trouble_get(&trouble, "detail"), detail);
}

static void folders_of_others_are_refused(void **state)
{
	resolve("open", NULL);
	assert_int_equal(mkdir("open", 0700), 0);
	assert_int_equal(chmod("open", 0750), 0);
	assert_int_equal(places_make(&places, &trouble), 0);
	assert_int_equal(chmod("open", 0770), 0);
	make_fails("others can write in it: chmod 700");
	assert_int_equal(chmod("open", 0702), 0);
	make_fails("others can write in it: chmod 700");
	if (geteuid() == 0) {
		assert_int_equal(chmod("open", 0700), 0);
		assert_int_equal(chown("open", 1, 1), 0);
		make_fails("it belongs to another user");
	}
	scratch_write("file", "", 0);
	resolve("file", NULL);
	make_fails("Not a directory");
	resolve("file/below", NULL);
	make_fails("Not a directory");
	resolve("/proc/none", NULL);
	make_fails(NULL);
}

/* ---- the lock ---- */

static void the_second_one_is_told_who_holds_it(void **state)
{
	char pid_text[16], *socket;
	struct lock first, second;
	pid_t pid;

	resolve("locked", NULL);
	assert_int_equal(places_make(&places, &trouble), 0);
	assert_int_equal(
		lock_holder(places.state_dir, &pid, &socket), -ERR_NOT_FOUND);
	assert_int_equal(lock_take(&places, &first, &trouble), 0);
	assert_int_equal(mode_of("locked/lock"), 0600);
	assert_int_equal(
		lock_take(&places, &second, &trouble), -ERR_DAEMON_RUNNING);
	snprintf(pid_text, sizeof(pid_text), "%d", (int)getpid());
	assert_string_equal(trouble_get(&trouble, "pid"), pid_text);
	assert_string_equal(trouble_get(&trouble, "path"), places.socket_path);
	assert_int_equal(lock_holder(places.state_dir, &pid, &socket), 0);
	assert_int_equal(pid, getpid());
	assert_string_equal(socket, places.socket_path);
	free(socket);
	lock_release(&first);
	assert_int_equal(
		lock_holder(places.state_dir, &pid, &socket), -ERR_NOT_FOUND);
	assert_int_equal(lock_take(&places, &second, &trouble), 0);
	lock_release(&second);
}

static void a_killed_one_leaves_no_lock(void **state)
{
	struct lock lock;
	int ready[2];
	char c;
	pid_t child;

	resolve("killed", NULL);
	assert_int_equal(places_make(&places, &trouble), 0);
	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		if (lock_take(&places, &lock, &trouble) == 0 &&
			write(ready[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	assert_true(child > 0);
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_int_equal(
		lock_take(&places, &lock, &trouble), -ERR_DAEMON_RUNNING);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(lock_take(&places, &lock, &trouble), 0);
	lock_release(&lock);
	close(ready[0]);
	close(ready[1]);
}

/* Commands that look for a daemon keep none from starting. */
static void who_looks_holds_nothing(void **state)
{
	struct lock lock;
	char *socket;
	pid_t pid, child;

	resolve("looked", NULL);
	assert_int_equal(places_make(&places, &trouble), 0);
	child = fork();
	while (child == 0)
		if (lock_holder(places.state_dir, &pid, &socket) == 0)
			free(socket);
	assert_true(child > 0);
	for (int i = 0; i < 500; i++) {
		assert_int_equal(lock_take(&places, &lock, &trouble), 0);
		lock_release(&lock);
	}
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

/* What another program wrote there is no reason to fall. */
static void a_strange_lock_file(void **state)
{
	static const char *const texts[] = {
		"", "\n", "x", "12", "12\n", "12\n/path", "99999999999999\n\n"};
	struct lock first, second;
	char *socket;
	pid_t pid;

	resolve("strange", NULL);
	assert_int_equal(places_make(&places, &trouble), 0);
	assert_int_equal(lock_take(&places, &first, &trouble), 0);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		scratch_write("strange/lock", texts[i], strlen(texts[i]));
		assert_int_equal(
			lock_holder(places.state_dir, &pid, &socket), 0);
		assert_string_equal(socket, "");
		free(socket);
		assert_int_equal(lock_take(&places, &second, &trouble),
			-ERR_DAEMON_RUNNING);
	}
	lock_release(&first);
	assert_int_equal(unlink("strange/lock"), 0);
	assert_int_equal(symlink("/etc/passwd", "strange/lock"), 0);
	assert_int_equal(lock_take(&places, &first, &trouble), -ERR_FILE);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, clean_environment, done)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_home_folder_is_the_last_resort),
		TEST(the_runtime_folder_has_the_socket),
		TEST(what_is_named_first_counts),
		TEST(a_long_socket_is_refused),
		TEST(folders_are_made_for_us_alone),
		TEST(folders_of_others_are_refused),
		TEST(the_second_one_is_told_who_holds_it),
		TEST(a_killed_one_leaves_no_lock),
		TEST(who_looks_holds_nothing),
		TEST(a_strange_lock_file),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
