/*
 * OpenSSH certificates, PROTOCOL.certkeys: the part of a certificate blob that
 * follows the certified key. For pubkey.c only; the interface that others use
 * is pubkey_cert() and pubkey_cert_check_host().
 */
#ifndef TAUPE_SSH_CERT_H
#define TAUPE_SSH_CERT_H

#include "base/rd.h"
#include "ssh/pubkey.h"

struct cert {
	struct cert_info info;
	struct pubkey *ca;         /* owned */
	struct slice signed_bytes; /* all of the blob before the signature */
	struct slice signature;
};

/* Reads from `r`, which stands after the certified key's fields in `blob`. All
 * slices point into `blob`. The signature is not verified here. A CA that is
 * itself a certificate is -ERR_KEY_FORMAT. Free with cert_done. */
int cert_parse(
	struct rd *r, struct slice blob, struct cert *ret_cert) WARN_UNUSED;
void cert_done(struct cert *c);

/* As pubkey_cert_check_host. */
int cert_check_host(const struct cert *c, const char *host, uint64_t now,
	const char **ret_why) WARN_UNUSED;

#endif
