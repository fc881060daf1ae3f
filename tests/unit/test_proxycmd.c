/* tunnel/proxycmd, with small shell commands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tunnel/proxycmd.h"

struct outcome {
	struct proxycmd *proxy;
	bool free_inside;
	unsigned calls;
	int64_t status;
	int signal;
};

static uv_loop_t loop;

static int set_up(void **state)
{
	setenv("SHELL", "/bin/sh", 1);
	return uv_loop_init(&loop);
}

static int tear_down(void **state)
{
	uv_run(&loop, UV_RUN_DEFAULT);
	return uv_loop_close(&loop);
}

static void on_exit_(void *arg, int64_t status, int signal)
{
	struct outcome *o = arg;

	o->calls++;
	o->status = status;
	o->signal = signal;
	if (o->free_inside) {
		proxycmd_free(o->proxy);
		o->proxy = NULL;
	}
}

/* Starts; returns the descriptor. */
static int start(struct outcome *o, const char *command)
{
	struct trouble t;
	int fd;

	o->calls = 0;
	assert_int_equal(
		proxycmd_start(&loop, command, on_exit_, o, &o->proxy, &fd, &t),
		0);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	return fd;
}

static void wait_exit(struct outcome *o)
{
	while (o->calls == 0)
		uv_run(&loop, UV_RUN_ONCE);
}

/* Waits for something to read; 0 at the end of the stream. */
static ssize_t read_some(int fd, char *p, size_t size)
{
	struct pollfd one = {.fd = fd, .events = POLLIN};

	while (poll(&one, 1, -1) == -1)
		assert_int_equal(errno, EINTR);
	return read(fd, p, size);
}

static void read_line(int fd, char *ret_line, size_t size)
{
	size_t have = 0;

	while (have == 0 || ret_line[have - 1] != '\n') {
		ssize_t n = read_some(fd, ret_line + have, size - 1 - have);

		assert_true(n > 0);
		have += (size_t)n;
	}
	ret_line[have - 1] = '\0';
}

static void carries_both_ways(void **state)
{
	struct outcome o = {.free_inside = true};
	int fd = start(&o, "cat");
	char line[64];

	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(write(fd, "there and back\n", 15), 15);
		read_line(fd, line, sizeof(line));
		assert_string_equal(line, "there and back");
	}
	close(fd);
	wait_exit(&o);
	assert_int_equal(o.status, 0);
	assert_int_equal(o.signal, 0);
}

static void reports_the_end(void **state)
{
	static const struct {
		const char *command;
		int status, signal;
	} rows[] = {
		{"sh -c 'exit 3'", 3, 0},
		{"/no/such/command 2>/dev/null", 127, 0},
		{"sh -c 'kill -TERM $$'", 0, SIGTERM},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct outcome o = {0};
		int fd = start(&o, rows[i].command);
		char byte;

		wait_exit(&o);
		assert_int_equal(o.status, rows[i].status);
		assert_int_equal(o.signal, rows[i].signal);
		assert_int_equal(read_some(fd, &byte, 1), 0);
		proxycmd_free(o.proxy);
		uv_run(&loop, UV_RUN_DEFAULT);
		assert_int_equal(o.calls, 1);
		close(fd);
	}
}

static void a_shell_that_is_not_there(void **state)
{
	struct proxycmd *p = NULL;
	struct trouble t;
	int fd = -1;

	setenv("SHELL", "/no/such/shell", 1);
	assert_int_equal(proxycmd_start(&loop, "true", NULL, NULL, &p, &fd, &t),
		-ERR_PROXY_FAILED);
	assert_null(p);
	assert_int_equal(fd, -1);
	assert_int_equal(t.code, ERR_PROXY_FAILED);
	assert_string_equal(trouble_get(&t, "command"), "true");
	assert_non_null(trouble_get(&t, "detail"));
	proxycmd_free(NULL);
}

/* Freeing ends the command and what it started; those that do not listen to
 * SIGHUP, and SIGTERM, too. The loop ends only when they have. */
static void ends_the_command(void **state)
{
	static const char *const traps[] = {
		"", "trap '' HUP; ", "trap '' HUP TERM; "};

	for (size_t i = 0; i < sizeof(traps) / sizeof(traps[0]); i++) {
		struct outcome o = {0};
		char command[128], line[32];
		pid_t pid;
		int fd;

		snprintf(command, sizeof(command),
			"sh -c \"%secho \\$\\$; "
			"while :; do sleep 60 & wait; done\"",
			traps[i]);
		fd = start(&o, command);
		read_line(fd, line, sizeof(line));
		pid = (pid_t)strtol(line, NULL, 10);
		assert_true(pid > 0);
		assert_int_equal(kill(pid, 0), 0);
		assert_int_equal(getpgid(pid), pid);
		proxycmd_free(o.proxy);
		uv_run(&loop, UV_RUN_DEFAULT);
		assert_int_equal(kill(pid, 0), -1);
		assert_int_equal(errno, ESRCH);
		assert_int_equal(o.calls, 0);
		close(fd);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(carries_both_ways),
		TEST(reports_the_end),
		TEST(a_shell_that_is_not_there),
		TEST(ends_the_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
