#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/mem.h"

#define BUF_MIN_CAP 256

const uint8_t buf_nothing[1];

void buf_done(struct buf *b)
{
	free(b->data);
	*b = (struct buf)BUF_INIT;
}

void buf_wipe_done(struct buf *b)
{
	if (b->data != NULL)
		OPENSSL_cleanse(b->data, b->cap);
	buf_done(b);
}

void buf_clear(struct buf *b)
{
	b->head = b->tail = 0;
}

uint8_t *buf_reserve(struct buf *b, size_t n)
{
	size_t len = buf_len(b), cap;
	uint8_t *grown;

	if (b->head == b->tail)
		b->head = b->tail = 0;
	if (b->cap - b->tail >= n)
		return b->data + b->tail;
	if (b->head >= len && b->cap - len >= n) {
		memcpy(b->data, b->data + b->head, len);
		b->head = 0;
		b->tail = len;
		return b->data + b->tail;
	}
	cap = b->cap ? b->cap : BUF_MIN_CAP;
	while (cap - len < n)
		cap *= 2;
	/* Not realloc: buffers may hold secrets, which must not stay behind in
	 * memory that was given back. */
	grown = mem_alloc(cap);
	if (len != 0)
		memcpy(grown, b->data + b->head, len);
	if (b->data != NULL)
		OPENSSL_cleanse(b->data, b->tail);
	free(b->data);
	b->data = grown;
	b->cap = cap;
	b->head = 0;
	b->tail = len;
	return b->data + b->tail;
}

void buf_commit(struct buf *b, size_t n)
{
	b->tail += n;
}

void buf_put(struct buf *b, const void *p, size_t n)
{
	if (n == 0)
		return;
	memcpy(buf_reserve(b, n), p, n);
	b->tail += n;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n > 0) {
		vsnprintf((char *)buf_reserve(b, (size_t)n + 1), (size_t)n + 1,
			fmt, again);
		b->tail += (size_t)n;
	}
	va_end(again);
}

void buf_consume(struct buf *b, size_t n)
{
	b->head += n;
	if (b->head == b->tail)
		b->head = b->tail = 0;
}

void buf_put_u8(struct buf *b, uint8_t v)
{
	*buf_reserve(b, 1) = v;
	b->tail++;
}

void buf_put_bool(struct buf *b, bool v)
{
	buf_put_u8(b, v ? 1 : 0);
}

void buf_put_u32(struct buf *b, uint32_t v)
{
	uint8_t *p = buf_reserve(b, 4);

	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
	b->tail += 4;
}

void buf_put_u64(struct buf *b, uint64_t v)
{
	buf_put_u32(b, (uint32_t)(v >> 32));
	buf_put_u32(b, (uint32_t)v);
}

void buf_put_string(struct buf *b, const void *p, size_t n)
{
	buf_put_u32(b, (uint32_t)n);
	buf_put(b, p, n);
}

void buf_put_cstring(struct buf *b, const char *s)
{
	buf_put_string(b, s, strlen(s));
}

void buf_put_mpint(struct buf *b, const uint8_t *p, size_t n)
{
	bool pad;

	while (n > 0 && *p == 0) {
		p++;
		n--;
	}
	pad = n > 0 && (*p & 0x80) != 0;
	buf_put_u32(b, (uint32_t)(n + (pad ? 1 : 0)));
	if (pad)
		buf_put_u8(b, 0);
	buf_put(b, p, n);
}
