#include "base/secret.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/mem.h"

void secret_wipe(void *p, size_t n)
{
	if (p != NULL && n != 0)
		OPENSSL_cleanse(p, n);
}

void secret_set(struct secret *s, const void *p, size_t n)
{
	char *copy = mem_dup(p, n);

	secret_done(s);
	s->p = copy;
	s->len = n;
}

void secret_copy(struct secret *to, const struct secret *from)
{
	if (from->p == NULL)
		secret_done(to);
	else
		secret_set(to, from->p, from->len);
}

void secret_done(struct secret *s)
{
	if (s->p != NULL)
		secret_wipe(s->p, s->len);
	free(s->p);
	*s = (struct secret)SECRET_INIT;
}
