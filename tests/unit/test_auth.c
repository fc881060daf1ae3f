/* ssh/auth: whose turn it is, the caps, password, keyboard-interactive. */
#include "fake_auth.h"

static void expect_password(const char *password)
{
	struct rd r = sent_request("password");

	assert_false(rd_bool(&r));
	assert_true(slice_is(rd_string(&r), password));
	assert_true(rd_end(&r));
}

static void expect_prompt(enum prompt_kind kind, unsigned n_asked, bool retry)
{
	assert_int_equal(fake.n_asked, n_asked);
	assert_int_equal(fake.prompt->kind, kind);
	assert_string_equal(fake.prompt->about, "ada@box");
	assert_int_equal(fake.prompt->retry, retry);
}

static void set_known(struct secret *s, const char *password)
{
	secret_set(s, password, strlen(password));
	fake.config.password = s;
}

/* ---- the conversation ---- */

static void none_can_be_enough(void **state)
{
	fake_start();
	say_success();
	assert_string_equal(fake.method, "none");
	assert_string_equal(fake.how, "");
	/* It is over. */
	assert_int_equal(feed_type(52), -ERR_PROTOCOL);
	assert_int_equal(say_banner("late"), -ERR_PROTOCOL);
	assert_int_equal(fake.n_done, 1);
}

static void nothing_in_common(void **state)
{
	fake_start();
	say_failure("hostbased,gssapi-with-mic", false);
	expect_end(-ERR_AUTH_FAILED, "none", "hostbased,gssapi-with-mic");
	assert_int_equal(fake.n_sent, 1);
}

static void preference_decides(void **state)
{
	fake.config.preferred = "gssapi-with-mic,password,keyboard-interactive";
	fake_start();
	say_failure("keyboard-interactive,password", false);
	expect_prompt(PROMPT_PASSWORD, 1, false);
}

static void banners_come_clean_and_are_capped(void **state)
{
	fake_start();
	assert_int_equal(say_banner("Hi\r\n\tthere\x1b[2J\x01\xff ü"), 0);
	assert_string_equal(fake.banner, "Hi\n\tthere?[2J?? ü");
	for (unsigned i = 1; i < AUTH_BANNERS_MAX; i++)
		assert_int_equal(say_banner("again"), 0);
	assert_int_equal(fake.n_banners, AUTH_BANNERS_MAX);
	assert_int_equal(say_banner("again"), -ERR_PROTOCOL);
	assert_int_equal(fake.n_done, 0);
}

static void banner_length_is_capped(void **state)
{
	char *text = mem_alloc(AUTH_BANNER_MAX + 2);

	memset(text, 'x', AUTH_BANNER_MAX + 1);
	text[AUTH_BANNER_MAX + 1] = '\0';
	fake_start();
	assert_int_equal(say_banner(text), 0);
	assert_int_equal(strlen(fake.banner), AUTH_BANNER_MAX);
	free(text);
}

static void out_of_turn(void **state)
{
	/* Nothing asked for yet. */
	static const struct auth_ops ops = {fake_send, fake_ask,
		fake_agent_sign, fake_banner, fake_learned, fake_done};

	fake.a = auth_new(&fake.config, &ops, &fake);
	assert_int_equal(feed_type(52), -ERR_PROTOCOL);
	auth_free(fake.a);
	fake.n_sent = 0;
	/* While a person is asked, a banner may come, and nothing else. */
	fake_start();
	say_failure("password", false);
	expect_prompt(PROMPT_PASSWORD, 1, false);
	assert_int_equal(say_banner("still here"), 0);
	assert_int_equal(feed_type(52), -ERR_PROTOCOL);
	/* The link falls; a late answer must do no harm. */
	answer("late", NULL);
	assert_int_equal(fake.n_sent, 1);
	assert_int_equal(fake.n_done, 0);
}

static void unknown_messages(void **state)
{
	for (uint8_t type = 50; type < 80; type++) {
		if (type >= 51 && type <= 53)
			continue;
		fake.n_sent = 0;
		fake_start();
		/* 60 belongs to a method, and none was begun. */
		assert_int_equal(feed_type(type), -ERR_PROTOCOL);
		auth_free(fake.a);
	}
	fake.n_sent = 0;
	fake_start();
	assert_int_equal(auth_input(fake.a, slice_of("")), -ERR_PROTOCOL);
}

