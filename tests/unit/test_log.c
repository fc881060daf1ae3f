/* base/log: the forms of a line, and that no message breaks one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "scratch.h"

static int real_stderr = -1;
static char text[16384]; /* what was logged since the last capture */

static void capture(void)
{
	assert_non_null(freopen("log", "w", stderr));
}

static const char *captured(void)
{
	struct buf b = scratch_read("log");

	assert_true(buf_len(&b) < sizeof(text));
	memcpy(text, buf_ptr(&b), buf_len(&b));
	text[buf_len(&b)] = '\0';
	buf_done(&b);
	return text;
}

static void matches(const char *pattern)
{
	regex_t r;

	captured();
	assert_int_equal(regcomp(&r, pattern, REG_EXTENDED | REG_NOSUB), 0);
	if (regexec(&r, text, 0, NULL, 0) != 0)
		fail_msg("%s is not %s", text, pattern);
	regfree(&r);
}

static int setup(void **state)
{
	log_set_level(LOG_INFO);
	capture();
	return 0;
}

#define TIME "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z"

static void plain_lines(void **state)
{
	log_set_form(LOG_FORM_PLAIN);
	errno = EINTR;
	log_info("%s is %d", "six\nseven\x1b", 42);
	log_debug("not said");
	log_facts(LOG_WARN, "lost", "link", "My VPS", "code", "link_lost",
		"detail", NULL, NULL);
	assert_int_equal(errno, EINTR);
	assert_string_equal(captured(),
		"taupe: info: six seven? is 42\n"
		"taupe: warning: lost link=\"My VPS\" code=link_lost\n");
}

static void text_lines(void **state)
{
	log_set_form(LOG_FORM_TEXT);
	log_error("%s", "gone");
	matches("^" TIME " error gone\n$");
	capture();
	log_facts(LOG_INFO, "up", "name", "a=b", "empty", "", NULL);
	matches("^" TIME " info up name=\"a=b\" empty=\"\"\n$");
}

static void journal_lines(void **state)
{
	log_set_form(LOG_FORM_JOURNAL);
	log_set_level(LOG_TRACE);
	log_error("a");
	log_warn("b");
	log_info("c");
	log_debug("d");
	log_write(LOG_TRACE, "e");
	assert_string_equal(captured(), "<3>a\n<4>b\n<6>c\n<7>d\n<7>e\n");
}

static void json_lines(void **state)
{
	log_set_form(LOG_FORM_JSON);
	log_facts(LOG_WARN, "say \"no\"", "path", "C:\\x", "n", "1", NULL);
	matches("^\\{\"time\":\"" TIME "\",\"level\":\"warn\","
		"\"message\":\"say \\\\\"no\\\\\"\","
		"\"path\":\"C:\\\\\\\\x\",\"n\":\"1\"\\}\n$");
}

/* Whatever the length, one line and closed. */
static void long_lines(void **state)
{
	char quotes[5000];
	size_t n;

	memset(quotes, '"', sizeof(quotes) - 1);
	quotes[sizeof(quotes) - 1] = '\0';
	for (int form = LOG_FORM_PLAIN; form <= LOG_FORM_JOURNAL; form++) {
		capture();
		log_set_form((enum log_form)form);
		log_write(LOG_ERROR, "%s", quotes);
		log_facts(LOG_ERROR, quotes, "one", quotes, "two", quotes,
			"three", "end", NULL);
		n = strlen(captured());
		assert_ptr_not_equal(strchr(text, '\n'), text + n - 1);
		assert_ptr_equal(
			strchr(strchr(text, '\n') + 1, '\n'), text + n - 1);
		if (form == LOG_FORM_JSON)
			assert_string_equal(text + n - 3, "\"}\n");
	}
}

static unsigned times_full;

static void on_full(void)
{
	times_full++;
	if (times_full < 3)
		log_set_room(1, on_full);
}

/* Told once, however much comes then, until there is room again. */
static void room_runs_out(void **state)
{
	log_set_form(LOG_FORM_PLAIN);
	log_set_room(strlen("taupe: info: 1\n") + 1, on_full);
	log_info("1");
	assert_int_equal(times_full, 0);
	log_info("2");
	assert_int_equal(times_full, 1);
	for (int i = 0; i < 4; i++)
		log_info("3");
	assert_int_equal(times_full, 3);
	log_set_room(1, NULL);
	log_info("4");
	assert_int_equal(times_full, 3);
}

static void levels(void **state)
{
	enum log_level level = LOG_TRACE;

	for (int i = LOG_ERROR; i <= LOG_TRACE; i++) {
		assert_true(log_level_parse(
			log_level_name((enum log_level)i), &level));
		assert_int_equal(level, i);
	}
	assert_true(log_level_parse("warning", &level));
	assert_int_equal(level, LOG_WARN);
	assert_false(log_level_parse("", &level));
	assert_false(log_level_parse("loud", &level));
	log_set_level(LOG_DEBUG);
	log_shift_level(1);
	log_shift_level(1);
	assert_int_equal(log_get_level(), LOG_TRACE);
	for (int i = 0; i < 9; i++)
		log_shift_level(-1);
	assert_int_equal(log_get_level(), LOG_ERROR);
}

static int group_setup(void **state)
{
	real_stderr = dup(STDERR_FILENO);
	return real_stderr < 0 || scratch_setup(state);
}

static int group_teardown(void **state)
{
	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
	return scratch_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(plain_lines, setup),
		cmocka_unit_test_setup(text_lines, setup),
		cmocka_unit_test_setup(journal_lines, setup),
		cmocka_unit_test_setup(json_lines, setup),
		cmocka_unit_test_setup(long_lines, setup),
		cmocka_unit_test_setup(room_runs_out, setup),
		cmocka_unit_test(levels),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
