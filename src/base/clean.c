#include "base/clean.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"

/* The length of the well-formed UTF-8 sequence at `p` (RFC 3629 §4) and its
 * code point; 0 when there is none. */
static size_t utf8_next(const uint8_t *p, size_t left, uint32_t *ret_point)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = p[0] < 0x80             ? 1
		   : (p[0] & 0xe0) == 0xc0 ? 2
		   : (p[0] & 0xf0) == 0xe0 ? 3
		   : (p[0] & 0xf8) == 0xf0 ? 4
					   : 0;
	uint32_t point;

	if (n == 0 || n > left)
		return 0;
	point = n == 1 ? p[0] : p[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (p[i] & 0x3f);
	}
	if (point < least[n] || point > 0x10ffff ||
		(point >= 0xd800 && point <= 0xdfff))
		return 0;
	*ret_point = point;
	return n;
}

static bool is_control(uint32_t point)
{
	return (point < 0x20 && point != '\n' && point != '\t') ||
	       (point >= 0x7f && point < 0xa0) || point == 0x2028 ||
	       point == 0x2029;
}

static bool is_left_out(uint32_t point)
{
	return point == '\r' || point == 0x061c || point == 0x200e ||
	       point == 0x200f || (point >= 0x202a && point <= 0x202e) ||
	       (point >= 0x2066 && point <= 0x2069);
}

static size_t clean(char *out, size_t room, const uint8_t *text, size_t len)
{
	size_t at = 0, n;
	uint32_t point;

	for (size_t i = 0; i < len; i += n) {
		size_t put;

		n = utf8_next(text + i, len - i, &point);
		if (n != 0 && is_left_out(point))
			continue;
		put = n == 0 || is_control(point) ? 1 : n;
		if (put > room - at)
			break;
		if (n == 0 || is_control(point))
			out[at] = '?';
		else
			memmove(out + at, text + i, n);
		at += put;
		if (n == 0)
			n = 1;
	}
	out[at] = '\0';
	return at;
}

size_t clean_text(char *ret_text, size_t size, const void *text, size_t len)
{
	return size != 0 ? clean(ret_text, size - 1, text, len) : 0;
}

size_t clean_line(char *ret_text, size_t size, const void *text, size_t len)
{
	size_t n = clean_text(ret_text, size, text, len);

	while (n != 0 && (ret_text[n - 1] == '\n' || ret_text[n - 1] == '\t'))
		ret_text[--n] = '\0';
	for (size_t i = 0; i < n; i++)
		if (ret_text[i] == '\n' || ret_text[i] == '\t')
			ret_text[i] = ' ';
	return n;
}

char *clean_copy(const void *text, size_t len, size_t max)
{
	size_t room = len < max ? len : max;
	char *out = mem_alloc(room + 1);

	clean(out, room, text, len);
	return out;
}
