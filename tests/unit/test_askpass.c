/* cli/ask and cli/prompt_askpass: SSH_ASKPASS as ssh(1) has it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/ask.h"

static char dir[] = "/tmp/taupe-askpass-XXXXXX";
static char program[64], log_file[64];

/* A program that notes its argument and SSH_ASKPASS_PROMPT, then does `what`.
 */
static void write_program(const char *what)
{
	FILE *f = fopen(program, "w");

	assert_non_null(f);
	fprintf(f,
		"#!/bin/sh\n"
		"printf '%%s|%%s\\n' \"$1\" \"$SSH_ASKPASS_PROMPT\" >> %s\n"
		"%s\n",
		log_file, what);
	fclose(f);
	assert_int_equal(chmod(program, 0700), 0);
	unlink(log_file);
}

static const char *read_log(void)
{
	static char text[4096];
	FILE *f = fopen(log_file, "r");

	assert_non_null(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	return text;
}

static int make_dir(void **state)
{
	assert_non_null(mkdtemp(dir));
	snprintf(program, sizeof(program), "%s/askpass", dir);
	snprintf(log_file, sizeof(log_file), "%s/log", dir);
	return 0;
}

static int remove_dir(void **state)
{
	unlink(program);
	unlink(log_file);
	return rmdir(dir);
}

static int clean(void **state)
{
	unsetenv("DISPLAY");
	unsetenv("WAYLAND_DISPLAY");
	unsetenv("SSH_ASKPASS_REQUIRE");
	setenv("SSH_ASKPASS", program, 1);
	setenv("SSH_ASKPASS_PROMPT", "stale", 1);
	return 0;
}

/* ---- the choice ---- */

static void the_choice_is_sshs(void **state)
{
	static const struct {
		const char *require, *display;
		enum ask_how with_tty, without_tty;
	} rows[] = {
		{NULL, NULL, ASK_TERMINAL, ASK_NOBODY},
		{NULL, ":0", ASK_TERMINAL, ASK_PROGRAM},
		{"never", ":0", ASK_TERMINAL, ASK_NOBODY},
		{"prefer", NULL, ASK_TERMINAL, ASK_NOBODY},
		{"prefer", ":0", ASK_PROGRAM, ASK_PROGRAM},
		{"force", NULL, ASK_PROGRAM, ASK_PROGRAM},
		{"FORCE", ":0", ASK_PROGRAM, ASK_PROGRAM},
	};
	const char *path = NULL;

	write_program("echo x");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		clean(NULL);
		if (rows[i].require != NULL)
			setenv("SSH_ASKPASS_REQUIRE", rows[i].require, 1);
		if (rows[i].display != NULL)
			setenv("DISPLAY", rows[i].display, 1);
		assert_int_equal(ask_choose(true, &path), rows[i].with_tty);
		assert_int_equal(ask_choose(false, &path), rows[i].without_tty);
	}
	assert_string_equal(path, program);
	setenv("SSH_ASKPASS", "/nonexistent", 1);
	assert_int_equal(ask_choose(false, &path), ASK_NOBODY);
}

/* ---- the questions ---- */

struct seen {
	struct ask *ask;
	unsigned answers, expected;
	char text[8192];
	enum err cannot;
};

static void on_answer(
	void *arg, uint32_t id, const struct secret *answers, size_t n)
{
	struct seen *s = arg;
	size_t at = strlen(s->text);

	at += (size_t)snprintf(s->text + at, sizeof(s->text) - at, "%u:%s",
		(unsigned)id, answers == NULL ? "cancelled" : "");
	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(s->text + at, sizeof(s->text) - at,
			"[%s]", answers[i].p);
	s->answers++;
}

static void on_terminal(void *arg, bool busy)
{
	fail_msg("there is no terminal");
}

static void cannot_ask(void *arg, const struct trouble *trouble)
{
	struct seen *s = arg;

	s->cannot = trouble->code;
	assert_string_equal(trouble_get(trouble, "about"), "me@host");
}

static const struct ask_ops ops = {
	.answer = on_answer,
	.on_terminal = on_terminal,
	.cannot_ask = cannot_ask,
};

