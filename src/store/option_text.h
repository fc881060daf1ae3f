/*
 * A stored server's options: "Name=value" texts, as ssh_config has them, in a
 * list that is read and changed by name. Names count without case, and without
 * the white space before them, as options_set() takes them; items that are not
 * Name=value are nobody's.
 *
 * Pure. Any thread.
 */
#ifndef TAUPE_STORE_OPTION_TEXT_H
#define TAUPE_STORE_OPTION_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "tunnel/options.h"

/* Whether the item sets `name`. */
bool option_text_is(const char *item, const char *name);
/* What stands behind the name: "" when nothing does. */
const char *option_text_value(const char *item);
/* The value of the first item of that name from `*at` on, which moves behind
 * it; NULL: there is none. */
const char *option_text_next(
	const struct string_list *list, const char *name, size_t *at);
/* The last one, which is the one that counts; NULL: not set. */
const char *option_text_last(const struct string_list *list, const char *name);

void option_text_drop(struct string_list *list, const char *name);
void option_text_add(
	struct string_list *list, const char *name, const char *value);

/* `word` so that option_value_word() gives it back: in quotes where it has
 * white space, quotes or backslashes. malloc'ed. */
char *option_text_quote(const char *word);
/* The words of a value, unquoted, appended to `words`. */
void option_text_words(const char *value, struct string_list *words);

#endif
