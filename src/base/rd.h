/*
 * The one bounds-checked reader for bytes that a peer or a file sized.
 *
 * A struct rd walks over memory that it does not own. A read past the end
 * returns zero (or an empty string) and makes the reader bad for good, so a
 * parser reads all its fields and asks once, with rd_ok() or rd_end().
 * RFC 4251 §5 has the types. Header only: it is on the hot path.
 */
#ifndef TAUPE_BASE_RD_H
#define TAUPE_BASE_RD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct rd {
	const uint8_t *p;
	size_t left;
	bool bad;
};

/* A borrowed run of bytes; not NUL-ended. */
struct slice {
	const uint8_t *p;
	size_t len;
};

static inline struct rd rd_of(const void *p, size_t n)
{
	return (struct rd){.p = p, .left = n, .bad = false};
}

static inline struct rd rd_slice(struct slice s)
{
	return rd_of(s.p, s.len);
}

/* No read so far went past the end. */
static inline bool rd_ok(const struct rd *r)
{
	return !r->bad;
}

/* As rd_ok, and nothing is left over. */
static inline bool rd_end(const struct rd *r)
{
	return !r->bad && r->left == 0;
}

static inline struct slice rd_bytes(struct rd *r, size_t n)
{
	struct slice s = {r->p, n};

	if (r->bad || n > r->left) {
		r->bad = true;
		return (struct slice){(const uint8_t *)"", 0};
	}
	r->p += n;
	r->left -= n;
	return s;
}

static inline uint8_t rd_u8(struct rd *r)
{
	struct slice s = rd_bytes(r, 1);

	return s.len != 0 ? s.p[0] : 0;
}

static inline bool rd_bool(struct rd *r)
{
	return rd_u8(r) != 0;
}

static inline uint32_t rd_u32(struct rd *r)
{
	struct slice s = rd_bytes(r, 4);

	if (s.len == 0)
		return 0;
	return (uint32_t)s.p[0] << 24 | (uint32_t)s.p[1] << 16 |
	       (uint32_t)s.p[2] << 8 | s.p[3];
}

static inline uint64_t rd_u64(struct rd *r)
{
	uint64_t hi = rd_u32(r);

	return hi << 32 | rd_u32(r);
}

static inline struct slice rd_string(struct rd *r)
{
	return rd_bytes(r, rd_u32(r));
}

/* A non-negative mpint without its leading zeros; a negative one makes the
 * reader bad. */
static inline struct slice rd_mpint(struct rd *r)
{
	struct slice s = rd_string(r);

	if (s.len > 0 && (s.p[0] & 0x80) != 0) {
		r->bad = true;
		return (struct slice){(const uint8_t *)"", 0};
	}
	while (s.len > 0 && s.p[0] == 0) {
		s.p++;
		s.len--;
	}
	return s;
}

static inline struct slice slice_of(const char *text)
{
	return (struct slice){(const uint8_t *)text, strlen(text)};
}

static inline bool slice_equal(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

static inline bool slice_is(struct slice s, const char *text)
{
	return slice_equal(s, slice_of(text));
}

#endif
