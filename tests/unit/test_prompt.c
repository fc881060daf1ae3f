/* ssh/prompt: values, with texts made safe and capped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "ssh/namelist.h"
#include "ssh/prompt.h"

static void texts_come_clean(void **state)
{
	struct prompt *p = prompt_new(PROMPT_KEYBOARD, "ada@box");

	prompt_set_name(p, slice_of("\x1b]0;owned\x07"));
	prompt_set_instruction(p, slice_of("two\r\nlines\xe2\x80\xae"));
	prompt_add(p, slice_of("Code \xff: "), true);
	assert_string_equal(p->name, "?]0;owned?");
	assert_string_equal(p->instruction, "two\nlines");
	assert_string_equal(p->field[0].text, "Code ?: ");
	prompt_free(p);
}

static void texts_are_capped(void **state)
{
	struct prompt *p = prompt_new(PROMPT_KEYBOARD, "ada@box");
	static uint8_t much[4 * PROMPT_TEXT_MAX];

	memset(much, 'x', sizeof(much));
	prompt_set_instruction(p, (struct slice){much, sizeof(much)});
	assert_int_equal(strlen(p->instruction), PROMPT_TEXT_MAX);
	prompt_free(p);
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
		cmocka_unit_test(texts_are_capped),
		cmocka_unit_test(fields_are_capped),
		cmocka_unit_test(copy_stands_alone),
		cmocka_unit_test(kinds_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
