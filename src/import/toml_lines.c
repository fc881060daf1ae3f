#include "import/toml_lines.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "import/shell_words.h"

static char *skip_space(char *at)
{
	return at + strspn(at, " \t\r");
}

/* In an array newlines and comments are space too. */
static char *skip_lines(char *at, unsigned *line)
{
	for (;;) {
		at = skip_space(at);
		if (*at == '#')
			at += strcspn(at, "\n");
		if (*at != '\n')
			return at;
		++*line;
		at++;
	}
}

static void put_unicode(struct buf *out, unsigned long c)
{
	char bytes[4];
	size_t n = 0;

	if (c < 0x80) {
		bytes[n++] = (char)c;
	} else if (c < 0x800) {
		bytes[n++] = (char)(0xc0 | c >> 6);
		bytes[n++] = (char)(0x80 | (c & 0x3f));
	} else {
		bytes[n++] = (char)(0xe0 | (c >> 12 & 0xf));
		bytes[n++] = (char)(0x80 | (c >> 6 & 0x3f));
		bytes[n++] = (char)(0x80 | (c & 0x3f));
	}
	buf_put(out, bytes, n);
}

/* Behind a backslash; returns what follows, or NULL. */
static char *escape(char *at, struct buf *out)
{
	static const char from[] = "btnfr\"\\", to[] = "\b\t\n\f\r\"\\";
	const char *known = *at != '\0' ? strchr(from, *at) : NULL;
	char hex[5] = {0};
	unsigned long c;

	if (known != NULL) {
		buf_put(out, &to[known - from], 1);
		return at + 1;
	}
	if (*at != 'u' || strspn(at + 1, "0123456789abcdefABCDEF") < 4)
		return NULL;
	memcpy(hex, at + 1, 4);
	c = strtoul(hex, NULL, 16);
	if (c == 0 || (c >= 0xd800 && c < 0xe000))
		return NULL;
	put_unicode(out, c);
	return at + 5;
}

/* A quoted string; returns what follows the closing quote, or NULL. */
static char *string(char *at, struct buf *out)
{
	char quote = *at++;

	if (at[0] == quote && at[1] == quote)
		return NULL;
	while (*at != quote) {
		if (*at == '\0' || *at == '\n')
			return NULL;
		if (*at == '\\' && quote == '"') {
			at = escape(at + 1, out);
			if (at == NULL)
				return NULL;
			continue;
		}
		buf_put(out, at++, 1);
	}
	return at + 1;
}

static void add_text(struct string_list *list, struct buf *text)
{
	list->item = mem_realloc(list->item, list->n + 1, sizeof(*list->item));
	list->item[list->n++] = mem_dup(buf_ptr(text), buf_len(text));
	buf_clear(text);
}

/* One string, or one word without quotes. */
static char *scalar(char *at, struct string_list *list)
{
	struct buf text = BUF_INIT;
	size_t n;

	if (*at == '"' || *at == '\'') {
		at = string(at, &text);
	} else {
		n = strcspn(at, " \t\r\n,]#={[");
		if (n == 0)
			return NULL;
		buf_put(&text, at, n);
		at += n;
	}
	if (at != NULL)
		add_text(list, &text);
	buf_done(&text);
	return at;
}

static char *array(char *at, unsigned *line, struct string_list *list)
{
	for (at = skip_lines(at + 1, line); *at != ']';
		at = skip_lines(at, line)) {
		at = scalar(at, list);
		if (at == NULL)
			return NULL;
		at = skip_lines(at, line);
		if (*at == ',')
			at++;
		else if (*at != ']')
			return NULL;
	}
	return at + 1;
}

static bool at_end(char *at)
{
	at = skip_space(at);
	return *at == '\0' || *at == '\n' || *at == '#';
}

static char *key_value(
	char *at, unsigned *line, const struct toml_ops *ops, void *arg)
{
	struct string_list name = {0};
	struct toml_value value = {0};
	unsigned first = *line;

	at = scalar(at, &name);
	if (at == NULL)
		goto out;
	at = skip_space(at);
	if (*at != '=') {
		at = NULL;
		goto out;
	}
	at = skip_space(at + 1);
	value.is_array = *at == '[';
	at = value.is_array ? array(at, line, &value.texts)
			    : scalar(at, &value.texts);
	if (at != NULL && !at_end(at))
		at = NULL;
	if (at != NULL)
		ops->key(arg, first, name.item[0], &value);
out:
	shell_words_done(&name);
	shell_words_done(&value.texts);
	return at;
}

static char *table(
	char *at, unsigned line, const struct toml_ops *ops, void *arg)
{
	bool is_item = at[1] == '[';
	char *name = skip_space(at + 1 + is_item);
	char *end = name + strcspn(name, "]\n");
	char *copy;

	if (*end != ']' || (is_item && end[1] != ']') ||
		!at_end(end + 1 + is_item))
		return NULL;
	copy = mem_dup(name, (size_t)(end - name));
	for (size_t n = strlen(copy); n > 0 && copy[n - 1] == ' '; n--)
		copy[n - 1] = '\0';
	ops->table(arg, line, copy, is_item);
	free(copy);
	return end + 1 + is_item;
}

void toml_lines_read(char *text, const struct toml_ops *ops, void *arg)
{
	unsigned line = 1;
	char *at = text;

	for (at = skip_lines(at, &line); *at != '\0';
		at = skip_lines(at, &line)) {
		unsigned first = line;
		char *start = at;

		at = *at == '[' ? table(at, line, ops, arg)
				: key_value(at, &line, ops, arg);
		if (at == NULL) {
			char *end = start + strcspn(start, "\n");
			char *wrong = mem_dup(start, (size_t)(end - start));

			ops->wrong(arg, first, wrong);
			free(wrong);
			line = first;
			at = end;
		}
	}
}
