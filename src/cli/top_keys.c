#include "cli/top_keys.h"

#include <string.h>

/* The letter that ends a sequence, or the number before its "~". */
static const struct {
	char last;
	unsigned number;
	enum top_key key;
} sequences[] = {
	{'A', 0, TOP_KEY_UP},
	{'B', 0, TOP_KEY_DOWN},
	{'C', 0, TOP_KEY_RIGHT},
	{'D', 0, TOP_KEY_LEFT},
	{'F', 0, TOP_KEY_END},
	{'H', 0, TOP_KEY_HOME},
	{'M', 0, TOP_KEY_ENTER}, /* of the keypad, by SS3 */
	{'~', 1, TOP_KEY_HOME},
	{'~', 4, TOP_KEY_END},
	{'~', 5, TOP_KEY_PAGE_UP},
	{'~', 6, TOP_KEY_PAGE_DOWN},
	{'~', 7, TOP_KEY_HOME},
	{'~', 8, TOP_KEY_END},
};

static enum top_key look_up(char last, unsigned number)
{
	for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++)
		if (sequences[i].last == last &&
			(last != '~' || sequences[i].number == number))
			return sequences[i].key;
	return TOP_KEY_NONE;
}

/* ESC [ parameters letter, or ESC O letter. */
static size_t sequence(const unsigned char *p, size_t n, enum top_key *ret_key)
{
	unsigned number = 0;
	size_t at = 2;

	/* The first parameter; modifiers stand in the second. */
	while (at < n && p[at] >= '0' && p[at] <= '9' && number < 1000)
		number = number * 10 + (p[at++] - '0');
	while (at < n && p[at] >= 0x20 && p[at] < 0x40)
		at++;
	if (at == n)
		return 0;
	*ret_key = look_up((char)p[at], number);
	return at + 1;
}

static size_t escape(
	const unsigned char *p, size_t n, bool ended, enum top_key *ret_key)
{
	size_t taken = 0;

	if (n >= 2 && p[1] != '[' && p[1] != 'O') {
		/* Two keys, or one with Alt: that is no key here. */
		*ret_key = p[1] == 0x1b ? TOP_KEY_ESCAPE : TOP_KEY_NONE;
		return p[1] == 0x1b ? 1 : 2;
	}
	if (n >= 2)
		taken = sequence(p, n, ret_key);
	if (taken != 0 || !ended)
		return taken;
	*ret_key = TOP_KEY_ESCAPE;
	return n;
}

static size_t letter(const unsigned char *p, size_t n, bool ended,
	enum top_key *ret_key, char ret_text[TOP_KEY_TEXT_MAX])
{
	size_t size = p[0] < 0x80   ? 1
		      : p[0] < 0xc0 ? 0
		      : p[0] < 0xe0 ? 2
		      : p[0] < 0xf0 ? 3
		      : p[0] < 0xf8 ? 4
				    : 0;

	if (size > n && !ended)
		return 0;
	for (size_t i = 1; i < size; i++)
		if (i >= n || (p[i] & 0xc0) != 0x80)
			size = 0;
	if (size == 0) /* no UTF-8 */
		return 1;
	memcpy(ret_text, p, size);
	ret_text[size] = '\0';
	*ret_key = TOP_KEY_TEXT;
	return size;
}

size_t top_keys_next(const unsigned char *p, size_t n, bool ended,
	enum top_key *ret_key, char ret_text[TOP_KEY_TEXT_MAX])
{
	ret_text[0] = '\0';
	*ret_key = TOP_KEY_NONE;
	if (n == 0)
		return 0;
	switch (p[0]) {
	case 0x1b:
		return escape(p, n, ended, ret_key);
	case '\r':
	case '\n':
		*ret_key = TOP_KEY_ENTER;
		return 1;
	case 0x08:
	case 0x7f:
		*ret_key = TOP_KEY_BACKSPACE;
		return 1;
	default:
		if (p[0] < 0x20)
			return 1;
		return letter(p, n, ended, ret_key, ret_text);
	}
}
