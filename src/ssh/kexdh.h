/*
 * The key exchange methods: what is sent between NEWKEYS' negotiation and the
 * shared secret. RFC 4253 §8 (group14, RFC 8268 group16/18), RFC 4419 (group
 * exchange), RFC 5656 (ecdh), RFC 8731 (curve25519), and
 * draft-ietf-sshm-mlkem-hybrid-kex (mlkem768x25519-sha256, where libcrypto has
 * ML-KEM).
 *
 * Client side only. Holds no transport state: it is fed message payloads and
 * gives payloads back. One owner, one thread; ephemeral keys are wiped by
 * kexdh_free.
 */
#ifndef TAUPE_SSH_KEXDH_H
#define TAUPE_SSH_KEXDH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/rd.h"

struct kexdh_alg;

/* NULL when unknown or when this libcrypto lacks it. */
const struct kexdh_alg *kexdh_alg_find(struct slice name);
const char *kexdh_alg_name(const struct kexdh_alg *alg);
/* The hash of the exchange and of the key derivation. */
const EVP_MD *kexdh_alg_md(const struct kexdh_alg *alg);
/* Comma-separated, best first; only what this libcrypto can do. */
const char *kexdh_alg_default_list(void);

struct kexdh;

/* Makes the client's ephemeral key and its first message (a whole payload with
 * its type byte) into `out`. NULL when libcrypto refuses. */
struct kexdh *kexdh_new(const struct kexdh_alg *alg, struct buf *out);
void kexdh_free(struct kexdh *k);

/* What the last message of the exchange gave. Pointers are into the payload
 * given to kexdh_input or owned by `k`; they live until the next call. */
struct kexdh_result {
	struct slice host_key;  /* K_S, a public key or certificate blob */
	struct slice signature; /* over H */
	struct slice hash_tail; /* what follows K_S in the hash: the method's
				 * own fields (e.g. Q_C, Q_S; for group exchange
				 * min, n, max, p, g, e, f), then K, encoded as
				 * the method says */
	struct slice secret;    /* K as it is hashed for keys (an mpint, or a
				 * string for mlkem) */
};

/* Feeds a received payload, type byte (30..49) included. 0: `*ret_done` tells
 * whether the exchange is over (result filled) or `out` holds the next message
 * to send. Errors: -ERR_PROTOCOL for anything malformed or out of range (a
 * point not on the curve, an all-zero X25519 secret, f or g not in 2..p-2, a
 * group of fewer than 2048 or more than 8192 bits), -ERR_CRYPTO. After one the
 * exchange takes no more messages. */
int kexdh_input(struct kexdh *k, struct slice payload, struct buf *out,
	bool *ret_done, struct kexdh_result *ret_result) WARN_UNUSED;

/* RFC 4253 §7.2: derives `n` bytes for `letter` ('A'..'F') into `ret_key`. */
int kexdh_derive(const EVP_MD *md, struct slice secret, struct slice hash,
	struct slice session_id, char letter, uint8_t *ret_key,
	size_t n) WARN_UNUSED;

#endif
