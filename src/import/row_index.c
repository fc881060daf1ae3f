#include "import/row_index.h"

#include <stdlib.h>

#include "base/mem.h"

#define ROOM_MIN 64

static size_t *place(const struct row_index *x, uint64_t hash)
{
	return &x->first[(hash ^ hash >> 32) & (x->room - 1)];
}

void row_index_make(
	struct row_index *x, size_t n, row_index_fn *hash, const void *arg)
{
	x->room = ROOM_MIN;
	while (x->room < n)
		x->room *= 2;
	x->first = mem_alloc(x->room * sizeof(*x->first));
	x->next = mem_zalloc(n + 1, sizeof(*x->next));
	for (size_t i = 0; i < x->room; i++)
		x->first[i] = ROW_INDEX_NONE;
	for (size_t row = n; row-- > 0;) {
		size_t *at = place(x, hash(arg, row));

		x->next[row] = *at;
		*at = row;
	}
}

void row_index_done(struct row_index *x)
{
	free(x->first);
	free(x->next);
	*x = (struct row_index){0};
}

size_t row_index_first(const struct row_index *x, uint64_t hash)
{
	return x->room != 0 ? *place(x, hash) : ROW_INDEX_NONE;
}

size_t row_index_next(const struct row_index *x, size_t row)
{
	return x->next[row];
}

/* FNV-1a. */
static uint64_t add(uint64_t hash, uint8_t byte)
{
	return (hash ^ byte) * UINT64_C(0x100000001b3);
}

uint64_t row_index_text(uint64_t hash, const char *text)
{
	if (text == NULL)
		return add(hash, 1);
	for (; *text != '\0'; text++) {
		uint8_t byte = (uint8_t)*text;

		hash = add(
			hash, byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte);
	}
	return add(hash, 0);
}

uint64_t row_index_number(uint64_t hash, uint64_t number)
{
	for (; number > 0xff; number >>= 8)
		hash = add(hash, (uint8_t)number);
	return add(hash, (uint8_t)number);
}
