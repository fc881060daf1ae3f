#include "import/import_text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

static void put_utf8(struct buf *out, uint32_t c)
{
	if (c < 0x80) {
		buf_put_u8(out, (uint8_t)c);
		return;
	}
	if (c < 0x800) {
		buf_put_u8(out, (uint8_t)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			buf_put_u8(out, (uint8_t)(0xe0 | c >> 12));
		} else {
			buf_put_u8(out, (uint8_t)(0xf0 | c >> 18));
			buf_put_u8(out, (uint8_t)(0x80 | (c >> 12 & 0x3f)));
		}
		buf_put_u8(out, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
	}
	buf_put_u8(out, (uint8_t)(0x80 | (c & 0x3f)));
}

static uint32_t unit(const uint8_t *at, bool big)
{
	return big ? (uint32_t)(at[0] << 8 | at[1])
		   : (uint32_t)(at[1] << 8 | at[0]);
}

/* A half of a pair alone becomes U+FFFD. */
static void put_utf16(
	struct buf *out, const uint8_t *at, const uint8_t *end, bool big)
{
	for (; end - at >= 2; at += 2) {
		uint32_t c = unit(at, big), low;

		if (c >= 0xd800 && c < 0xdc00 && end - at >= 4) {
			low = unit(at + 2, big);
			if (low >= 0xdc00 && low < 0xe000) {
				c = 0x10000 + ((c - 0xd800) << 10) +
				    (low - 0xdc00);
				at += 2;
			}
		}
		if (c >= 0xd800 && c < 0xe000)
			c = 0xfffd;
		put_utf8(out, c);
	}
}

char *import_text_read(const char *text, size_t n, size_t *ret_n)
{
	const uint8_t *p = (const uint8_t *)text;
	struct buf out = BUF_INIT;
	char *copy;

	if (n >= 2 && (memcmp(p, "\xff\xfe", 2) == 0 ||
			      memcmp(p, "\xfe\xff", 2) == 0))
		put_utf16(&out, p + 2, p + n, p[0] == 0xfe);
	else if (n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		buf_put(&out, p + 3, n - 3);
	else
		buf_put(&out, p, n);
	*ret_n = buf_len(&out);
	copy = mem_dup(buf_ptr(&out), buf_len(&out));
	buf_done(&out);
	return copy;
}
