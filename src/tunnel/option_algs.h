/*
 * Lists of algorithms as ssh_config has them, resolved against what taupe does:
 * "a,b" replaces the defaults, "+a" appends, "-a" removes, "^a" puts in front;
 * names may hold the wildcards * and ?.
 *
 * Any thread.
 */
#ifndef TAUPE_TUNNEL_OPTION_ALGS_H
#define TAUPE_TUNNEL_OPTION_ALGS_H

#include "base/err.h"
#include "base/trouble.h"

enum option_algs {
	OPTION_ALGS_CIPHER,
	OPTION_ALGS_MAC,
	OPTION_ALGS_KEX,
	OPTION_ALGS_KEY, /* host keys and user keys */
};

/* `ret_list` is malloc'ed and not empty. -ERR_INVALID with "detail" for a name
 * that taupe does not do (but one may be removed) or when nothing is left. */
int option_algs_resolve(enum option_algs kind, const char *text,
	char **ret_list, struct trouble *trouble) WARN_UNUSED;

#endif