static struct event *question(
	uint32_t id, enum prompt_kind kind, unsigned fields)
{
	struct event *e = event_new(EVENT_PROMPT, 1);

	e->prompt_id = id;
	e->prompt = prompt_new(kind, "me@host");
	for (unsigned i = 0; i < fields; i++)
		prompt_add(e->prompt,
			(struct slice){(const uint8_t *)"Code:", 5}, false);
	return e;
}

static void put_question(
	struct seen *s, uint32_t id, enum prompt_kind kind, unsigned fields)
{
	struct event *e = question(id, kind, fields);

	ask_open(s->ask, e);
	event_free(e);
	s->expected++;
}

/* Runs until all questions have their answers and nothing is left over. */
static void run(uv_loop_t *loop, struct seen *s)
{
	while (s->answers < s->expected)
		assert_int_not_equal(uv_run(loop, UV_RUN_ONCE), -1);
	ask_close(s->ask);
	uv_run(loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(loop), 0);
}

static void begin(uv_loop_t *loop, struct seen *s)
{
	memset(s, 0, sizeof(*s));
	assert_int_equal(uv_loop_init(loop), 0);
	s->ask = ask_new(loop, "/nonexistent/tty", &ops, s);
	setenv("SSH_ASKPASS_REQUIRE", "force", 1);
}

static void questions_come_one_after_the_other(void **state)
{
	struct seen s;
	uv_loop_t loop;

	write_program("echo secret");
	begin(&loop, &s);
	put_question(&s, 4, PROMPT_PASSWORD, 1);
	put_question(&s, 5, PROMPT_KEYBOARD, 2);
	run(&loop, &s);
	assert_string_equal(s.text, "4:[secret]5:[secret][secret]");
	assert_string_equal(
		read_log(), "Password for me@host: |\nCode: |\nCode: |\n");
}

static void host_keys_are_confirmed(void **state)
{
	struct seen s;
	uv_loop_t loop;

	write_program("exit 0");
	begin(&loop, &s);
	put_question(&s, 1, PROMPT_HOST_KEY, 1);
	run(&loop, &s);
	assert_string_equal(s.text, "1:[yes]");
	assert_non_null(strstr(read_log(), "|confirm\n"));
	write_program("exit 1");
	begin(&loop, &s);
	put_question(&s, 1, PROMPT_HOST_KEY, 1);
	run(&loop, &s);
	assert_string_equal(s.text, "1:cancelled");
}

static void endless_output_is_cut(void **state)
{
	struct seen s;
	uv_loop_t loop;

	write_program("exec yes");
	begin(&loop, &s);
	put_question(&s, 1, PROMPT_PASSWORD, 1);
	run(&loop, &s);
	assert_string_equal(s.text, "1:cancelled");
}

/* The prompt goes away while its program waits for the person. */
static void a_question_can_go(void **state)
{
	struct seen s;
	uv_loop_t loop;

	write_program("exec sleep 1000");
	begin(&loop, &s);
	put_question(&s, 1, PROMPT_PASSWORD, 1);
	ask_gone(s.ask, 1);
	ask_gone(s.ask, 77);
	s.expected = 0;
	run(&loop, &s);
	assert_string_equal(s.text, "");
}

static void nobody_to_ask(void **state)
{
	struct seen s;
	uv_loop_t loop;

	begin(&loop, &s);
	setenv("SSH_ASKPASS", "/nonexistent", 1);
	put_question(&s, 9, PROMPT_PASSWORD, 1);
	run(&loop, &s);
	assert_string_equal(s.text, "9:cancelled");
	assert_int_equal(s.cannot, ERR_NEED_INPUT);
}

/* It could be looked at, but not be run. */
static void a_program_that_does_not_start(void **state)
{
	struct seen s;
	uv_loop_t loop;
	FILE *f = fopen(program, "w");

	fputs("#!/nonexistent/interpreter\n", f);
	fclose(f);
	chmod(program, 0700);
	begin(&loop, &s);
	put_question(&s, 9, PROMPT_PASSWORD, 1);
	run(&loop, &s);
	assert_string_equal(s.text, "9:cancelled");
}

#define TEST(f) cmocka_unit_test_setup(f, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_choice_is_sshs),
		TEST(questions_come_one_after_the_other),
		TEST(host_keys_are_confirmed),
		TEST(endless_output_is_cut),
		TEST(a_question_can_go),
		TEST(nobody_to_ask),
		TEST(a_program_that_does_not_start),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
