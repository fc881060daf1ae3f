/* What forward*.c share, for them only. */
#ifndef TAUPE_TUNNEL_FORWARD_PRIVATE_H
#define TAUPE_TUNNEL_FORWARD_PRIVATE_H

#include "tunnel/forward.h"

/* forward.c */
/* The one place where a forward's state changes; no change without a `why` is
 * not told. */
void forward_set_state(struct forward *f, enum tunnel_state state,
	const struct trouble *why, uint64_t up_ms, uint64_t next_try_ms);
/* Looks for its port again then. */
void forward_retry_in(struct forward *f, uint64_t ms);

/* forward_remote.c */
void forward_remote_ask(struct forward *f, struct link *l);
/* Gives the port back, where the link can still be told. */
void forward_remote_release(struct forward *f);

/* forward_allow.c */
void forward_allow_init(struct forward *f);

/* forward_rest.c */
void forward_rest_init(struct forward *f);

#endif
