/*
 * The options of ssh_config(5) that taupe knows and does not act on: those that
 * do nothing to a tunnel, and those that it could not honour.
 */
#ifndef TAUPE_TUNNEL_OPTION_PASSIVE_H
#define TAUPE_TUNNEL_OPTION_PASSIVE_H

#include <stddef.h>

struct option_passive {
	const char *name; /* as ssh_config(5) writes it */
	/* NULL: any value is accepted and does nothing. Otherwise the only
	 * values that are, between spaces; "": there is none. */
	const char *harmless;
	const char *why; /* others are refused: for people; or NULL */
};

/* In any case. NULL when it is not one of them. */
const struct option_passive *option_passive_find(const char *name);
/* The i-th; NULL past the end. */
const struct option_passive *option_passive_at(size_t i);

#endif
