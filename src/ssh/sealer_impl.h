/*
 * What sealer.c and the three kinds of sealer share. Nobody else includes it.
 *
 * A kind embeds struct sealer as its first member, fills it in its _new, and is
 * called through the ops from then on.
 */
#ifndef TAUPE_SSH_SEALER_IMPL_H
#define TAUPE_SSH_SEALER_IMPL_H

#include <openssl/types.h>

#include "ssh/sealer.h"

#define SEALER_LENGTH_BYTES 4 /* the packet_length field */

struct sealer_ops {
	int (*seal)(struct sealer *s, uint32_t seq, uint8_t *pkt, size_t len);
	int (*open_length)(struct sealer *s, uint32_t seq, uint8_t *pkt,
		uint32_t *ret_packet_length);
	int (*open)(struct sealer *s, uint32_t seq, uint8_t *pkt, size_t len);
	void (*free)(struct sealer *s);
};

struct sealer {
	const struct sealer_ops *ops;
	size_t tag_len;
	size_t block_len;
	size_t head_len;
	bool length_outside;
};

struct sealer_config {
	const struct cipher_alg *cipher;
	const char *cipher_evp; /* libcrypto's name */
	const struct mac_alg *mac;
	const char *mac_evp; /* of the digest */
	const uint8_t *key, *iv, *mac_key;
	bool encrypt;
};

typedef struct sealer *sealer_make_fn(const struct sealer_config *c);
sealer_make_fn sealer_gcm_new;
sealer_make_fn sealer_chacha_new;
sealer_make_fn sealer_ctr_new;

/* A context of `c` under `key` and `iv`, either of which may come later as
 * NULL. NULL when libcrypto refuses. */
EVP_CIPHER_CTX *sealer_cipher_ctx(
	const struct sealer_config *c, const uint8_t *key, const uint8_t *iv);

/* The length of a packet whose length field is in the clear. */
int sealer_plain_length(struct sealer *s, uint32_t seq, uint8_t *pkt,
	uint32_t *ret_packet_length);

static inline uint32_t sealer_get_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static inline void sealer_put_u32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

#endif
