/* base/match: a text and a pattern list, parted by the first newline, against
 * a second, recursive matcher that is plainly right. */
#include <stdlib.h>
#include <string.h>

#include "base/match.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t fold(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static bool plain_match(struct slice t, struct slice p)
{
	struct slice p1 = {p.p + 1, p.len - 1}, t1 = {t.p + 1, t.len - 1};

	if (p.len == 0)
		return t.len == 0;
	if (p.p[0] == '*')
		return plain_match(t, p1) || (t.len > 0 && plain_match(t1, p));
	return t.len > 0 && (p.p[0] == '?' || fold(p.p[0]) == fold(t.p[0])) &&
	       plain_match(t1, p1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nl = size > 0 ? memchr(data, '\n', size) : NULL;
	struct slice text, list;

	if (nl == NULL)
		return 0;
	text = (struct slice){data, (size_t)(nl - data)};
	list = (struct slice){nl + 1, size - text.len - 1};
	(void)match_list(text, list);
	(void)match_is_literal(list);
	if (text.len <= 16 && list.len <= 10 &&
		plain_match(text, list) != match_pattern(text, list))
		abort();
	return 0;
}
