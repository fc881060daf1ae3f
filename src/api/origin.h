/*
 * Under which names the page is reached, so that no other page in the same
 * browser can speak for it: the Host header against DNS rebinding, Origin
 * against forged requests (RFC 6454). Pure after origin_init; any thread.
 */
#ifndef TAUPE_API_ORIGIN_H
#define TAUPE_API_ORIGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/trouble.h"

#define ORIGIN_HOSTS 8

struct origin {
	char *host[ORIGIN_HOSTS]; /* "127.0.0.1:7622" */
	unsigned n;
	bool tls;
	/* All addresses under a certificate: its name keeps others out */
	bool any_host;
	char *public; /* "https://host[:port]", or NULL */
};

/* `listen_host` without brackets, "" for all addresses; `public_url` may be
 * NULL. -ERR_INVALID with "detail": it is no URL of a host alone. */
int origin_init(struct origin *o, const char *listen_host, uint16_t port,
	bool tls, const char *public_url, struct trouble *trouble) WARN_UNUSED;
void origin_done(struct origin *o); /* all zero is fine */

/* The headers' values; NULL: not there, which is refused. */
bool origin_allows_host(const struct origin *o, const char *host);
/* The same origin as `host`, or the public one. */
bool origin_allows(
	const struct origin *o, const char *origin, const char *host);
/* Where the page is, without a slash at the end; free() releases. */
char *origin_url(const struct origin *o);

#endif
