/* systemd's side, played over its sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "daemon/service.h"
#include "scratch.h"

static int manager = -1;

static int bind_to(int type, const char *path, size_t n)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	memcpy(at.sun_path, path, n);
	assert_int_equal(
		bind(fd, (struct sockaddr *)&at,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				    n)),
		0);
	return fd;
}

static int setup(void **state)
{
	char *path = mem_printf("%s/notify", scratch_dir);

	manager = bind_to(SOCK_DGRAM, path, strlen(path));
	setenv("NOTIFY_SOCKET", path, 1);
	free(path);
	return 0;
}

static int teardown(void **state)
{
	close(manager);
	unlink("notify");
	return 0;
}

static void hears(const char *expected)
{
	char text[256];
	ssize_t n = recv(manager, text, sizeof(text) - 1, 0);

	assert_true(n > 0);
	text[n] = '\0';
	if (strncmp(text, expected, strlen(expected)) != 0)
		fail_msg("%s is not %s", text, expected);
}

static void it_is_told_what_happens(void **state)
{
	struct service *s = service_new();

	assert_null(getenv("NOTIFY_SOCKET"));
	assert_int_equal(service_take_socket(s), -1);
	service_ready(s, "listening on x");
	hears("READY=1\nSTATUS=listening on x");
	service_reloading(s);
	hears("RELOADING=1\nMONOTONIC_USEC=");
	service_ready(s, NULL);
	hears("READY=1");
	service_stopping(s);
	hears("STOPPING=1");
	service_free(s);
}

static void abstract_names(void **state)
{
	char name[64];
	struct service *s;

	teardown(state);
	snprintf(name, sizeof(name), "%ctaupe-test-%d", '\0', (int)getpid());
	manager = bind_to(SOCK_DGRAM, name, 1 + strlen(name + 1));
	name[0] = '@';
	setenv("NOTIFY_SOCKET", name, 1);
	s = service_new();
	service_stopping(s);
	hears("STOPPING=1");
	service_free(s);
}

static void nobody_listens(void **state)
{
	struct service *s;

	setenv("NOTIFY_SOCKET", "/nonexistent/notify", 1);
	s = service_new();
	service_ready(s, NULL);
	service_free(s);
	setenv("NOTIFY_SOCKET", "relative", 1);
	service_free(service_new());
	unsetenv("NOTIFY_SOCKET");
	s = service_new();
	service_stopping(s);
	service_free(s);
	service_free(NULL);
}

/* ---- the watchdog ---- */

static void on_turn(uv_check_t *check)
{
	char text[16];
	unsigned *pings = check->data;

	while (recv(manager, text, sizeof(text), MSG_DONTWAIT) > 0)
		if (memcmp(text, "WATCHDOG=1", 10) == 0)
			++*pings;
	if (*pings >= 3)
		uv_stop(check->loop);
}

static void the_watchdog_is_fed(void **state)
{
	struct service *s;
	unsigned pings = 0;
	uv_check_t check;
	uv_loop_t loop;

	setenv("WATCHDOG_USEC", "4000", 1);
	s = service_new();
	assert_null(getenv("WATCHDOG_USEC"));
	uv_loop_init(&loop);
	uv_check_init(&loop, &check);
	check.data = &pings;
	uv_check_start(&check, on_turn);
	service_watch(s, &loop);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(pings, 3);
	service_free(s);
	uv_close((uv_handle_t *)&check, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void a_watchdog_of_another(void **state)
{
	struct service *s;
	uv_loop_t loop;

	setenv("WATCHDOG_USEC", "4000", 1);
	setenv("WATCHDOG_PID", "1", 1);
	s = service_new();
	uv_loop_init(&loop);
	service_watch(s, &loop);
	assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
	assert_int_equal(recv(manager, &(char){0}, 1, MSG_DONTWAIT), -1);
	service_free(s);
	assert_int_equal(uv_loop_close(&loop), 0);
}

/* ---- sockets: in a child, as they stand at descriptor 3 ---- */

/* The exit status: what service_take_socket gave, 0 for none. */
static int child_takes(int first, int second, const char *pid)
{
	char own[16];
	pid_t child = fork();
	int status;

	if (child == 0) {
		/* Ours lie above, so that 3 and 4 are free. */
		if (dup2(first, 40) < 0 || dup2(second, 41) < 0 ||
			dup2(40, 3) < 0 || dup2(41, 4) < 0)
			_exit(99);
		snprintf(own, sizeof(own), "%d", (int)getpid());
		setenv("LISTEN_PID", pid != NULL ? pid : own, 1);
		setenv("LISTEN_FDS", "2", 1);
		status = service_take_socket(service_new());
		_exit(status < 0 ? 0 : status);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void sockets_are_taken(void **state)
{
	int listening = bind_to(SOCK_STREAM, "api.sock", 8);
	int plain = socket(AF_UNIX, SOCK_STREAM, 0);
	int tcp = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(listen(listening, 1), 0);
	assert_int_equal(listen(tcp, 1), 0);
	assert_int_equal(child_takes(listening, plain, NULL), 3);
	assert_int_equal(child_takes(tcp, listening, NULL), 4);
	assert_int_equal(child_takes(plain, tcp, NULL), 0);
	assert_int_equal(child_takes(listening, plain, "1"), 0);
	assert_int_equal(child_takes(listening, plain, "x"), 0);
	close(listening);
	close(plain);
	close(tcp);
}

static void the_journal_is_known(void **state)
{
	int out = dup(STDERR_FILENO), fd;
	char stream[64];
	struct stat st;

	unsetenv("JOURNAL_STREAM");
	assert_false(service_has_journal());
	fd = open("journal", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_int_equal(fstat(fd, &st), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu",
		(unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	assert_false(service_has_journal());
	dup2(fd, STDERR_FILENO);
	assert_true(service_has_journal());
	setenv("JOURNAL_STREAM", "12", 1);
	assert_false(service_has_journal());
	dup2(out, STDERR_FILENO);
	close(out);
	close(fd);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_is_told_what_happens),
		TEST(abstract_names),
		TEST(nobody_listens),
		TEST(the_watchdog_is_fed),
		TEST(a_watchdog_of_another),
		TEST(sockets_are_taken),
		TEST(the_journal_is_known),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