static void cancelling_ends_it(void **state)
{
	fake_start();
	say_failure("password", false);
	auth_answer(fake.a, NULL, 0);
	expect_end(-ERR_CANCELLED, "none", "password");
}

/* Every message of the server, cut at every length. */
static void truncated_messages(void **state)
{
	static const struct {
		const char *methods; /* what brings us to the message */
		const char *bytes;
		size_t len;
	} rows[] = {
		{NULL, "\x33\0\0\0\x08password\0", 14},
		{NULL, "\x35\0\0\0\2hi\0\0\0\2en", 13},
		{"password", "\x3c\0\0\0\3new\0\0\0\0", 12},
		{"keyboard-interactive",
			"\x3c\0\0\0\1n\0\0\0\1i\0\0\0\0\0\0\0\1\0\0\0\1?\1",
			25},
	};
	struct secret known = SECRET_INIT;

	set_known(&known, "known");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t n = 1; n <= rows[i].len + 1; n++) {
			/* One byte too many is as wrong as one too few; and
			 * the copy lets ASan see what is read past it. */
			uint8_t *copy = mem_zalloc(1, n);
			size_t part = n < rows[i].len ? n : rows[i].len;
			int want = n == rows[i].len ? 0 : -ERR_PROTOCOL;

			memcpy(copy, rows[i].bytes, part);
			fake.n_sent = 0;
			fake_start();
			if (rows[i].methods != NULL)
				say_failure(rows[i].methods, false);
			assert_int_equal(
				auth_input(fake.a, (struct slice){copy, n}),
				want);
			auth_free(fake.a);
			free(copy);
		}
	}
	fake.a = NULL;
	secret_done(&known);
}

static void huge_lists_are_refused(void **state)
{
	char *list = mem_alloc(70000);
	struct buf b = BUF_INIT;

	memset(list, ',', 70000);
	fake_start();
	buf_put_u8(&b, 51);
	buf_put_string(&b, list, 70000);
	buf_put_bool(&b, false);
	assert_int_equal(feed(&b), -ERR_PROTOCOL);
	free(list);
}

/* ---- password ---- */

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

/* ---- keyboard-interactive ---- */

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

#define TEXTS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NO_TEXTS   ((const char *const[]){NULL})

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

static void partial_success_goes_on(void **state)
{
	fake_start();
	say_failure("password", false);
	answer("sesame", NULL);
	say_failure("keyboard-interactive", true);
	assert_int_equal(fake.n_learned, 1);
	assert_string_equal(fake.learned, "sesame");
	assert_int_equal(say_info_request("", TEXTS("Code: ")), 0);
	answer("1", NULL);
	say_success();
	assert_int_equal(fake.n_learned, 1);
}

static void endless_partial_success(void **state)
{
	struct secret known = SECRET_INIT;

	set_known(&known, "known");
	fake_start();
	say_failure("password", false);
	while (fake.n_done == 0)
		say_failure("password", true);
	assert_int_equal(fake.n_sent, AUTH_TRIES_MAX);
	assert_int_equal(fake.err, -ERR_AUTH_FAILED);
	secret_done(&known);
}

#define T(f) cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(none_can_be_enough),
		T(nothing_in_common),
		T(preference_decides),
		T(banners_come_clean_and_are_capped),
		T(banner_length_is_capped),
		T(out_of_turn),
		T(unknown_messages),
		T(cancelling_ends_it),
		T(truncated_messages),
		T(huge_lists_are_refused),
		T(password_is_asked_three_times),
		T(password_is_learned),
		T(known_password_goes_first),
		T(no_one_to_ask),
		T(known_password_refused_is_a_failure),
		T(expired_password_is_changed),
		T(refused_change_starts_over),
		T(change_needs_a_person),
		T(endless_changes),
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
		T(partial_success_goes_on),
		T(endless_partial_success),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
