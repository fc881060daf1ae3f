/*
 * The login that a run's proxies ask their clients for: --socks-auth FILE. A
 * file, because everybody can read the command line in ps(1).
 *
 * It holds one line, "user:password", each 1 to 255 bytes (RFC 1929 §2); the
 * password may hold colons (RFC 7617 §2). It is refused when its group or
 * others may do anything with it, as ssh does with keys.
 */
#ifndef TAUPE_CLI_SOCKS_AUTH_H
#define TAUPE_CLI_SOCKS_AUTH_H

#include <stddef.h>

#include "base/err.h"
#include "cli/text.h"
#include "tunnel/forward_spec.h"

/* Reads `path` and sets the login of every forward that is a proxy: -D, and -R
 * without a target. -ERR_INVALID with a whole sentence in ret_error, and no
 * forward changed: the file is of no use, or there is no proxy. */
int socks_auth_apply(const char *path, struct forward_spec *forwards, size_t n,
	char ret_error[TEXT_MAX]) WARN_UNUSED;

#endif
