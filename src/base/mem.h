/*
 * Memory that is there or ends the process.
 *
 * Whatever a peer can size is capped before it is asked for, so running out
 * means the machine is out of memory and no caller could do better than stop.
 * Any thread.
 */
#ifndef TAUPE_BASE_MEM_H
#define TAUPE_BASE_MEM_H

#include <stddef.h>

/* `n` bytes, not cleared. free() releases. */
void *mem_alloc(size_t n) __attribute__((malloc, returns_nonnull));

/* `count` × `size` bytes of zero; the product is checked. */
void *mem_zalloc(size_t count, size_t size)
	__attribute__((malloc, returns_nonnull));

/* As reallocarray(3); the new part is not cleared. */
void *mem_realloc(void *p, size_t count, size_t size)
	__attribute__((returns_nonnull));

/* Room for one more behind the `n` that there are: *room doubles, from 0 on. */
void *mem_grow(void *p, size_t n, size_t *room, size_t size)
	__attribute__((returns_nonnull));

/* Copies: `s` must not be NULL; mem_dup ends its copy with a NUL that `n`
 * does not count. */
char *mem_strdup(const char *s) __attribute__((malloc, returns_nonnull));
void *mem_dup(const void *p, size_t n) __attribute__((malloc, returns_nonnull));

/* printf into a new string; free() releases. */
char *mem_printf(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), malloc, returns_nonnull));

#endif
