#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tunnel/forward_spec.h"

void endpoint_done(struct endpoint *e)
{
	free(e->host);
	free(e->path);
	*e = (struct endpoint){0};
}

void endpoint_copy(struct endpoint *to, const struct endpoint *from)
{
	struct endpoint copy = {.port = from->port};

	if (from->host != NULL)
		copy.host = mem_strdup(from->host);
	if (from->path != NULL)
		copy.path = mem_strdup(from->path);
	endpoint_done(to);
	*to = copy;
}

size_t endpoint_text(const struct endpoint *e, char *ret_text, size_t size)
{
	const char *host = e->host != NULL ? e->host : "";
	int n;

	if (e->path != NULL)
		n = snprintf(ret_text, size, "%s", e->path);
	else if (strchr(host, ':') != NULL)
		n = snprintf(ret_text, size, "[%s]:%u", host, e->port);
	else
		n = snprintf(ret_text, size, "%s:%u",
			*host != '\0' ? host : "*", e->port);
	return n > 0 ? (size_t)n : 0;
}
