/* base/clean: peers' texts, made fit for a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/clean.h"

struct row {
	const char *in, *want;
};

static void several_lines(void **state)
{
	static const struct row rows[] = {
		{"", ""}, {"plain", "plain"},
		{"two\r\nlines\tand a tab\n", "two\nlines\tand a tab\n"},
		{"\x1b]0;title\x07\x7f", "?]0;title??"},
		{"\xc2\x9b[2J", "?[2J"}, /* CSI of C1 */
		{"été 鼹鼠 🐀", "été 鼹鼠 🐀"},
		{"\xc0\xafx", "??x"},                /* overlong */
		{"\xe0\x80\xafx", "???x"},           /* overlong */
		{"\xed\xa0\x80x", "???x"},           /* surrogate */
		{"\xf4\x90\x80\x80x", "????x"},      /* past U+10FFFF */
		{"\xf8\x88\x80\x80\x80x", "?????x"}, /* five bytes */
		{"cut \xe9\xbc", "cut ??"},          /* short */
		{"\xe2\x80\xae"
		 "x\xe2\x81\xa6y\xd8\x9c",
			"xy"},             /* turned around */
		{"x\xe2\x80\xa8y", "x?y"}, /* line separator */
	};
	char text[64];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = clean_text(
			text, sizeof(text), rows[i].in, strlen(rows[i].in));

		assert_string_equal(text, rows[i].want);
		assert_int_equal(n, strlen(rows[i].want));
	}
	assert_int_equal(clean_text(text, sizeof(text), "a\0b", 3), 3);
	assert_string_equal(text, "a?b");
}

static void one_line(void **state)
{
	static const struct row rows[] = {
		{"", ""},
		{"\r\n\n\t", ""},
		{"two\r\nlines\tand a tab\r\n", "two lines and a tab"},
		{"\n\x1b[2Jgo \xff away\n\xc2\x9b"
		 "31m\xe2\x80\xae",
			" ?[2Jgo ? away ?31m"},
	};
	char text[64];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = clean_line(
			text, sizeof(text), rows[i].in, strlen(rows[i].in));

		assert_string_equal(text, rows[i].want);
		assert_int_equal(n, strlen(rows[i].want));
	}
}

static void in_place(void **state)
{
	char text[] = "a\xe2\x80\xae\x1b\r\xc3\xa9\xc2\x9b\xf0\x9f\x90\x80\n";

	assert_int_equal(clean_line(text, sizeof(text), text, strlen(text)), 9);
	assert_string_equal(text, "a?é?🐀");
}

static void cut_between_characters(void **state)
{
	static const struct {
		size_t max;
		const char *want;
	} rows[] = {{5, "aéé"}, {4, "aé"}, {3, "aé"}, {2, "a"}, {0, ""}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[8], *copy = clean_copy("aéé", 5, rows[i].max);

		assert_string_equal(copy, rows[i].want);
		free(copy);
		assert_int_equal(clean_text(text, rows[i].max + 1, "aéé", 5),
			strlen(rows[i].want));
		assert_string_equal(text, rows[i].want);
	}
	assert_int_equal(clean_text(NULL, 0, "x", 1), 0);
	assert_int_equal(clean_line(NULL, 0, "x", 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(several_lines),
		cmocka_unit_test(one_line),
		cmocka_unit_test(in_place),
		cmocka_unit_test(cut_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
