#include "base/base64.h"

#include <string.h>

#include <openssl/evp.h>

static bool in_alphabet(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c >= '0' && c <= '9') || c == '+' || c == '/';
}

void base64_encode(struct buf *out, const void *p, size_t n)
{
	uint8_t *to;

	if (n == 0)
		return;
	/* EVP_EncodeBlock ends its text with a NUL that it does not count. */
	to = buf_reserve(out, (n + 2) / 3 * 4 + 1);
	buf_commit(out, (size_t)EVP_EncodeBlock(to, p, (int)n));
}

int base64_decode(struct buf *out, struct slice text)
{
	size_t pad = 0, n = text.len;
	unsigned char again[5];
	uint8_t *to;

	if (n == 0)
		return 0;
	if (n % 4 != 0 || n > BASE64_MAX)
		return -ERR_INVALID;
	while (pad < 2 && text.p[n - 1 - pad] == '=')
		pad++;
	/* EVP_DecodeBlock trims its input and takes '=' anywhere: not strict.
	 */
	for (size_t i = 0; i < n - pad; i++)
		if (!in_alphabet(text.p[i]))
			return -ERR_INVALID;
	to = buf_reserve(out, n / 4 * 3);
	if (EVP_DecodeBlock(to, text.p, (int)n) != (int)(n / 4 * 3))
		return -ERR_INVALID;
	/* Bits that the padding says are not there must be zero. */
	EVP_EncodeBlock(again, to + n / 4 * 3 - 3, (int)(3 - pad));
	if (memcmp(again, text.p + n - 4, 4) != 0)
		return -ERR_INVALID;
	buf_commit(out, n / 4 * 3 - pad);
	return 0;
}
