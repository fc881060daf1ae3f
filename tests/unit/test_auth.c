/* ssh/auth: whose turn it is, the order of methods, the caps. */
#include "fake_auth.h"

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
		T(partial_success_goes_on),
		T(endless_partial_success),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
