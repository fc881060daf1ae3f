/*
 * Texts as other programs save them: with a mark of their encoding at the
 * start, and in UTF-16, as Windows writes its registry. Pure.
 */
#ifndef TAUPE_IMPORT_IMPORT_TEXT_H
#define TAUPE_IMPORT_IMPORT_TEXT_H

#include <stddef.h>

/* In UTF-8, without the mark, NUL-ended, malloc'ed. */
char *import_text_read(const char *text, size_t n, size_t *ret_n);

#endif
