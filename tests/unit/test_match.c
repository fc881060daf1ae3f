/* base/match: the pattern lists of ssh_config and known_hosts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/match.h"

static struct slice text(const char *s)
{
	return (struct slice){(const uint8_t *)s, strlen(s)};
}

static void patterns(void **state)
{
	static const struct {
		const char *text, *pattern;
		bool fits;
	} rows[] = {
		{"", "", true},
		{"", "*", true},
		{"", "**", true},
		{"", "?", false},
		{"a", "", false},
		{"host", "host", true},
		{"host", "HOST", true},
		{"HOST", "host", true},
		{"host", "hos", false},
		{"hos", "host", false},
		{"host", "h?st", true},
		{"host", "h?t", false},
		{"a.example.org", "*.example.org", true},
		{".example.org", "*.example.org", true},
		{"example.org", "*.example.org", false},
		{"a.b.example.org", "*.example.*", true},
		{"192.168.0.7", "192.168.0.?", true},
		{"192.168.0.77", "192.168.0.?", false},
		{"[host]:2222", "[host]:2222", true},
		{"[host]:2222", "[host]:*", true},
		{"[host]:2222", "[*]:2222", true},
		{"h", "[host]", false},
		{"aaab", "*aab", true},
		{"abcabcabd", "*abc*abd", true},
		{"abcabcabd", "a*c*?d", true},
		{"abcabcabe", "a*c*?d", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (match_pattern(text(rows[i].text), text(rows[i].pattern)) !=
			rows[i].fits)
			fail_msg(
				"%s against %s", rows[i].text, rows[i].pattern);
}

static void lists(void **state)
{
	static const struct {
		const char *text, *list;
		enum match_verdict verdict;
	} rows[] = {
		{"a", "", MATCH_NONE},
		{"", "", MATCH_NONE},
		{"a", ",", MATCH_NONE},
		{"a", "b,a", MATCH_FOUND},
		{"a", "b,,a", MATCH_FOUND},
		{"a", "b,c", MATCH_NONE},
		{"a", "!a", MATCH_NEGATED},
		{"a", "*,!a", MATCH_NEGATED},
		{"a", "!a,*", MATCH_NEGATED},
		{"b", "!a,*", MATCH_FOUND},
		{"b", "!a", MATCH_NONE},
		{"b", "*,!", MATCH_FOUND},
		{"x.dyn.example.org", "*.example.org,!*.dyn.example.org",
			MATCH_NEGATED},
		{"x.example.org", "*.example.org,!*.dyn.example.org",
			MATCH_FOUND},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (match_list(text(rows[i].text), text(rows[i].list)) !=
			rows[i].verdict)
			fail_msg("%s against %s", rows[i].text, rows[i].list);
}

static void literals(void **state)
{
	(void)state;
	assert_true(match_is_literal(text("host")));
	assert_true(match_is_literal(text("[host]:22")));
	assert_false(match_is_literal(text("a,b")));
	assert_false(match_is_literal(text("*.a")));
	assert_false(match_is_literal(text("a?")));
	assert_false(match_is_literal(text("!a")));
}

/* Exponential or recursive matchers do not come back from this one. */
static void many_stars_end(void **state)
{
	char subject[4096], pattern[2048];

	(void)state;
	memset(subject, 'a', sizeof(subject));
	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = i % 2 == 0 ? '*' : 'a';
	pattern[sizeof(pattern) - 1] = 'b';
	assert_false(match_pattern(
		(struct slice){(uint8_t *)subject, sizeof(subject)},
		(struct slice){(uint8_t *)pattern, sizeof(pattern)}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns),
		cmocka_unit_test(lists),
		cmocka_unit_test(literals),
		cmocka_unit_test(many_stars_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
