/*
 * A password, passphrase or key: owned bytes that are wiped when they go, and
 * that no function here prints. One owner; not shared between threads without a
 * copy.
 */
#ifndef TAUPE_BASE_SECRET_H
#define TAUPE_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

struct secret {
	char *p; /* NUL-ended, or NULL when not set */
	size_t len;
};

#define SECRET_INIT                                                            \
	{                                                                      \
		0                                                              \
	}

/* Copies `n` bytes of `p` (which may be NULL when n is 0) over what was held.
 * The caller still has to wipe its own copy. */
void secret_set(struct secret *s, const void *p, size_t n);
void secret_copy(struct secret *to, const struct secret *from);
void secret_done(struct secret *s);

static inline bool secret_is_set(const struct secret *s)
{
	return s->p != NULL;
}

/* Clears memory in a way that the compiler keeps. */
void secret_wipe(void *p, size_t n);

#endif
