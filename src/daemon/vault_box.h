/*
 * One secret, sealed: XChaCha20-Poly1305 of libsodium under the vault's key.
 *
 * A box is bound to whom it belongs to (the additional data), so that it opens
 * nowhere else, and padded, so that its size does not tell a password's. Form:
 * version (1 byte) ‖ nonce (24) ‖ sealed padded text ‖ tag (16). Any thread.
 */
#ifndef TAUPE_DAEMON_VAULT_BOX_H
#define TAUPE_DAEMON_VAULT_BOX_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"

#define VAULT_BOX_KEY 32    /* bytes */
#define VAULT_BOX_MAX 65536 /* bytes of one secret */

struct vault_box_place {
	const char *owner, *kind, *about;
};

/* Appends the box to `out`. -ERR_TOO_LARGE: past VAULT_BOX_MAX. */
int vault_box_seal(const uint8_t key[VAULT_BOX_KEY],
	const struct vault_box_place *place, const void *text, size_t n,
	struct buf *out) WARN_UNUSED;

/* -ERR_STORE_DAMAGED: cut, altered, sealed under another key or for another
 * place. */
int vault_box_open(const uint8_t key[VAULT_BOX_KEY],
	const struct vault_box_place *place, const void *box, size_t n,
	struct secret *ret_text) WARN_UNUSED;

#endif
