#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *must(void *p)
{
	if (p == NULL) {
		fputs("taupe: out of memory\n", stderr);
		abort();
	}
	return p;
}

void *mem_alloc(size_t n)
{
	return must(malloc(n ? n : 1));
}

void *mem_zalloc(size_t count, size_t size)
{
	return must(calloc(count ? count : 1, size ? size : 1));
}

void *mem_realloc(void *p, size_t count, size_t size)
{
	return must(reallocarray(p, count ? count : 1, size ? size : 1));
}

void *mem_grow(void *p, size_t n, size_t *room, size_t size)
{
	if (p != NULL && n < *room)
		return p;
	*room = n < 8 ? 8 : 2 * n;
	return mem_realloc(p, *room, size);
}

char *mem_strdup(const char *s)
{
	return must(strdup(s));
}

void *mem_dup(const void *p, size_t n)
{
	char *copy = mem_alloc(n + 1);

	if (n != 0)
		memcpy(copy, p, n);
	copy[n] = '\0';
	return copy;
}

char *mem_printf(const char *fmt, ...)
{
	va_list ap;
	char *s = NULL;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		s = NULL;
	va_end(ap);
	return must(s);
}
