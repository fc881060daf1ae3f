/* base64: RFC 4648 §10, and what a strict decoder refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/base64.h"

static struct slice text(const char *s)
{
	return (struct slice){(const uint8_t *)s, strlen(s)};
}

static void rfc_vectors(void **state)
{
	static const struct {
		const char *plain, *text;
	} rows[] = {
		{"", ""},
		{"f", "Zg=="},
		{"fo", "Zm8="},
		{"foo", "Zm9v"},
		{"foob", "Zm9vYg=="},
		{"fooba", "Zm9vYmE="},
		{"foobar", "Zm9vYmFy"},
		{"\xfb\xff\xbf", "+/+/"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf b = BUF_INIT;
		size_t n = strlen(rows[i].plain);

		buf_put(&b, ">", 1);
		base64_encode(&b, rows[i].plain, n);
		assert_int_equal(buf_len(&b), 1 + strlen(rows[i].text));
		assert_memory_equal(
			buf_ptr(&b) + 1, rows[i].text, buf_len(&b) - 1);
		buf_clear(&b);
		assert_int_equal(base64_decode(&b, text(rows[i].text)), 0);
		assert_int_equal(buf_len(&b), n);
		if (n != 0)
			assert_memory_equal(buf_ptr(&b), rows[i].plain, n);
		buf_done(&b);
	}
}

static void every_length_comes_back(void **state)
{
	uint8_t data[200];
	struct buf enc = BUF_INIT, dec = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 37 + 11);
	for (size_t n = 1; n <= sizeof(data); n++) {
		buf_clear(&enc);
		buf_clear(&dec);
		base64_encode(&enc, data, n);
		assert_int_equal(
			base64_decode(&dec,
				(struct slice){buf_ptr(&enc), buf_len(&enc)}),
			0);
		assert_int_equal(buf_len(&dec), n);
		assert_memory_equal(buf_ptr(&dec), data, n);
	}
	buf_done(&enc);
	buf_done(&dec);
}

static void strict(void **state)
{
	static const char *const bad[] = {
		"Z",
		"Zg",
		"Zg=",
		"Zg===",
		"=",
		"====",
		"Z===",
		"Zg==Zg==",
		"Zh==",
		"Zm9=",
		"Zm9v\n",
		" Zm9v",
		"Zm9v    ",
		"Zm 9",
		"Zm9-",
		"Zm9_",
		"Zm=v",
		"Zm\x80v",
		"Zm9vZg",
		"----",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct buf b = BUF_INIT;

		buf_put(&b, "kept", 4);
		assert_int_equal(base64_decode(&b, text(bad[i])), -ERR_INVALID);
		assert_int_equal(buf_len(&b), 4);
		buf_done(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc_vectors),
		cmocka_unit_test(every_length_comes_back),
		cmocka_unit_test(strict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
