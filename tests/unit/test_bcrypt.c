/* bcrypt_pbkdf: the vectors that OpenBSD's implementation gave, and limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "ssh/bcrypt_pbkdf.h"

#define TEXT(s)                                                                \
	{                                                                      \
		(const uint8_t *)(s), sizeof(s) - 1                            \
	}

static const struct {
	struct slice password, salt;
	uint32_t rounds;
	struct slice key;
} rows[] = {
	{TEXT("password"), TEXT("salt"), 12,
		TEXT("\x1a\xe4\x2c\x05\xd4\x87\xbc\x02\xf6\x49\x21\xa4\xeb\xe4"
		     "\xea\x93\xbc\xac\xfe\x13\x5f\xda\x99\x97\x4c\x06\xb7\xb0"
		     "\x1f\xae\x14\x9a")},
	{TEXT("passwordy\0PASSWORD\0"), TEXT("salty\0SALT\0"), 3,
		TEXT("\x7f\x31\x0b\xd3\xe7\x8c\x32\x80\xc5\x9c\xe4\x59\x52\x11"
		     "\xa2\x92\x8e\x8d\x4e\xc7\x44\xc1\xed\x2e\xfc\x9f\x76\x4e"
		     "\x33\x88\xe0\xad")},
	/* More than two blocks, and a length that no block divides. */
	{TEXT("секретное слово"), TEXT("посолить немножко"), 8,
		TEXT("\x8d\xf4\x3f\xc6\xfe\x13\x1f\xc4\x7f\x0c\x9e\x39\x22\x4b"
		     "\xd9\x4c\x70\xb6\xfc\xc8\xee\x81\x35\xfa\xdd\xf6\x11\x56"
		     "\xe6\xcb\x27\x33\xea\x76\x5f\x31\x5a\x3e\x1e\x4a\xfc\x35"
		     "\xbf\x86\x87\xd1\x89\x25\x4c\x1e\x05\xa6\xfe\x80\xc0\x61"
		     "\x7f\x91\x83\xd6\x72\x60\xd6\xa1\x15\xc6\xc9\x4e\x36\x03"
		     "\xe2\x30\x3f\xbb\x43\xa7\x6a\x64\x52\x3f\xfd\xa6\x86\xb1"
		     "\xd4\x51\x85\x43")},
};

static void published_vectors(void **state)
{
	uint8_t key[128];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(key, 0xee, sizeof(key));
		assert_int_equal(bcrypt_pbkdf(rows[i].password, rows[i].salt,
					 rows[i].rounds, key, rows[i].key.len),
			0);
		assert_memory_equal(key, rows[i].key.p, rows[i].key.len);
		assert_int_equal(key[rows[i].key.len], 0xee);
	}
}

static void limits(void **state)
{
	const struct slice some = TEXT("x"), none = TEXT("");
	const struct slice salty = {
		(const uint8_t *)"x", BCRYPT_PBKDF_SALT_MAX + 1};
	uint8_t key[BCRYPT_PBKDF_KEY_MAX + 1];

	(void)state;
	assert_int_equal(bcrypt_pbkdf(none, some, 1, key, 32), -ERR_INVALID);
	assert_int_equal(bcrypt_pbkdf(some, none, 1, key, 32), -ERR_INVALID);
	assert_int_equal(bcrypt_pbkdf(some, some, 0, key, 32), -ERR_INVALID);
	assert_int_equal(bcrypt_pbkdf(some, some, 1, key, 0), -ERR_INVALID);
	assert_int_equal(
		bcrypt_pbkdf(some, some, BCRYPT_PBKDF_ROUNDS_MAX + 1, key, 32),
		-ERR_LIMIT);
	assert_int_equal(
		bcrypt_pbkdf(some, some, UINT32_MAX, key, 32), -ERR_LIMIT);
	assert_int_equal(
		bcrypt_pbkdf(some, some, 1, key, sizeof(key)), -ERR_LIMIT);
	assert_int_equal(bcrypt_pbkdf(some, salty, 1, key, 32), -ERR_LIMIT);
	assert_int_equal(
		bcrypt_pbkdf(some, some, 1, key, BCRYPT_PBKDF_KEY_MAX), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_vectors),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
