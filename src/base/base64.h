/*
 * Base64, RFC 4648 §4: the standard alphabet, padded. Any thread.
 */
#ifndef TAUPE_BASE_BASE64_H
#define TAUPE_BASE_BASE64_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/rd.h"

/* Most bytes (of data or of text) that one call takes. */
#define BASE64_MAX (64 * 1024 * 1024)

/* Appends the text of `n` <= BASE64_MAX bytes to `out`: one line, padded, no
 * NUL. */
void base64_encode(struct buf *out, const void *p, size_t n);

/* Appends the bytes of `text` to `out`. Strict: whole groups of four, padding
 * where it belongs and nowhere else, no white space, no stray bits in the last
 * group, so that each run of bytes has one text. Nothing is appended on
 * failure. -ERR_INVALID. */
int base64_decode(struct buf *out, struct slice text) WARN_UNUSED;

#endif
