#include "cli/ascii.h"

#include <string.h>

/* U+00A0 … U+00FF */
static const char latin[] = " !cLxY|S\"ca\"!-r-o+23'uP..1o\"123?"
			    "AAAAAAACEEEEIIIIDNOOOOOxOUUUUYTs"
			    "aaaaaaaceeeeiiiidnooooo/ouuuuyty";

static const struct {
	unsigned code;
	char like;
} others[] = {
	{0x152, 'O'},   /* Œ */
	{0x153, 'o'},   /* œ */
	{0x2013, '-'},  /* – */
	{0x2014, '-'},  /* — */
	{0x2018, '\''}, /* ‘ */
	{0x2019, '\''}, /* ’ */
	{0x201c, '"'},  /* “ */
	{0x201d, '"'},  /* ” */
	{0x2026, '.'},  /* … */
	{0x202f, ' '},  /* narrow no-break space */
	{0x2191, '^'},  /* ↑ */
	{0x2192, '>'},  /* → */
	{0x2193, 'v'},  /* ↓ */
};

static char like(unsigned code)
{
	if (code >= 0xa0 && code <= 0xff)
		return latin[code - 0xa0];
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (others[i].code == code)
			return others[i].like;
	return '?';
}

/* One letter of valid UTF-8 at `p`; what is not valid is one byte long. */
static size_t decode(const unsigned char *p, size_t n, unsigned *ret_code)
{
	size_t size = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	unsigned code = p[0] & (0xffu >> (size + 1));

	*ret_code = 0;
	if (p[0] < 0xc0 || size > n)
		return 1;
	for (size_t i = 1; i < size; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return i;
		code = code << 6 | (p[i] & 0x3f);
	}
	*ret_code = code;
	return size;
}

void ascii_fold(struct buf *text)
{
	unsigned char *p = buf_ptr(text);
	size_t n = buf_len(text), from = 0, to = 0;

	while (from < n) {
		unsigned code;

		if (p[from] < 0x80) {
			p[to++] = p[from++];
			continue;
		}
		from += decode(p + from, n - from, &code);
		/* Combining marks take no column. */
		if (code < 0x300 || code >= 0x370)
			p[to++] = (unsigned char)like(code);
	}
	text->tail -= n - to;
}
