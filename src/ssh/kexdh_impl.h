/*
 * What kexdh.c and the families of methods share, and a way in for tests that
 * have a vector's private key. Nobody else includes it.
 *
 * Every method goes the same way: the client's part is put into `tail` and sent
 * as it stands, the server's part comes between K_S and the signature and is
 * put behind it, then K. Group exchange has a round before that, which changes
 * the key.
 */
#ifndef TAUPE_SSH_KEXDH_IMPL_H
#define TAUPE_SSH_KEXDH_IMPL_H

#include <openssl/evp.h>

#include "ssh/kexdh.h"

/* Message numbers, RFC 4253 §8, RFC 5656 §7.1, RFC 4419 §5. */
enum {
	KEXDH_INIT = 30,
	KEXDH_REPLY = 31,
	KEXDH_GEX_GROUP = 31,
	KEXDH_GEX_INIT = 32,
	KEXDH_GEX_REPLY = 33,
	KEXDH_GEX_REQUEST = 34,
};

struct kexdh_method {
	uint8_t first;  /* message that opens, */
	uint8_t answer; /* and its answer */
	/* The ephemeral key for the algorithm's `group`; NULL for group
	 * exchange, which does not know it yet. */
	EVP_PKEY *(*keygen)(const char *group);
	/* Appends the client's part to k->tail. */
	int (*start)(struct kexdh *k);
	/* Group exchange only: takes p and g, makes the key, appends them and e
	 * to k->tail and GEX_INIT to `out`. */
	int (*group)(struct kexdh *k, struct rd *r, struct buf *out);
	/* The server's part is an mpint, not a string. */
	bool peer_is_mpint;
	/* Appends the server's part to k->tail and fills k->secret with K. */
	int (*agree)(struct kexdh *k, struct slice peer);
};

struct kexdh_alg {
	const char *name;
	const EVP_MD *(*md)(void);
	const struct kexdh_method *method;
	const char *group; /* libcrypto's name */
};

struct kexdh {
	const struct kexdh_alg *alg;
	EVP_PKEY *key;
	EVP_PKEY *kem;     /* hybrids: the second key */
	struct buf tail;   /* the method's own fields, as they are hashed */
	struct buf secret; /* K, as it is hashed */
	uint8_t expect;    /* the next message's number; 0: none any more */
};

extern const struct kexdh_method kexdh_ecdh;
extern const struct kexdh_method kexdh_x25519;
extern const struct kexdh_method kexdh_group;
extern const struct kexdh_method kexdh_gex;
extern const struct kexdh_method kexdh_mlkem;

/* This libcrypto has ML-KEM. */
bool kexdh_mlkem_available(void);

/* As kexdh_new with an ephemeral key that exists, which it takes over. */
struct kexdh *kexdh_new_with_key(
	const struct kexdh_alg *alg, EVP_PKEY *key, struct buf *out);

/* A fresh key of `type` ("X25519", "EC", "DH"), in `group` unless NULL. */
EVP_PKEY *kexdh_keygen(const char *type, const char *group);

#define KEXDH_SHARED_MAX 1024 /* 8192 bits */

/* What `own` and `peer` agree on, padded to its full length. The peer's value
 * has been checked. -ERR_PROTOCOL when libcrypto does not like it. */
int kexdh_shared(EVP_PKEY *own, EVP_PKEY *peer,
	uint8_t ret_shared[KEXDH_SHARED_MAX], size_t *ret_n);

/* X25519 with the 32 bytes of `peer`. -ERR_PROTOCOL on another length and on an
 * all-zero result, RFC 8731 §3. */
#define KEXDH_X25519_LEN 32
int kexdh_x25519_shared(
	EVP_PKEY *own, struct slice peer, uint8_t ret_shared[KEXDH_X25519_LEN]);

#endif
