/*
 * The words for not being able to listen. Internal to the listener.
 *
 * `address` is as endpoint_text writes it; `trouble` may be NULL. All return
 * the negative code that they set.
 */
#ifndef TAUPE_TUNNEL_LISTEN_TROUBLE_H
#define TAUPE_TUNNEL_LISTEN_TROUBLE_H

#include <stdint.h>
#include <sys/socket.h>

#include "base/trouble.h"

/* ERR_PORT_IN_USE with "address", "holder" and "next" (0: none). */
int listen_trouble_in_use(struct trouble *trouble, const char *address,
	const struct sockaddr *sa, uint16_t next);

/* ERR_PORT_NOT_PERMITTED with "address", "right" and "first", the first port
 * that anybody may use. */
int listen_trouble_not_permitted(struct trouble *trouble, const char *address);

/* ERR_LISTEN_FAILED with "address" and "detail" from an errno. */
int listen_trouble_failed(
	struct trouble *trouble, const char *address, int error);

/* The same, from a sentence of the catalogue. */
int listen_trouble_path(
	struct trouble *trouble, const char *path, const char *key);

/* The ports below it want a right of their own. */
unsigned listen_trouble_first_port(void);

#endif
