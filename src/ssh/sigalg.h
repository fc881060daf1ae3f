/*
 * Signature algorithms: their names, and what they do to bytes. RFC 5656
 * §3.1.2, RFC 8332 §3, RFC 8709 §6. For pubkey.c and privkey.c only.
 *
 * ssh-rsa (SHA-1) and ssh-dss are not here: nothing signs or verifies with
 * them.
 */
#ifndef TAUPE_SSH_SIGALG_H
#define TAUPE_SSH_SIGALG_H

#include <openssl/types.h>

#include "base/buf.h"
#include "base/rd.h"
#include "ssh/pubkey.h"

struct sigalg {
	const char *name, *cert_name; /* as negotiated */
	enum pubkey_type type;        /* of the keys that answer to it */
	const char *digest; /* NULL: the algorithm hashes for itself */
};

/* NULL when unknown. *ret_cert: `name` was the certificate's. */
const struct sigalg *sigalg_find(struct slice name, bool *ret_cert);

/* Appends `string alg, string signature`. -ERR_CRYPTO, and nothing appended. */
int sigalg_sign(const struct sigalg *alg, EVP_PKEY *pkey, struct slice data,
	struct buf *out) WARN_UNUSED;

/* `raw` is the string after the algorithm's name. -ERR_SIGNATURE. */
int sigalg_verify(const struct sigalg *alg, EVP_PKEY *pkey, struct slice raw,
	struct slice data) WARN_UNUSED;

#endif
