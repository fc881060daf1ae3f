/*
 * cli/prompt_tty over a pseudo-terminal: the child has it as its controlling
 * terminal and asks; the parent types, and reads what is shown.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "cli/prompt_tty.h"
#include "cli/term.h"

static int master;
static pid_t child;
static char shown[8192];
static size_t shown_len;

/* ---- the child ---- */

struct asked {
	struct prompt_tty *prompt;
	int status;
};

static void on_answer(void *arg, const struct secret *answers, size_t n)
{
	struct asked *a = arg;

	printf("<");
	for (size_t i = 0; i < n; i++)
		printf("%s%s", i != 0 ? "," : "", answers[i].p);
	printf("%s>\n", answers == NULL ? "cancelled" : "");
	fflush(stdout);
	prompt_tty_close(a->prompt);
}

/* Something else that the loop does while the question is open. */
static void on_signal(uv_signal_t *handle, int signum)
{
	struct asked *a = handle->data;

	printf("<signal %d>\n", signum);
	fflush(stdout);
	prompt_tty_close(a->prompt);
	uv_close((uv_handle_t *)handle, NULL);
}

static void ask(const struct prompt *p, bool die)
{
	struct trouble t;
	struct asked a = {0};
	uv_signal_t interrupt;
	uv_loop_t loop;

	trouble_set(&t, ERR_HOST_KEY_UNKNOWN);
	trouble_arg(&t, "type", "ED25519");
	trouble_arg(&t, "fingerprint", "SHA256:abc");
	uv_loop_init(&loop);
	uv_signal_init(&loop, &interrupt);
	interrupt.data = &a;
	uv_signal_start(&interrupt, on_signal, SIGINT);
	uv_unref((uv_handle_t *)&interrupt);
	if (!prompt_tty_possible("/dev/tty") ||
		prompt_tty_open(
			&loop, "/dev/tty", p, &t, on_answer, &a, &a.prompt) < 0)
		_exit(1);
	if (die)
		raise(SIGSEGV);
	uv_run(&loop, UV_RUN_DEFAULT);
	if (!uv_is_closing((uv_handle_t *)&interrupt))
		uv_close((uv_handle_t *)&interrupt, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	if (uv_loop_close(&loop) < 0)
		_exit(2);
	printf("<end>\n");
	fflush(stdout);
}

static struct slice slice(const char *text)
{
	return (struct slice){(const uint8_t *)text, strlen(text)};
}

/* ---- the parent ---- */

static void start(struct prompt *p, bool die)
{
	shown_len = 0;
	shown[0] = '\0';
	child = forkpty(&master, NULL, NULL, NULL);
	assert_true(child >= 0);
	if (child == 0) {
		signal(SIGSEGV, SIG_DFL);
		ask(p, die);
		pause(); /* so that the terminal can be looked at */
	}
	prompt_free(p);
}

/* Reads on until `text` has been shown. */
static void expect(const char *text)
{
	while (strstr(shown, text) == NULL) {
		struct pollfd p = {.fd = master, .events = POLLIN};
		ssize_t n;

		if (poll(&p, 1, 20000) != 1)
			fail_msg("never shown: %s in: %s", text, shown);
		n = read(master, shown + shown_len,
			sizeof(shown) - 1 - shown_len);
		if (n <= 0)
			fail_msg("closed before: %s in: %s", text, shown);
		shown_len += (size_t)n;
		shown[shown_len] = '\0';
	}
}

static void type(const char *text)
{
	assert_int_equal(write(master, text, strlen(text)), strlen(text));
}

static bool echo_is_on(void)
{
	struct termios t;

	assert_int_equal(tcgetattr(master, &t), 0);
	return (t.c_lflag & ECHO) != 0;
}

static int end(void)
{
	int status;

	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	close(master);
	return status;
}

static void a_password_is_not_shown(void **state)
{
	struct prompt *p = prompt_new(PROMPT_PASSWORD, "me@host");

	prompt_add(p, slice(""), false);
	p->retry = true;
	start(p, false);
	expect("That password was not accepted.\r\nPassword for me@host: ");
	assert_false(echo_is_on());
	type("geheim\n");
	expect("<end>");
	assert_non_null(strstr(shown, "<geheim>"));
	assert_null(strstr(shown, "Password for me@host: geheim"));
	assert_true(echo_is_on());
	end();
}

static void a_host_key_wants_a_clear_answer(void **state)
{
	struct prompt *p = prompt_new(PROMPT_HOST_KEY, "host");

	prompt_add(p, slice(""), true);
	start(p, false);
	expect("ED25519 key has the fingerprint SHA256:abc.");
	expect("(yes/no/[fingerprint])? ");
	assert_true(echo_is_on());
	type("y\n");
	expect("Please type yes, no or the fingerprint: ");
	type("SHA256:abd\n");
	type("SHA256:abc\n");
	expect("<SHA256:abc>");
	expect("<end>");
	end();
}

static void several_fields(void **state)
{
	struct prompt *p = prompt_new(PROMPT_KEYBOARD, "me@host");

	prompt_set_name(p, slice("Two steps"));
	prompt_set_instruction(p, slice("Look at your phone.\n"));
	prompt_add(p, slice("Name:"), true);
	prompt_add(p, slice("Code: "), false);
	start(p, false);
	expect("Two steps\r\nLook at your phone.\r\nName: ");
	assert_true(echo_is_on());
	type("ann\n");
	expect("Code: ");
	assert_false(echo_is_on());
	type("12");
	type("34\n");
	expect("<ann,1234>");
	expect("<end>");
	end();
}

static void end_of_file_cancels(void **state)
{
	struct prompt *p = prompt_new(PROMPT_PASSPHRASE, "/k");

	prompt_add(p, slice(""), false);
	start(p, false);
	expect("Passphrase of the key /k: ");
	type("\004");
	expect("<cancelled>");
	expect("<end>");
	assert_true(echo_is_on());
	end();
}

static void an_interrupt_gets_through(void **state)
{
	struct prompt *p = prompt_new(PROMPT_PASSWORD, "me@host");

	prompt_add(p, slice(""), false);
	start(p, false);
	expect("Password for me@host: ");
	type("half\003");
	expect("<signal 2>");
	expect("<end>");
	assert_true(echo_is_on());
	end();
}

/* Death by a signal that nobody handles gives the terminal back. The parent
 * holds the other side open, so that the settings can be read. */
static void a_crash_restores_the_terminal(void **state)
{
	struct prompt *p = prompt_new(PROMPT_PASSWORD, "me@host");
	int status;

	prompt_add(p, slice(""), false);
	start(p, true);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_true(echo_is_on());
	close(master);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_password_is_not_shown),
		cmocka_unit_test(a_host_key_wants_a_clear_answer),
		cmocka_unit_test(several_fields),
		cmocka_unit_test(end_of_file_cancels),
		cmocka_unit_test(an_interrupt_gets_through),
		cmocka_unit_test(a_crash_restores_the_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
