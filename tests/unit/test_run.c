/*
 * `taupe run` as a whole over a worker that plays scripts (fake_worker.c): its
 * verdicts, exit codes, signals. The first argument is the program.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/exit_code.h"

static char *program;
static char script[] = "/tmp/taupe-run-XXXXXX";
static pid_t child;
static int out;
static char shown[16384];
static size_t shown_len;

static void child_main(char **argv, int to)
{
	int null = open("/dev/null", O_RDONLY);

	dup2(null, 0);
	dup2(to, 1);
	dup2(to, 2);
	/* Away from any terminal, so that there is nobody to ask. */
	setsid();
	setenv("TAUPE_FAKE", script, 1);
	/* The sanitizers' leak check wants to look at the process. */
	setenv("TAUPE_DEBUG", "1", 1);
	setenv("LC_ALL", "C", 1);
	unsetenv("DISPLAY");
	unsetenv("WAYLAND_DISPLAY");
	unsetenv("SSH_ASKPASS_REQUIRE");
	execv(program, argv);
	_exit(127);
}

/* `extra`: one more option, or NULL. */
static void start(const char *steps, const char *extra)
{
	char *argv[] = {
		program, "run", "-D", "1080", "host", (char *)extra, NULL};
	FILE *f = fopen(script, "w");
	int ends[2];

	assert_non_null(f);
	fputs(steps, f);
	fclose(f);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		child_main(argv, ends[1]);
	close(ends[1]);
	out = ends[0];
	shown_len = 0;
	shown[0] = '\0';
}

/* Reads on; false at the end. */
static bool more(void)
{
	struct pollfd p = {.fd = out, .events = POLLIN};
	ssize_t n;

	if (poll(&p, 1, 20000) != 1)
		fail_msg("nothing more comes after: %s", shown);
	n = read(out, shown + shown_len, sizeof(shown) - 1 - shown_len);
	if (n <= 0)
		return false;
	shown_len += (size_t)n;
	shown[shown_len] = '\0';
	return true;
}

static void expect(const char *text)
{
	while (strstr(shown, text) == NULL)
		if (!more())
			fail_msg("never shown: %s in: %s", text, shown);
}

static void ends_with(int code)
{
	int status;

	while (more())
		;
	assert_int_equal(waitpid(child, &status, 0), child);
	close(out);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != code)
		fail_msg("status %x, not %d, after: %s", (unsigned)status, code,
			shown);
}

#define UP "server connecting\nserver connected\nforward 1 connected\n"

static void a_signal_stops_in_order(void **state)
{
	static const int signums[] = {SIGINT, SIGTERM, SIGHUP};

	for (size_t i = 0; i < 3; i++) {
		start(UP, NULL);
		expect("Connected to host.");
		expect("SOCKS: connected.");
		kill(child, signums[i]);
		ends_with(EXIT_CODE_STOPPED);
		assert_non_null(strstr(shown, "Stopped."));
	}
}

static void a_second_signal_ends_at_once(void **state)
{
	start(UP "hang\n", NULL);
	expect("SOCKS: connected.");
	kill(child, SIGINT);
	expect("Hanging");
	kill(child, SIGINT);
	ends_with(128 + SIGINT);
}

