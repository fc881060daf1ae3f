/* tunnel/destination: where to connect, and by which hops. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "tunnel/options.h"

#define ROWS(a) (sizeof(a) / sizeof((a)[0]))

static void same(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		assert_ptr_equal(a, b);
	else
		assert_string_equal(a, b);
}

static void forms(void **state)
{
	static const struct {
		const char *text, *user, *host;
		uint16_t port;
	} rows[] = {
		{"host", NULL, "host", 0},
		{"me@host", "me", "host", 0},
		{"me@example.org@host", "me@example.org", "host", 0},
		{"::1", NULL, "::1", 0},
		{"[::1]", NULL, "::1", 0},
		{"me@fe80::1%eth0", "me", "fe80::1%eth0", 0},
		{"host:22", NULL, "host:22", 0},
		{"ssh://host", NULL, "host", 0},
		{"ssh://host/", NULL, "host", 0},
		{"SSH://host:2222", NULL, "host", 2222},
		{"ssh://me@host:2222", "me", "host", 2222},
		{"ssh://me@[::1]:2222", "me", "::1", 2222},
		{"ssh://me%40example.org@host", "me@example.org", "host", 0},
		{"CORP\\anna@host", "CORP\\anna", "host", 0},
		{"ssh://CORP%5canna@host", "CORP\\anna", "host", 0},
		{"ssh://[fe80::1%25eth0]", NULL, "fe80::1%eth0", 0},
		{"b\303\274cher.example", NULL, "b\303\274cher.example", 0},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct destination d;
		struct trouble trouble;

		if (destination_parse(rows[i].text, &d, &trouble) != 0)
			fail_msg("%s: %s", rows[i].text,
				trouble_get(&trouble, "detail"));
		same(d.user, rows[i].user);
		same(d.host, rows[i].host);
		assert_int_equal(d.port, rows[i].port);
		destination_done(&d);
	}
}

static void refusals_say_why(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{"", "host is missing"},
		{"me@", "host is missing"},
		{"@host", "user name"},
		{"-oProxyCommand=x", "host has characters"},
		{"me@-oProxyCommand=x", "host has characters"},
		{"-l@host", "user name"},
		{"me$(x)@host", "user name"},
		{"me\\@host", "user name"},
		{"me@ho\\st", "host has characters"},
		{"ho st", "host has characters"},
		{"host\n", "host has characters"},
		{"host;id", "host has characters"},
		{"`id`", "host has characters"},
		{"'host'", "host has characters"},
		{"a/b", "host has characters"},
		{"[::1", "not [user@]host"},
		{"[::1]:22", "not [user@]host"},
		{"[]", "host is missing"},
		{"ssh://", "host is missing"},
		{"ssh://host:", "not [user@]host"},
		{"ssh://host:0", "not [user@]host"},
		{"ssh://host:65536", "not [user@]host"},
		{"ssh://host:22x", "not [user@]host"},
		{"ssh://host:22/path", "not [user@]host"},
		{"ssh://host/path", "host has characters"},
		{"ssh://%zz", "hexadecimal"},
		{"ssh://a%0ab", "host has characters"},
		{"ssh://a%00b", "hexadecimal"},
		{"ssh://me;fingerprint=x@host", "user name"},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct destination d = {.port = 7};
		struct trouble trouble;

		if (destination_parse(rows[i].text, &d, &trouble) !=
			-ERR_INVALID)
			fail_msg("%s was taken", rows[i].text);
		if (strstr(trouble_get(&trouble, "detail"), rows[i].why) ==
			NULL)
			fail_msg("%s: %s", rows[i].text,
				trouble_get(&trouble, "detail"));
		assert_int_equal(d.port, 7);
	}
}

static void jumps_keep_their_order(void **state)
{
	struct destination hop[JUMP_MAX];
	size_t n;

	(void)state;
	assert_int_equal(destination_parse_jumps(
				 "a,me@b:2222,ssh://you@[::1]:23,[fe80::1]:24",
				 hop, &n, NULL),
		0);
	assert_int_equal(n, 4);
	assert_string_equal(hop[0].host, "a");
	assert_null(hop[0].user);
	assert_int_equal(hop[0].port, 0);
	assert_string_equal(hop[1].host, "b");
	assert_string_equal(hop[1].user, "me");
	assert_int_equal(hop[1].port, 2222);
	assert_string_equal(hop[2].host, "::1");
	assert_string_equal(hop[2].user, "you");
	assert_int_equal(hop[3].port, 24);
	for (size_t i = 0; i < n; i++)
		destination_done(&hop[i]);
}

static void jumps_are_judged_one_by_one(void **state)
{
	static const char *const bad[] = {
		"", "a,", ",a", "a,,b", "a,-b", "a:x", "::1", "a:1:2"};
	struct destination hop[JUMP_MAX];
	char text[JUMP_MAX * 2 + 2] = "";
	size_t n = 99;

	(void)state;
	for (size_t i = 0; i < ROWS(bad); i++) {
		if (destination_parse_jumps(bad[i], hop, &n, NULL) !=
			-ERR_INVALID)
			fail_msg("%s was taken", bad[i]);
		assert_int_equal(n, 99);
	}
	memset(text, ',', JUMP_MAX * 2 + 1);
	for (size_t i = 0; i <= JUMP_MAX; i++)
		text[i * 2] = 'a';
	assert_int_equal(
		destination_parse_jumps(text, hop, &n, NULL), -ERR_INVALID);
	text[JUMP_MAX * 2 - 1] = '\0';
	assert_int_equal(destination_parse_jumps(text, hop, &n, NULL), 0);
	assert_int_equal(n, JUMP_MAX);
	while (n > 0)
		destination_done(&hop[--n]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),
		cmocka_unit_test(refusals_say_why),
		cmocka_unit_test(jumps_keep_their_order),
		cmocka_unit_test(jumps_are_judged_one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
