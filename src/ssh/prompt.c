#include "ssh/prompt.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const char *const kind_names[] = {
	[PROMPT_HOST_KEY] = "host_key",
	[PROMPT_PASSPHRASE] = "passphrase",
	[PROMPT_PASSWORD] = "password",
	[PROMPT_NEW_PASSWORD] = "new_password",
	[PROMPT_KEYBOARD] = "keyboard_interactive",
};
static_assert(sizeof(kind_names) / sizeof(kind_names[0]) == PROMPT_KIND_COUNT,
	"one name a kind");

const char *prompt_kind_name(enum prompt_kind kind)
{
	return kind_names[kind];
}

struct prompt *prompt_new(enum prompt_kind kind, const char *about)
{
	struct prompt *p = mem_zalloc(1, sizeof(*p));

	p->kind = kind;
	p->about = mem_strdup(about);
	p->name = mem_strdup("");
	p->instruction = mem_strdup("");
	return p;
}

struct prompt *prompt_copy(const struct prompt *p)
{
	struct prompt *copy = mem_dup(p, sizeof(*p));

	copy->about = mem_strdup(p->about);
	copy->name = mem_strdup(p->name);
	copy->instruction = mem_strdup(p->instruction);
	for (unsigned i = 0; i < p->n_fields; i++)
		copy->field[i].text = mem_strdup(p->field[i].text);
	return copy;
}

void prompt_free(struct prompt *p)
{
	if (p == NULL)
		return;
	for (unsigned i = 0; i < p->n_fields; i++)
		free(p->field[i].text);
	free(p->instruction);
	free(p->name);
	free(p->about);
	free(p);
}

void prompt_set_name(struct prompt *p, struct slice text)
{
	free(p->name);
	p->name = prompt_clean(text, PROMPT_TEXT_MAX);
}

void prompt_set_instruction(struct prompt *p, struct slice text)
{
	free(p->instruction);
	p->instruction = prompt_clean(text, PROMPT_TEXT_MAX);
}

bool prompt_add(struct prompt *p, struct slice text, bool echo)
{
	if (p->n_fields == PROMPT_FIELDS_MAX)
		return false;
	p->field[p->n_fields].text = prompt_clean(text, PROMPT_TEXT_MAX);
	p->field[p->n_fields].echo = echo;
	p->n_fields++;
	return true;
}

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

/* A prompt could be made to read as another one with these. */
static bool is_left_out(uint32_t point)
{
	return point == '\r' || point == 0x200e || point == 0x200f ||
	       (point >= 0x202a && point <= 0x202e) ||
	       (point >= 0x2066 && point <= 0x2069);
}

char *prompt_clean(struct slice text, size_t max)
{
	size_t room = text.len < max ? text.len : max, at = 0, n;
	char *out = mem_alloc(room + 1);
	uint32_t point;

	for (size_t i = 0; i < text.len; i += n) {
		size_t put;

		n = utf8_next(text.p + i, text.len - i, &point);
		if (n != 0 && is_left_out(point))
			continue;
		put = n == 0 || is_control(point) ? 1 : n;
		if (put > room - at)
			break;
		if (n == 0 || is_control(point))
			out[at] = '?';
		else
			memcpy(out + at, text.p + i, n);
		at += put;
		if (n == 0)
			n = 1;
	}
	out[at] = '\0';
	return out;
}