static void refused_before_the_first_connection(void **state)
{
	static const struct {
		const char *step;
		int code;
		const char *said;
	} rows[] = {
		{"server error err=auth_failed host=host user=me tried=a "
		 "offered=b\n",
			EXIT_CODE_AUTH, "taupe: host did not let me in."},
		{"server error err=host_key_changed host=host\n",
			EXIT_CODE_HOST_KEY, "taupe: The host key of host has"},
		{"server error err=no_common_algorithm detail=x\n",
			EXIT_CODE_CONNECT, "no algorithm in common"},
		{"server error err=need_input about=me@host\n", EXIT_CODE_INPUT,
			"taupe: An answer is needed"},
		{"server error err=system_error detail=x\n", EXIT_CODE_OTHER,
			"taupe: The system refused: x."},
		{"server connected\nforward 1 error err=port_in_use "
		 "address=a:1\n",
			EXIT_CODE_FORWARD, "a:1"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start(rows[i].step, NULL);
		ends_with(rows[i].code);
		if (strstr(shown, rows[i].said) == NULL)
			fail_msg("%s is not in: %s", rows[i].said, shown);
	}
}

static void the_network_is_waited_for(void **state)
{
	start("server reconnecting err=connect_refused host=h address=a "
	      "port=22 "
	      "next=500\n" UP,
		NULL);
	expect("No connection to host yet. h (a) refuses connections on port "
	       "22. Next try in 0.5 s.");
	expect("SOCKS: connected.");
	kill(child, SIGTERM);
	ends_with(EXIT_CODE_STOPPED);
}

static void once_ends_on_the_first_loss(void **state)
{
	start(UP "server reconnecting err=link_lost detail=x up=10\n",
		"--once");
	ends_with(EXIT_CODE_CONNECT);
	assert_non_null(strstr(shown, "taupe: The link was lost: x."));
	start("server reconnecting err=dns_failed host=h detail=x\n", "--once");
	ends_with(EXIT_CODE_CONNECT);
	start(UP "server error err=link_lost detail=x\nstop\n", "--once");
	ends_with(EXIT_CODE_CONNECT);
	start("server connected\nforward 1 error err=port_in_use "
	      "address=127.0.0.1:1 holder=x next=5000\n",
		"--once");
	ends_with(EXIT_CODE_FORWARD);
}

static void refused_after_a_success_is_tried_again(void **state)
{
	start(UP "server error err=auth_failed host=host user=me\n"
		 "forward 1 error err=auth_failed host=host user=me\n",
		"-oExitOnForwardFailure=yes");
	expect("host did not let me in.");
	expect("Next try in 30 s.");
	kill(child, SIGTERM);
	ends_with(EXIT_CODE_STOPPED);
}

static void a_forward_can_end_it_all(void **state)
{
	start(UP "forward 1 error err=listen_failed\n",
		"-oExitOnForwardFailure=yes");
	ends_with(EXIT_CODE_FORWARD);
	/* Without the option, one that was up may come back. */
	start(UP "forward 1 error err=remote_listen_refused address=a:1\n",
		NULL);
	expect("will not listen on a:1");
	kill(child, SIGTERM);
	ends_with(EXIT_CODE_STOPPED);
}

static void a_question_without_anyone_to_ask(void **state)
{
	start("prompt 3 password me@host\nawait 3\n"
	      "server error err=auth_failed host=host user=me\n",
		NULL);
	ends_with(EXIT_CODE_INPUT);
	assert_non_null(strstr(shown, "answer: cancelled"));
	assert_non_null(
		strstr(shown, "taupe: An answer is needed for me@host. "));
	assert_non_null(strstr(shown, "SSH_ASKPASS"));
}

static void a_host_key_without_anyone_to_ask(void **state)
{
	start("prompt 3 host_key host\nawait 3\n"
	      "server error err=cancelled\n",
		NULL);
	ends_with(EXIT_CODE_HOST_KEY);
	assert_non_null(strstr(shown, "ED25519 SHA256:abcdef."));
	assert_non_null(strstr(shown, "accept-new"));
}

static void json_speaks_to_the_end(void **state)
{
	start("server error err=auth_failed host=host user=me\n", "--json");
	ends_with(EXIT_CODE_AUTH);
	assert_non_null(strstr(shown, "\"code\":\"auth_failed\""));
	assert_non_null(strstr(shown, "\"event\":\"stopped\""));
}

static void a_gone_reader_ends_it(void **state)
{
	int status;

	start(UP "await 99\n", NULL);
	expect("Connecting to host.");
	close(out);
	kill(child, SIGHUP);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
}

static int make_script(void **state)
{
	int fd = mkstemp(script);

	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

static int drop_script(void **state)
{
	return unlink(script);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signal_stops_in_order),
		cmocka_unit_test(a_second_signal_ends_at_once),
		cmocka_unit_test(refused_before_the_first_connection),
		cmocka_unit_test(the_network_is_waited_for),
		cmocka_unit_test(once_ends_on_the_first_loss),
		cmocka_unit_test(refused_after_a_success_is_tried_again),
		cmocka_unit_test(a_forward_can_end_it_all),
		cmocka_unit_test(a_question_without_anyone_to_ask),
		cmocka_unit_test(a_host_key_without_anyone_to_ask),
		cmocka_unit_test(json_speaks_to_the_end),
		cmocka_unit_test(a_gone_reader_ends_it),
	};

	if (argc != 2)
		return EXIT_FAILURE;
	program = argv[1];
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, make_script, drop_script);
}
