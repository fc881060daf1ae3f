/*
 * Peers' texts, made fit for a terminal, a log and a page.
 *
 * What comes out is valid UTF-8 without control characters (C0, DEL, C1 and the
 * line and paragraph separators become '?', as does every byte that is no
 * UTF-8) and without the marks that turn the direction of writing around, with
 * which one text could be made to read as another. It is never longer than what
 * went in. Any thread.
 */
#ifndef TAUPE_BASE_CLEAN_H
#define TAUPE_BASE_CLEAN_H

#include <stddef.h>

/* Several lines: newlines and tabs stay, carriage returns go. Cut between two
 * characters where `size` with the closing NUL ends. Returns the length.
 * `ret_text` may be `text` itself. */
size_t clean_text(char *ret_text, size_t size, const void *text, size_t len);

/* As clean_text, in one line: newlines and tabs become spaces, those at the end
 * go. */
size_t clean_line(char *ret_text, size_t size, const void *text, size_t len);

/* clean_text of at most `max` bytes, on the heap; free() releases. */
char *clean_copy(const void *text, size_t len, size_t max)
	__attribute__((malloc, returns_nonnull));

#endif
