/* ssh/prompt: values, and a peer's text made fit for a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "ssh/namelist.h"
#include "ssh/prompt.h"

static void expect_clean(
	const char *in, size_t len, size_t max, const char *want)
{
	char *text =
		prompt_clean((struct slice){(const uint8_t *)in, len}, max);

	assert_string_equal(text, want);
	free(text);
}

static void texts_come_clean(void **state)
{
	static const struct {
		const char *in, *want;
	} rows[] = {
		{"", ""}, {"plain", "plain"},
		{"two\r\nlines\tand a tab", "two\nlines\tand a tab"},
		{"\x1b]0;title\x07\x7f", "?]0;title??"},
		{"\xc2\x9b"
		 "2J",
			"?2J"}, /* CSI of C1 */
		{"été 鼹鼠 🐀", "été 鼹鼠 🐀"},
		{"\xc0\xafx", "??x"},                /* overlong */
		{"\xe0\x80\xafx", "???x"},           /* overlong */
		{"\xed\xa0\x80x", "???x"},           /* surrogate */
		{"\xf4\x90\x80\x80x", "????x"},      /* past U+10FFFF */
		{"\xf8\x88\x80\x80\x80x", "?????x"}, /* five bytes */
		{"cut \xe9\xbc", "cut ??"},          /* short */
		{"a\xe2\x80\xae"
		 "b\xe2\x81\xa6"
		 "c",
			"abc"}, /* turned around */
		{"a\xe2\x80\xa8"
		 "b",
			"a?b"}, /* line separator */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_clean(rows[i].in, strlen(rows[i].in), 100, rows[i].want);
	expect_clean("a\0b", 3, 100, "a?b");
}

static void cut_between_characters(void **state)
{
	expect_clean("aéé", 5, 5, "aéé");
	expect_clean("aéé", 5, 4, "aé");
	expect_clean("aéé", 5, 3, "aé");
	expect_clean("aéé", 5, 2, "a");
	expect_clean("aéé", 5, 0, "");
}

static void fields_are_capped(void **state)
{
	struct prompt *p = prompt_new(PROMPT_KEYBOARD, "ada@box");

	for (unsigned i = 0; i < PROMPT_FIELDS_MAX; i++)
		assert_true(prompt_add(p, slice_of("?"), i == 3));
	assert_false(prompt_add(p, slice_of("?"), false));
	assert_int_equal(p->n_fields, PROMPT_FIELDS_MAX);
	prompt_free(p);
}

static void copy_stands_alone(void **state)
{
	struct prompt *p = prompt_new(PROMPT_NEW_PASSWORD, "ada@box"), *copy;

	prompt_set_name(p, slice_of("first"));
	prompt_set_name(p, slice_of("name"));
	prompt_set_instruction(p, slice_of("Expired"));
	prompt_add(p, slice_of("New: "), false);
	prompt_add(p, slice_of("Colour: "), true);
	p->retry = true;
	copy = prompt_copy(p);
	prompt_free(p);
	assert_int_equal(copy->kind, PROMPT_NEW_PASSWORD);
	assert_string_equal(copy->about, "ada@box");
	assert_string_equal(copy->name, "name");
	assert_string_equal(copy->instruction, "Expired");
	assert_true(copy->retry);
	assert_int_equal(copy->n_fields, 2);
	assert_string_equal(copy->field[0].text, "New: ");
	assert_true(copy->field[1].echo);
	prompt_free(copy);
	prompt_free(NULL);
}

static void kinds_have_names(void **state)
{
	assert_string_equal(prompt_kind_name(PROMPT_HOST_KEY), "host_key");
	assert_string_equal(
		prompt_kind_name(PROMPT_KEYBOARD), "keyboard_interactive");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_come_clean),
		cmocka_unit_test(cut_between_characters),
		cmocka_unit_test(fields_are_capped),
		cmocka_unit_test(copy_stands_alone),
		cmocka_unit_test(kinds_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
