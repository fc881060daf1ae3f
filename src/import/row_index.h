/*
 * Rows found by what they are, where thousands are compared with thousands: a
 * hash leads to the few that may be meant, and the caller looks at those.
 */
#ifndef TAUPE_IMPORT_ROW_INDEX_H
#define TAUPE_IMPORT_ROW_INDEX_H

#include <stddef.h>
#include <stdint.h>

#define ROW_INDEX_NONE  SIZE_MAX
#define ROW_INDEX_START UINT64_C(0xcbf29ce484222325)

/* All zero: of no rows. */
struct row_index {
	size_t *first, *next; /* NONE ends a chain */
	size_t room;
};

/* Of the rows 0 to n - 1, whose hash does not change. */
typedef uint64_t row_index_fn(const void *arg, size_t row);
void row_index_make(
	struct row_index *x, size_t n, row_index_fn *hash, const void *arg);
void row_index_done(struct row_index *x);

/* Those that may have that hash, the lower ones first; NONE: no more. */
size_t row_index_first(const struct row_index *x, uint64_t hash);
size_t row_index_next(const struct row_index *x, size_t row);

/* From ROW_INDEX_START on, part by part. Texts are taken without regard to the
 * case of their letters; NULL is one of its own. */
uint64_t row_index_text(uint64_t hash, const char *text);
uint64_t row_index_number(uint64_t hash, uint64_t number);

#endif
