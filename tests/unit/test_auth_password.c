/* ssh/auth: the password method. */
#include "fake_auth.h"

static void expect_password(const char *password)
{
	struct rd r = sent_request("password");

	assert_false(rd_bool(&r));
	assert_true(slice_is(rd_string(&r), password));
	assert_true(rd_end(&r));
}

static void password_is_asked_three_times(void **state)
{
	fake_start();
	say_failure("password", false);
	for (unsigned i = 1; i <= 3; i++) {
		expect_prompt(PROMPT_PASSWORD, i, i > 1);
		assert_int_equal(fake.prompt->n_fields, 1);
		assert_false(fake.prompt->field[0].echo);
		answer("wrong", NULL);
		expect_password("wrong");
		say_failure("password", false);
	}
	expect_end(-ERR_AUTH_FAILED, "password", "password");
	assert_int_equal(fake.n_learned, 0);
}

static void password_is_learned(void **state)
{
	fake_start();
	say_failure("password", false);
	answer("sesame", NULL);
	say_success();
	assert_string_equal(fake.method, "password");
	assert_int_equal(fake.learned_kind, PROMPT_PASSWORD);
	assert_string_equal(fake.learned, "sesame");
	assert_string_equal(fake.learned_about, "ada@box");
}

static void known_password_goes_first(void **state)
{
	struct secret known = SECRET_INIT;

	set_known(&known, "known");
	fake_start();
	say_failure("password", false);
	assert_int_equal(fake.n_asked, 0);
	expect_password("known");
	say_failure("password", false);
	expect_prompt(PROMPT_PASSWORD, 1, false);
	answer("typed", NULL);
	expect_password("typed");
	say_success();
	assert_string_equal(fake.learned, "typed");
	secret_done(&known);
}

static void no_one_to_ask(void **state)
{
	fake.config.may_ask = false;
	fake_start();
	say_failure("password", false);
	expect_end(-ERR_NEED_INPUT, "none", "password");
	assert_string_equal(trouble_get(&fake.trouble, "about"), "ada@box");
}

static void known_password_refused_is_a_failure(void **state)
{
	struct secret known = SECRET_INIT;

	set_known(&known, "known");
	fake.config.may_ask = false;
	fake_start();
	say_failure("password", false);
	say_failure("password", false);
	expect_end(-ERR_AUTH_FAILED, "password", "password");
	secret_done(&known);
}

static int say_change_request(const char *text)
{
	struct buf b = BUF_INIT;

	buf_put_u8(&b, 60);
	buf_put_cstring(&b, text);
	buf_put_cstring(&b, "");
	return feed(&b);
}

static void expect_change(const char *old, const char *new)
{
	struct rd r = sent_request("password");

	assert_true(rd_bool(&r));
	assert_true(slice_is(rd_string(&r), old));
	assert_true(slice_is(rd_string(&r), new));
	assert_true(rd_end(&r));
}

static void expired_password_is_changed(void **state)
{
	fake_start();
	say_failure("password", false);
	answer("old", NULL);
	assert_int_equal(say_change_request("Expired\x07!"), 0);
	expect_prompt(PROMPT_NEW_PASSWORD, 2, false);
	assert_int_equal(fake.prompt->n_fields, 2);
	assert_string_equal(fake.prompt->instruction, "Expired?!");
	answer("new", "newt");
	expect_prompt(PROMPT_NEW_PASSWORD, 3, true);
	assert_string_equal(fake.prompt->instruction, "Expired?!");
	answer("", "");
	expect_prompt(PROMPT_NEW_PASSWORD, 4, true);
	answer("new", "new");
	expect_change("old", "new");
	/* The server would like a better one. */
	assert_int_equal(say_change_request("Too short"), 0);
	expect_prompt(PROMPT_NEW_PASSWORD, 5, true);
	assert_string_equal(fake.prompt->instruction, "Too short");
	answer("much newer", "much newer");
	say_success();
	assert_int_equal(fake.n_learned, 1);
	assert_string_equal(fake.learned, "much newer");
}

static void refused_change_starts_over(void **state)
{
	fake_start();
	say_failure("password", false);
	answer("old", NULL);
	assert_int_equal(say_change_request("Expired"), 0);
	answer("new", "new");
	say_failure("password", false);
	expect_prompt(PROMPT_PASSWORD, 3, true);
	answer("old", NULL);
	expect_password("old");
}

static void change_needs_a_person(void **state)
{
	struct secret known = SECRET_INIT;

	set_known(&known, "known");
	fake.config.may_ask = false;
	fake_start();
	say_failure("password", false);
	assert_int_equal(say_change_request("Expired"), 0);
	expect_end(-ERR_NEED_INPUT, "password", "password");
	secret_done(&known);
}

static void endless_changes(void **state)
{
	fake_start();
	say_failure("password", false);
	answer("old", NULL);
	while (fake.n_done == 0) {
		assert_int_equal(say_change_request("And again"), 0);
		if (fake.n_done == 0)
			answer("new", "new");
	}
	assert_int_equal(fake.n_asked, AUTH_PROMPTS_MAX);
	expect_end(-ERR_AUTH_FAILED, "password", "password");
}

#define T(f) cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(password_is_asked_three_times),
		T(password_is_learned),
		T(known_password_goes_first),
		T(no_one_to_ask),
		T(known_password_refused_is_a_failure),
		T(expired_password_is_changed),
		T(refused_change_starts_over),
		T(change_needs_a_person),
		T(endless_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
