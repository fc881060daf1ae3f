/* base/: buffers, the reader, the catalogue, troubles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/catalog.h"
#include "base/err.h"
#include "base/rd.h"
#include "base/secret.h"
#include "base/trouble.h"

/* RFC 4251 §5 gives these encodings. */
static void mpint_vectors(void **state)
{
	static const struct {
		const char *in;
		size_t in_len;
		const char *out;
		size_t out_len;
	} rows[] = {
		{"", 0, "\0\0\0\0", 4},
		{"\x09\xa3\x78\xf9\xb2\xe3\x32\xa7", 8,
			"\0\0\0\x08\x09\xa3\x78\xf9\xb2\xe3\x32\xa7", 12},
		{"\x80", 1, "\0\0\0\x02\0\x80", 6},
		{"\0\0\x01", 3, "\0\0\0\x01\x01", 5},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf b = BUF_INIT;

		buf_put_mpint(&b, (const uint8_t *)rows[i].in, rows[i].in_len);
		assert_int_equal(buf_len(&b), rows[i].out_len);
		assert_memory_equal(buf_ptr(&b), rows[i].out, rows[i].out_len);
		buf_done(&b);
	}
}

static void reader_goes_bad_and_stays_bad(void **state)
{
	struct rd r = rd_of("\0\0\0\x05"
			    "abc",
		7);
	struct slice s = rd_string(&r);

	(void)state;
	assert_int_equal(s.len, 0);
	assert_false(rd_ok(&r));
	assert_int_equal(rd_u8(&r), 0);
	assert_false(rd_end(&r));
}

static void reader_refuses_negative_mpint(void **state)
{
	struct rd r = rd_of("\0\0\0\x01\x80", 5);

	(void)state;
	rd_mpint(&r);
	assert_false(rd_ok(&r));
}

static void buffer_keeps_bytes_over_growth(void **state)
{
	struct buf b = BUF_INIT;
	uint32_t next = 0;

	(void)state;
	for (uint32_t i = 0; i < 5000; i++) {
		buf_put_u32(&b, i);
		if (i % 3 == 0) {
			struct rd r = rd_of(buf_ptr(&b), 4);

			assert_int_equal(rd_u32(&r), next++);
			buf_consume(&b, 4);
		}
	}
	while (buf_len(&b) != 0) {
		struct rd r = rd_of(buf_ptr(&b), 4);

		assert_int_equal(rd_u32(&r), next++);
		buf_consume(&b, 4);
	}
	assert_int_equal(next, 5000);
	buf_done(&b);
}

static void troubles_speak_both_languages(void **state)
{
	struct trouble t;
	char text[256];

	(void)state;
	trouble_set(&t, -ERR_PORT_IN_USE);
	trouble_arg(&t, "address", "127.0.0.1:%d", 3307);
	trouble_arg(&t, "holder", "my\x1bsqld (pid 12)");
	catalog_set_lang(LANG_FR);
	trouble_text(&t, text, sizeof(text));
	assert_string_equal(text, "Le port local 127.0.0.1:3307 est déjà "
				  "utilisé par my?sqld (pid 12).");
	catalog_set_lang(LANG_EN);
	assert_int_equal(trouble_text(&t, text, 10),
		strlen("The local port 127.0.0.1:3307 is already in use by "
		       "my?sqld (pid 12)."));
	assert_string_equal(text, "The local");
	assert_string_equal(err_name((int)t.code), "port_in_use");
}

static void a_step_may_have_words_of_its_own(void **state)
{
	struct trouble t;
	char plain[256], text[256];

	(void)state;
	trouble_say(&t, ERR_LINK_LOST, "x");
	trouble_offer(&t, plain, sizeof(plain));
	trouble_arg(&t, "step", "none such");
	trouble_offer(&t, text, sizeof(text));
	assert_string_equal(text, plain);
	trouble_arg(&t, "step", "greeting");
	trouble_offer(&t, text, sizeof(text));
	assert_string_not_equal(text, plain);
	assert_non_null(strstr(text, "MaxStartups"));
}

static void language_follows_the_environment(void **state)
{
	(void)state;
	unsetenv("LC_ALL");
	unsetenv("LC_MESSAGES");
	unsetenv("LANGUAGE");
	setenv("LANG", "fr_FR.UTF-8", 1);
	assert_int_equal(catalog_choose(NULL), LANG_FR);
	/* The dearest of gettext's list that there is, but not over C. */
	setenv("LANGUAGE", "oc:en_GB:fr", 1);
	assert_int_equal(catalog_choose(NULL), LANG_EN);
	setenv("LANGUAGE", "oc", 1);
	assert_int_equal(catalog_choose(NULL), LANG_FR);
	setenv("LANGUAGE", ":fr_CA:en", 1);
	setenv("LANG", "de_DE.UTF-8", 1);
	assert_int_equal(catalog_choose(NULL), LANG_FR);
	assert_int_equal(catalog_choose("en"), LANG_EN);
	setenv("LANG", "C.UTF-8", 1);
	assert_int_equal(catalog_choose(NULL), LANG_EN);
	setenv("LANG", "fr", 1);
	setenv("LC_MESSAGES", "C", 1);
	assert_int_equal(catalog_choose(NULL), LANG_EN);
	assert_int_equal(catalog_choose("fr"), LANG_FR);
	assert_int_equal(catalog_choose("frisian"), LANG_EN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mpint_vectors),
		cmocka_unit_test(reader_goes_bad_and_stays_bad),
		cmocka_unit_test(reader_refuses_negative_mpint),
		cmocka_unit_test(buffer_keeps_bytes_over_growth),
		cmocka_unit_test(troubles_speak_both_languages),
		cmocka_unit_test(a_step_may_have_words_of_its_own),
		cmocka_unit_test(language_follows_the_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
