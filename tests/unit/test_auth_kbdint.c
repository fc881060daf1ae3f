/* ssh/auth: keyboard-interactive. */
#include "fake_auth.h"

static void expect_responses(const char *const *texts)
{
	struct rd r = rd_of(buf_ptr(&fake.sent), buf_len(&fake.sent));
	uint32_t n;

	assert_int_equal(rd_u8(&r), 61);
	n = rd_u32(&r);
	for (uint32_t i = 0; i < n; i++)
		assert_true(slice_is(rd_string(&r), texts[i]));
	assert_null(texts[n]);
	assert_true(rd_end(&r));
}

static void several_rounds(void **state)
{
	struct rd r;

	fake_start();
	say_failure("keyboard-interactive", false);
	r = sent_request("keyboard-interactive");
	assert_int_equal(rd_string(&r).len, 0);
	assert_int_equal(rd_string(&r).len, 0);
	assert_true(rd_end(&r));
	assert_int_equal(
		say_info_request("two", TEXTS("Password: ", "+Colour?\n")), 0);
	expect_prompt(PROMPT_KEYBOARD, 1, false);
	assert_string_equal(fake.prompt->name, "name");
	assert_string_equal(fake.prompt->instruction, "two");
	assert_string_equal(fake.prompt->field[1].text, "Colour?\n");
	assert_false(fake.prompt->field[0].echo);
	assert_true(fake.prompt->field[1].echo);
	answer("pw", "blue");
	expect_responses(TEXTS("pw", "blue"));
	assert_int_equal(say_info_request("", TEXTS("Password: ")), 0);
	answer("pw", NULL);
	assert_int_equal(say_info_request("", TEXTS("Code: ")), 0);
	expect_prompt(PROMPT_KEYBOARD, 3, false);
	answer("123456", NULL);
	expect_responses(TEXTS("123456"));
	assert_int_equal(say_info_request("Welcome", NO_TEXTS), 0);
	expect_responses(NO_TEXTS);
	assert_string_equal(fake.banner, "Welcome");
	say_success();
	assert_string_equal(fake.method, "keyboard-interactive");
	/* The code is good once only; the password is worth keeping. */
	assert_int_equal(fake.n_learned, 1);
	assert_string_equal(fake.learned, "pw");
}

static void missing_answers_are_empty(void **state)
{
	fake_start();
	say_failure("keyboard-interactive", false);
	assert_int_equal(say_info_request("", TEXTS("a", "b", "c")), 0);
	answer("1", NULL);
	expect_responses(TEXTS("1", "", ""));
}

static void wrong_answers_are_asked_again(void **state)
{
	fake_start();
	say_failure("keyboard-interactive,password", false);
	for (unsigned i = 1; i <= 3; i++) {
		assert_int_equal(say_info_request("", TEXTS("Code: ")), 0);
		expect_prompt(PROMPT_KEYBOARD, i, i > 1);
		answer("0", NULL);
		say_failure("keyboard-interactive,password", false);
	}
	expect_prompt(PROMPT_PASSWORD, 4, false);
}

static void refused_without_a_question(void **state)
{
	fake_start();
	say_failure("keyboard-interactive", false);
	say_failure("keyboard-interactive", false);
	assert_int_equal(fake.n_sent, 2);
	expect_end(-ERR_AUTH_FAILED, "keyboard-interactive",
		"keyboard-interactive");
}

static void known_password_answers_once(void **state)
{
	struct secret known = SECRET_INIT;

	set_known(&known, "known");
	fake_start();
	say_failure("keyboard-interactive", false);
	assert_int_equal(say_info_request("", TEXTS("ada's Password: ")), 0);
	expect_responses(TEXTS("known"));
	assert_int_equal(fake.n_asked, 0);
	/* In the same conversation or the next, it was not what was wanted. */
	assert_int_equal(say_info_request("", TEXTS("Password: ")), 0);
	expect_prompt(PROMPT_KEYBOARD, 1, false);
	secret_done(&known);
}

static void known_password_answers_nothing_else(void **state)
{
	const char *const *const rows[] = {TEXTS("+Password: "),
		TEXTS("Code: "), TEXTS("Password: ", "Code: ")};
	struct secret known = SECRET_INIT;

	set_known(&known, "known");
	fake.config.may_ask = false;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fake.n_sent = fake.n_done = 0;
		fake_start();
		say_failure("keyboard-interactive", false);
		assert_int_equal(say_info_request("", rows[i]), 0);
		expect_end(-ERR_NEED_INPUT, "keyboard-interactive",
			"keyboard-interactive");
		auth_free(fake.a);
	}
	fake.a = NULL;
	secret_done(&known);
}

static void too_many_fields(void **state)
{
	const char *texts[PROMPT_FIELDS_MAX + 2];

	for (size_t i = 0; i <= PROMPT_FIELDS_MAX; i++)
		texts[i] = "?";
	texts[PROMPT_FIELDS_MAX + 1] = NULL;
	fake_start();
	say_failure("keyboard-interactive", false);
	assert_int_equal(say_info_request("", texts + 1), 0);
	assert_int_equal(fake.prompt->n_fields, PROMPT_FIELDS_MAX);
	answer("1", NULL);
	assert_int_equal(say_info_request("", texts), -ERR_PROTOCOL);
}

static void oversize_texts_are_cut(void **state)
{
	char *text = mem_alloc(20001);

	memset(text, 'p', 20000);
	text[20000] = '\0';
	fake_start();
	say_failure("keyboard-interactive", false);
	assert_int_equal(say_info_request(text, TEXTS(text)), 0);
	assert_int_equal(strlen(fake.prompt->field[0].text), PROMPT_TEXT_MAX);
	assert_int_equal(strlen(fake.prompt->instruction), PROMPT_TEXT_MAX);
	free(text);
}

static void endless_rounds(void **state)
{
	fake_start();
	say_failure("keyboard-interactive", false);
	while (fake.n_done == 0)
		assert_int_equal(say_info_request("", NO_TEXTS), 0);
	assert_int_equal(fake.n_sent, AUTH_TRIES_MAX);
	expect_end(-ERR_AUTH_FAILED, "keyboard-interactive",
		"keyboard-interactive");
}

static void endless_questions(void **state)
{
	fake_start();
	say_failure("keyboard-interactive", false);
	while (fake.n_done == 0) {
		assert_int_equal(say_info_request("", TEXTS("?")), 0);
		if (fake.n_done == 0)
			answer("!", NULL);
	}
	assert_int_equal(fake.n_asked, AUTH_PROMPTS_MAX);
	assert_int_equal(fake.err, -ERR_AUTH_FAILED);
}

#define T(f) cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(several_rounds),
		T(missing_answers_are_empty),
		T(wrong_answers_are_asked_again),
		T(refused_without_a_question),
		T(known_password_answers_once),
		T(known_password_answers_nothing_else),
		T(too_many_fields),
		T(oversize_texts_are_cut),
		T(endless_rounds),
		T(endless_questions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
