/*
 * The page's passphrase: asked of a browser that logs in, where it is set. The
 * store has what libsodium's crypto_pwhash_str makes of it. Each function that
 * takes one works for about a tenth of a second.
 *
 * Control thread.
 */
#ifndef TAUPE_API_PASSPHRASE_H
#define TAUPE_API_PASSPHRASE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/trouble.h"
#include "daemon/control.h"

struct request;

#define PASSPHRASE_MAX 1024 /* bytes */

bool passphrase_is_set(const struct control *c);

/* True as well when none is set. `text` NULL: none was given. */
bool passphrase_fits(const struct control *c, const char *text);

/* `text` NULL: there is none from now on. Ends all sessions but the one that
 * asks. -ERR_INVALID: empty or too long. */
int passphrase_set(struct request *r, const char *text,
	struct trouble *trouble) WARN_UNUSED;

#endif
