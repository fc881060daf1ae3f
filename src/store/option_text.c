#include "store/option_text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"
#include "store/store_list.h"
#include "tunnel/option_value.h"

/* options_set() takes white space before the name. */
static const char *name_of(const char *item)
{
	while (isspace((unsigned char)*item))
		item++;
	return item;
}

static size_t name_length(const char *item)
{
	size_t n = 0;

	while (isalnum((unsigned char)item[n]))
		n++;
	return n;
}

bool option_text_is(const char *item, const char *name)
{
	size_t n;

	item = name_of(item);
	n = name_length(item);
	return n == strlen(name) && strncasecmp(item, name, n) == 0;
}

const char *option_text_value(const char *item)
{
	item = name_of(item);
	item += name_length(item);
	while (isspace((unsigned char)*item))
		item++;
	if (*item == '=')
		item++;
	while (isspace((unsigned char)*item))
		item++;
	return item;
}

const char *option_text_next(
	const struct string_list *list, const char *name, size_t *at)
{
	while (*at < list->n) {
		const char *item = list->item[(*at)++];

		if (option_text_is(item, name))
			return option_text_value(item);
	}
	return NULL;
}

const char *option_text_last(const struct string_list *list, const char *name)
{
	const char *value, *last = NULL;
	size_t at = 0;

	while ((value = option_text_next(list, name, &at)) != NULL)
		last = value;
	return last;
}

void option_text_drop(struct string_list *list, const char *name)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->n; i++) {
		if (option_text_is(list->item[i], name))
			free(list->item[i]);
		else
			list->item[kept++] = list->item[i];
	}
	list->n = kept;
}

void option_text_add(
	struct string_list *list, const char *name, const char *value)
{
	char *item = mem_printf("%s=%s", name, value);

	store_list_add(list, item);
	free(item);
}

char *option_text_quote(const char *word)
{
	struct buf quoted = BUF_INIT;
	char *copy;

	if (*word != '\0' && strpbrk(word, " \t\"'\\#") == NULL)
		return mem_strdup(word);
	buf_put_u8(&quoted, '"');
	for (; *word != '\0'; word++) {
		if (*word == '"' || *word == '\\')
			buf_put_u8(&quoted, '\\');
		buf_put_u8(&quoted, (uint8_t)*word);
	}
	buf_put_u8(&quoted, '"');
	copy = mem_dup(buf_ptr(&quoted), buf_len(&quoted));
	buf_done(&quoted);
	return copy;
}

void option_text_words(const char *value, struct string_list *words)
{
	char *word;

	while ((word = option_value_word(&value)) != NULL) {
		store_list_add(words, word);
		free(word);
	}
}
