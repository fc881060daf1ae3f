/*
 * Sentences of the catalogue on their way to a person: in the process's
 * language, with their places filled. Control thread.
 */
#ifndef TAUPE_CLI_TEXT_H
#define TAUPE_CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/trouble.h"

/* The longest sentence that is not a help page, with its arguments. */
#define TEXT_MAX 1536

/* After `key` come pairs of a place's name and its value, then NULL. Returns
 * `ret_text`, which is always NUL-ended. */
char *text_format(char *ret_text, size_t size, const char *key, ...)
	__attribute__((sentinel));

/* For --lang: "en" or "fr". False: there is no such language. */
bool text_set_lang(const char *name);

/* "taupe: sentence" on stderr. */
void text_complain(const char *sentence);

/* The sentence of a trouble, with what to do next behind it. */
char *text_trouble(const struct trouble *t, char *ret_text, size_t size);

/* Appends `text` as base/clean.h's clean_text leaves it. */
void text_put_clean(struct buf *out, const char *text, size_t n);

/* The place in `names` (ended by NULL) of what was probably meant by `typed`,
 * or NULL when nothing is near. */
const char *text_nearest(const char *typed, const char *const *names);

#endif
