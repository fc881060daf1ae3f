/*
 * Between SSH's encoding of keys and libcrypto's EVP_PKEY. For pubkey.c and
 * privkey*.c only. RFC 4253 §6.6, RFC 5656 §3.1, RFC 8709 §4, PROTOCOL.u2f,
 * PROTOCOL.key §3.
 *
 * No state; any thread. An EVP_PKEY that is returned is the caller's.
 */
#ifndef TAUPE_SSH_PKEY_H
#define TAUPE_SSH_PKEY_H

#include <openssl/types.h>

#include "base/buf.h"
#include "base/rd.h"
#include "ssh/pubkey.h"

#define PKEY_RSA_BITS_MIN 1024  /* ssh_config RequiredRSASize's default */
#define PKEY_RSA_BITS_MAX 16384 /* OPENSSL_RSA_MAX_MODULUS_BITS */
/* libcrypto refuses longer public exponents with large moduli; nobody uses
 * them, and they would only cost time. */
#define PKEY_RSA_EXPONENT_BITS_MAX 64
#define PKEY_ED25519_BYTES         32
#define PKEY_COORD_BYTES_MAX       66

enum pkey_kind { PKEY_ED25519, PKEY_EC, PKEY_RSA };

struct pkey_type {
	const char *name, *cert_name;   /* in blobs */
	const char *label, *cert_label; /* for people */
	enum pkey_kind kind;
	bool sk;           /* a security key: application, flags, counter */
	unsigned bits;     /* 0: as many as the modulus has */
	const char *curve; /* EC: RFC 5656 §10.1's name */
	const char *group; /* EC: libcrypto's name */
	size_t coord_bytes;
};

extern const struct pkey_type pkey_types[PUBKEY_TYPE_COUNT];

/* Looks a blob's type name up. *ret_cert: it is the certificate's name. */
bool pkey_type_find(struct slice name, enum pubkey_type *ret_type,
	bool *ret_cert) WARN_UNUSED;

/* The fields of a public key, borrowed from where they were read. */
struct pkey_public {
	struct slice point;       /* EC: uncompressed; Ed25519: 32 bytes */
	struct slice n, e;        /* RSA, without leading zeros */
	struct slice application; /* sk */
};

/* Reads the fields that follow the type name (and a certificate's nonce); sizes
 * and forms are checked, not whether a point lies on its curve.
 * -ERR_KEY_FORMAT, -ERR_KEY_UNSUPPORTED (RSA sizes that we don't do). */
int pkey_read_public(enum pubkey_type type, struct rd *r,
	struct pkey_public *ret_public) WARN_UNUSED;
/* Of a number without leading zeros. */
unsigned pkey_bit_count(struct slice n);
/* Appends a plain blob, type name included, in its one canonical form. */
void pkey_put_public(enum pubkey_type type, const struct pkey_public *public,
	struct buf *out);

/* -ERR_KEY_FORMAT: libcrypto refuses the key (a point off its curve). */
int pkey_from_public(enum pubkey_type type, const struct pkey_public *public,
	EVP_PKEY **ret_pkey) WARN_UNUSED;

/* The private fields, as PROTOCOL.key has them. */
struct pkey_private {
	struct slice seed;          /* Ed25519: 32 bytes */
	struct slice d, iqmp, p, q; /* RSA; EC has d alone */
};

/* Also checks that the private half belongs to the public one: EC and Ed25519
 * in full, RSA by its primes' product and its exponents. -ERR_KEY_FORMAT. */
int pkey_from_private(enum pubkey_type type, const struct pkey_public *public,
	const struct pkey_private *private, EVP_PKEY **ret_pkey) WARN_UNUSED;

/* Whether the public half is the private one's; for EC, which alone keeps both
 * in one file unchecked. */
bool pkey_is_pair(EVP_PKEY *pkey) WARN_UNUSED;

/* Appends the plain blob of a key that libcrypto read. -ERR_KEY_UNSUPPORTED:
 * DSA, RSA-PSS, X25519, other curves. */
int pkey_export_public(const EVP_PKEY *pkey, struct buf *out) WARN_UNUSED;

#endif
