/*
 * A command line split as a POSIX shell splits it, without running anything:
 * quotes and backslashes are understood, redirections left out; variables,
 * substitutions and globs are not, and stay as they are typed. Pure.
 */
#ifndef TAUPE_IMPORT_SHELL_WORDS_H
#define TAUPE_IMPORT_SHELL_WORDS_H

#include <stddef.h>

#include "tunnel/options.h"

/* Appends the words of the first command in `text` to `words` and returns what
 * is behind it: past its newline, `;`, `&` or `|`, or where the text ends.
 * NULL: a quote is not closed. A backslash before a newline joins two lines. */
const char *shell_words_next(const char *text, struct string_list *words);
void shell_words_done(struct string_list *words);

#endif
