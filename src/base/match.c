#include "base/match.h"

#include <string.h>

static uint8_t fold(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

/* On a mismatch only the last "*" takes one byte more: an earlier one could
 * never do better, so there is no recursion to blow up. */
bool match_pattern(struct slice text, struct slice pattern)
{
	size_t t = 0, p = 0, star = SIZE_MAX, resume = 0;

	while (t < text.len) {
		if (p < pattern.len && pattern.p[p] == '*') {
			star = p++;
			resume = t;
		} else if (p < pattern.len &&
			   (pattern.p[p] == '?' ||
				   fold(pattern.p[p]) == fold(text.p[t]))) {
			p++;
			t++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			t = ++resume;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.p[p] == '*')
		p++;
	return p == pattern.len;
}

enum match_verdict match_list(struct slice text, struct slice list)
{
	enum match_verdict verdict = MATCH_NONE;

	while (list.len > 0) {
		const uint8_t *comma = memchr(list.p, ',', list.len);
		struct slice entry = list;
		bool negated;

		if (comma != NULL)
			entry.len = (size_t)(comma - list.p);
		list.p += entry.len;
		list.len -= entry.len;
		if (list.len > 0) {
			list.p++;
			list.len--;
		}
		negated = entry.len > 0 && entry.p[0] == '!';
		if (negated) {
			entry.p++;
			entry.len--;
		}
		if (entry.len == 0 || !match_pattern(text, entry))
			continue;
		if (negated)
			return MATCH_NEGATED;
		verdict = MATCH_FOUND;
	}
	return verdict;
}

bool match_is_literal(struct slice list)
{
	for (size_t i = 0; i < list.len; i++) {
		uint8_t c = list.p[i];

		if (c == '*' || c == '?' || c == '!' || c == ',')
			return false;
	}
	return true;
}
