#include "cli/skim.h"

#include <string.h>

struct skim {
	const char *at, *end;
	const char *const *keep;
	struct buf *out;
};

static char peek(struct skim *s)
{
	while (s->at < s->end && strchr(" \t\r\n", *s->at) != NULL &&
		*s->at != '\0')
		s->at++;
	return s->at < s->end ? *s->at : '\0';
}

static bool take(struct skim *s, char c)
{
	if (peek(s) != c)
		return false;
	s->at++;
	return true;
}

/* Past its closing quote. */
static bool skip_string(struct skim *s)
{
	for (s->at++; s->at < s->end; s->at++) {
		if (*s->at == '"') {
			s->at++;
			return true;
		}
		if (*s->at == '\\')
			s->at++;
	}
	return false;
}

/* Up to the comma or bracket that ends it. */
static bool skip_value(struct skim *s)
{
	unsigned depth = 0;

	while (s->at < s->end) {
		char c = *s->at;

		if (depth == 0 && (c == ',' || c == '}' || c == ']'))
			return true;
		if (c == '"') {
			if (!skip_string(s))
				return false;
			continue;
		}
		if (c == '{' || c == '[')
			depth++;
		else if (c == '}' || c == ']')
			depth--;
		s->at++;
	}
	return false;
}

/* `name` with its quotes. */
static bool is_kept(const struct skim *s, const char *name, size_t n)
{
	for (const char *const *k = s->keep; *k != NULL; k++)
		if (strlen(*k) + 2 == n && memcmp(*k, name + 1, n - 2) == 0)
			return true;
	return false;
}

static bool member(struct skim *s, bool *first)
{
	const char *start, *name_end;

	if (peek(s) != '"')
		return false;
	start = s->at;
	if (!skip_string(s))
		return false;
	name_end = s->at;
	if (!take(s, ':') || !skip_value(s))
		return false;
	if (!is_kept(s, start, (size_t)(name_end - start)))
		return true;
	if (!*first)
		buf_put(s->out, ",", 1);
	*first = false;
	buf_put(s->out, start, (size_t)(s->at - start));
	return true;
}

static bool object(struct skim *s)
{
	bool first = true;

	if (!take(s, '{'))
		return false;
	buf_put(s->out, "{", 1);
	if (peek(s) != '}')
		do {
			if (!member(s, &first))
				return false;
		} while (take(s, ','));
	buf_put(s->out, "}", 1);
	return take(s, '}');
}

bool skim_list(
	const void *json, size_t n, const char *const *keep, struct buf *out)
{
	struct skim s = {.at = json,
		.end = (const char *)json + n,
		.keep = keep,
		.out = out};

	if (!take(&s, '['))
		return false;
	buf_put(out, "[", 1);
	if (peek(&s) != ']')
		for (bool more = true; more;) {
			if (!object(&s))
				return false;
			more = take(&s, ',');
			if (more)
				buf_put(out, ",", 1);
		}
	buf_put(out, "]", 1);
	return take(&s, ']') && peek(&s) == '\0' && s.at == s.end;
}
