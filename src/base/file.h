/*
 * Reading small files whole: keys, known_hosts. Blocks for as long as the disk
 * does. Any thread.
 */
#ifndef TAUPE_BASE_FILE_H
#define TAUPE_BASE_FILE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/trouble.h"

/* Appends what `path` holds to `out`. -ERR_NOT_FOUND: no such file; -ERR_FILE:
 * it can't be read, is no regular file (/dev/null may stand for an empty one,
 * a FIFO is not waited for), or holds more than `max_bytes`. `trouble` (may be
 * NULL) gets "path" and "detail". On failure
 * `out` may hold a part. The caller wipes it if the file may hold secrets. */
int file_read(const char *path, size_t max_bytes, struct buf *out,
	struct trouble *trouble) WARN_UNUSED;
/* The same from an open descriptor, from its start; it stays open. `path` is
 * for the trouble. */
int file_read_fd(int fd, const char *path, size_t max_bytes, struct buf *out,
	struct trouble *trouble) WARN_UNUSED;

/* trouble_set(`code`) with "path" and, as "detail", the system's words for
 * `error` (an errno). Returns -code; `trouble` may be NULL. */
int file_trouble(
	struct trouble *trouble, int code, const char *path, int error);
/* The same as ERR_FILE, in words of ours (`detail`, a detail's text). */
int file_refuse(struct trouble *trouble, const char *path, const char *detail);

#endif
