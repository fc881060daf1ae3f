#include "tunnel/option_value.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

#define SIZE_UNIT_MAX ((uint64_t)1 << 40)

char *option_value_word(const char **cursor)
{
	struct buf word = BUF_INIT;
	const char *p = *cursor;
	char quote = '\0', *copy = NULL;

	while (isspace((unsigned char)*p))
		p++;
	if (*p == '\0')
		return NULL;
	for (; *p != '\0' && (quote || !isspace((unsigned char)*p)); p++) {
		if (*p == '\\' && p[1] != '\0' && strchr("\"'\\ ", p[1])) {
			buf_put_u8(&word, (uint8_t) * ++p);
		} else if (quote ? *p == quote : *p == '"' || *p == '\'') {
			quote = quote ? '\0' : *p;
		} else {
			buf_put_u8(&word, (uint8_t)*p);
		}
	}
	if (quote == '\0') {
		copy = mem_dup(word.data != NULL ? buf_ptr(&word) : NULL,
			buf_len(&word));
		*cursor = p;
	}
	buf_done(&word);
	return copy;
}

/* The digits at `*p`, as far as they stay below 2^50. */
static int digits(const char **p, uint64_t *ret_n)
{
	uint64_t n = 0;

	if (!isdigit((unsigned char)**p))
		return -ERR_INVALID;
	for (; isdigit((unsigned char)**p); (*p)++) {
		n = n * 10 + (uint64_t)(**p - '0');
		if (n >> 50 != 0)
			return -ERR_INVALID;
	}
	*ret_n = n;
	return 0;
}

int option_value_unsigned(const char *text, unsigned max, unsigned *ret_n)
{
	uint64_t n;

	if (digits(&text, &n) != 0 || *text != '\0' || n > max)
		return -ERR_INVALID;
	*ret_n = (unsigned)n;
	return 0;
}

static unsigned time_unit(char c)
{
	switch (tolower((unsigned char)c)) {
	case 's':
		return 1;
	case 'm':
		return 60;
	case 'h':
		return 60 * 60;
	case 'd':
		return 24 * 60 * 60;
	case 'w':
		return 7 * 24 * 60 * 60;
	}
	return 0;
}

int option_value_time(const char *text, unsigned *ret_s)
{
	uint64_t sum = 0, n;
	unsigned unit;

	do {
		if (digits(&text, &n) != 0)
			return -ERR_INVALID;
		unit = *text != '\0' ? time_unit(*text++) : 1;
		if (unit == 0 || n > INT_MAX / unit)
			return -ERR_INVALID;
		sum += n * unit;
		if (sum > INT_MAX)
			return -ERR_INVALID;
	} while (*text != '\0');
	*ret_s = (unsigned)sum;
	return 0;
}

int option_value_size(const char *text, uint64_t *ret_bytes)
{
	static const char units[] = "KMGT";
	uint64_t whole, tenth = 0, unit = 1, scale = 1;
	const char *at;

	if (digits(&text, &whole) != 0)
		return -ERR_INVALID;
	if (*text == '.') {
		for (text++; isdigit((unsigned char)*text); text++) {
			if (scale > 1000)
				return -ERR_INVALID;
			tenth = tenth * 10 + (uint64_t)(*text - '0');
			scale *= 10;
		}
	}
	if (*text != '\0') {
		at = strchr(units, toupper((unsigned char)*text++));
		if (at == NULL || *text != '\0')
			return -ERR_INVALID;
		unit <<= 10 * (at - units + 1);
	}
	if (whole > UINT64_MAX / SIZE_UNIT_MAX / 2)
		return -ERR_INVALID;
	*ret_bytes = whole * unit + tenth * unit / scale;
	return 0;
}
