#include "tunnel/server_config.h"

#include <stdlib.h>

#include "base/mem.h"

static void copy(struct server_config *to, const struct server_config *from)
{
	*to = *from;
	to->name = mem_strdup(from->name);
	to->host = mem_strdup(from->host);
	to->options = (struct options){0}; /* not the original's strings */
	options_copy(&to->options, &from->options);
	to->jumps = mem_zalloc(from->n_jumps, sizeof(*to->jumps));
	for (size_t i = 0; i < from->n_jumps; i++)
		copy(&to->jumps[i], &from->jumps[i]);
}

static void done(struct server_config *c)
{
	for (size_t i = 0; i < c->n_jumps; i++)
		done(&c->jumps[i]);
	free(c->jumps);
	free((char *)(uintptr_t)c->name);
	free((char *)(uintptr_t)c->host);
	options_done(&c->options);
}

struct server_config *server_config_copy(const struct server_config *from)
{
	struct server_config *c = mem_zalloc(1, sizeof(*c));

	copy(c, from);
	return c;
}

void server_config_free(struct server_config *c)
{
	if (c == NULL)
		return;
	done(c);
	free(c);
}
