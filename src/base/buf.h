/*
 * A growing run of bytes with a read offset.
 *
 * `struct buf` is open so that it can be embedded; only buf_* functions change
 * it. All zero is a valid empty buffer. One owner, one thread.
 */
#ifndef TAUPE_BASE_BUF_H
#define TAUPE_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rd.h"

struct buf {
	uint8_t *data; /* allocation, or NULL */
	size_t head;   /* first unread byte */
	size_t tail;   /* one past the last byte */
	size_t cap;
};

#define BUF_INIT                                                               \
	{                                                                      \
		0                                                              \
	}

void buf_done(struct buf *b);      /* frees; leaves an empty buffer */
void buf_wipe_done(struct buf *b); /* wipes the allocation, then frees */

static inline size_t buf_len(const struct buf *b)
{
	return b->tail - b->head;
}
extern const uint8_t buf_nothing[]; /* where an empty buffer points */

/* Never NULL, so that what is empty can be copied and compared like the rest;
 * only the buf_len() bytes there are to be touched. */
static inline uint8_t *buf_ptr(const struct buf *b)
{
	return b->data != NULL ? b->data + b->head : (uint8_t *)buf_nothing;
}

/* All that is in it, until the next buf_* call. */
static inline struct slice buf_slice(const struct buf *b)
{
	return (struct slice){buf_ptr(b), buf_len(b)};
}

void buf_clear(struct buf *b); /* forgets the content, keeps the memory */

/* Makes room for `n` more bytes and returns where they go; buf_commit then
 * counts them. The pointer dies with the next buf_* call. */
uint8_t *buf_reserve(struct buf *b, size_t n);
void buf_commit(struct buf *b, size_t n);

void buf_put(struct buf *b, const void *p, size_t n);
void buf_printf(struct buf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), nonnull(2)));

/* Drops `n` <= buf_len() bytes at the front. */
void buf_consume(struct buf *b, size_t n);

/* SSH data types, RFC 4251 §5. */
void buf_put_u8(struct buf *b, uint8_t v);
void buf_put_bool(struct buf *b, bool v);
void buf_put_u32(struct buf *b, uint32_t v);
void buf_put_u64(struct buf *b, uint64_t v);
void buf_put_string(struct buf *b, const void *p, size_t n);
void buf_put_cstring(struct buf *b, const char *s);
/* `n` bytes of an unsigned big-endian number of any form: leading zeros are
 * dropped, one is put back where the first bit is set. */
void buf_put_mpint(struct buf *b, const uint8_t *p, size_t n);

#endif
