/*
 * The clients that a forward lets in: a list of addresses and networks, as
 * forward_spec.allow has it. RFC 4632 §3.1, RFC 4291 §2.3.
 *
 * An IPv4 client that a socket of both families took in ("::ffff:10.0.0.1") is
 * an IPv4 client. Unix sockets have their file's mode instead. Any thread.
 */
#ifndef TAUPE_TUNNEL_ALLOW_H
#define TAUPE_TUNNEL_ALLOW_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/trouble.h"

/* Networks of one list. */
#define ALLOW_MAX 256

struct allow;

/* Parts are separated by commas or blanks; one at least. Bits of an address
 * beyond its network's length do not count. -ERR_INVALID with "detail". */
int allow_parse(const char *text, struct allow **ret_allow,
	struct trouble *trouble) WARN_UNUSED;
/* A list of none. */
struct allow *allow_nobody(void);
void allow_free(struct allow *a);

bool allow_has(const struct allow *a, const struct sockaddr_storage *client);
/* The same for an address in words; a name is none. */
bool allow_has_text(const struct allow *a, const char *address);

#endif
