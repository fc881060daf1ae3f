/*
 * Private keys: reading key files and signing. PROTOCOL.key, RFC 5208/5958
 * (PKCS#8) and PEM through libcrypto.
 *
 * Key material is wiped by privkey_free. Any one thread at a time.
 */
#ifndef TAUPE_SSH_PRIVKEY_H
#define TAUPE_SSH_PRIVKEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/rd.h"
#include "base/secret.h"
#include "base/trouble.h"
#include "ssh/pubkey.h"

struct privkey;

/* Parses the text of a key file: OpenSSH ("BEGIN OPENSSH PRIVATE KEY", every
 * cipher that ssh-keygen writes, bcrypt), PKCS#8 plain and encrypted, PEM RSA
 * and EC. `passphrase` may be unset or NULL. -ERR_KEY_PASSPHRASE: one is
 * needed, or this one is wrong; -ERR_KEY_FORMAT; -ERR_KEY_UNSUPPORTED (sk-*
 * keys live in the agent; DSA; ciphers that we lack; a derivation that would
 * take minutes: the cost that a file may ask for is capped). Never asks on a
 * terminal. May take a second for the derivation. */
int privkey_parse(struct slice text, const struct secret *passphrase,
	struct privkey **ret_key) WARN_UNUSED;

/* Reads `path` first: a regular file of at most 1 MiB, owned readable by its
 * owner only (-ERR_KEY_PERMISSIONS when group or others have any right and the
 * file is ours, as ssh does). -ERR_NOT_FOUND, -ERR_FILE, and those of
 * privkey_parse. `trouble` (may be NULL) gets path and detail. */
int privkey_load(const char *path, const struct secret *passphrase,
	struct privkey **ret_key, struct trouble *trouble) WARN_UNUSED;
void privkey_free(struct privkey *k);

const struct pubkey *privkey_public(const struct privkey *k);

/* Signs `data` with signature algorithm `alg` ("ssh-ed25519", "rsa-sha2-256",
 * "ecdsa-sha2-nistp256" …, no certificate names); appends the signature blob
 * (string alg, string signature) to `out`, without an outer length.
 * -ERR_INVALID: `alg` is not one of this key's; -ERR_CRYPTO. */
int privkey_sign(const struct privkey *k, const char *alg, struct slice data,
	struct buf *out) WARN_UNUSED;

/* The public half of an OpenSSH-format file, readable without its passphrase:
 * lets us offer the key before we ask for one. -ERR_KEY_FORMAT, or
 * -ERR_KEY_UNSUPPORTED, otherwise (then try `<path>.pub`). */
int privkey_peek_public(struct slice text, struct pubkey **ret_key) WARN_UNUSED;

#endif
