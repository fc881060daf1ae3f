/*
 * chacha20-poly1305@openssh.com, PROTOCOL.chacha20poly1305: the second half of
 * the key encrypts the length field, the first half the rest, with the sequence
 * number as nonce. Block 0 of the main key's stream is the packet's Poly1305
 * key, the payload starts at block 1: one stream, so one init gives both.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/mem.h"
#include "base/secret.h"
#include "ssh/sealer_impl.h"

#define KEY_LEN   32
#define BLOCK_LEN 64
#define NONCE_LEN 16 /* libcrypto's: a block counter, then the nonce */
#define TAG_LEN   16

struct sealer_chacha {
	struct sealer base;
	EVP_CIPHER_CTX *header;
	EVP_CIPHER_CTX *body;
	EVP_MAC_CTX *poly;
	uint8_t nonce[NONCE_LEN];
	uint8_t block0[BLOCK_LEN];
};

static void set_nonce(struct sealer_chacha *c, uint32_t seq)
{
	sealer_put_u32(c->nonce + NONCE_LEN - 4, seq);
}

/* Encrypts or decrypts, which is the same. */
static bool header_crypt(
	struct sealer_chacha *c, const uint8_t *in, uint8_t *out)
{
	int done;

	return EVP_CipherInit_ex2(c->header, NULL, NULL, c->nonce, -1, NULL) ==
		       1 &&
	       EVP_CipherUpdate(
		       c->header, out, &done, in, SEALER_LENGTH_BYTES) == 1;
}

/* Starts the packet's stream; leaves it at block 1. */
static bool start_body(struct sealer_chacha *c)
{
	int done;

	memset(c->block0, 0, BLOCK_LEN);
	return EVP_CipherInit_ex2(c->body, NULL, NULL, c->nonce, -1, NULL) ==
		       1 &&
	       EVP_CipherUpdate(
		       c->body, c->block0, &done, c->block0, BLOCK_LEN) == 1;
}

static bool tag_of(struct sealer_chacha *c, const uint8_t *pkt, size_t len,
	uint8_t *ret_tag)
{
	size_t n;

	return EVP_MAC_init(c->poly, c->block0, KEY_LEN, NULL) == 1 &&
	       EVP_MAC_update(c->poly, pkt, len) == 1 &&
	       EVP_MAC_final(c->poly, ret_tag, &n, TAG_LEN) == 1;
}

static bool body_crypt(struct sealer_chacha *c, uint8_t *pkt, size_t len)
{
	uint8_t *body = pkt + SEALER_LENGTH_BYTES;
	int done;

	return EVP_CipherUpdate(c->body, body, &done, body,
		       (int)(len - SEALER_LENGTH_BYTES)) == 1;
}

static int chacha_seal(struct sealer *s, uint32_t seq, uint8_t *pkt, size_t len)
{
	struct sealer_chacha *c = (struct sealer_chacha *)s;

	set_nonce(c, seq);
	if (!header_crypt(c, pkt, pkt) || !start_body(c) ||
		!body_crypt(c, pkt, len) || !tag_of(c, pkt, len, pkt + len))
		return -ERR_CRYPTO;
	return 0;
}

/* The sealed length stays in place: it is part of what the tag covers. */
static int chacha_open_length(struct sealer *s, uint32_t seq, uint8_t *pkt,
	uint32_t *ret_packet_length)
{
	struct sealer_chacha *c = (struct sealer_chacha *)s;
	uint8_t plain[SEALER_LENGTH_BYTES];

	set_nonce(c, seq);
	if (!header_crypt(c, pkt, plain))
		return -ERR_CRYPTO;
	*ret_packet_length = sealer_get_u32(plain);
	return 0;
}

static int chacha_open(struct sealer *s, uint32_t seq, uint8_t *pkt, size_t len)
{
	struct sealer_chacha *c = (struct sealer_chacha *)s;
	uint8_t tag[TAG_LEN];

	set_nonce(c, seq);
	if (!start_body(c) || !tag_of(c, pkt, len, tag))
		return -ERR_CRYPTO;
	if (CRYPTO_memcmp(tag, pkt + len, TAG_LEN) != 0)
		return -ERR_MAC;
	return body_crypt(c, pkt, len) ? 0 : -ERR_CRYPTO;
}

static void chacha_free(struct sealer *s)
{
	struct sealer_chacha *c = (struct sealer_chacha *)s;

	EVP_CIPHER_CTX_free(c->header);
	EVP_CIPHER_CTX_free(c->body);
	EVP_MAC_CTX_free(c->poly);
	secret_wipe(c, sizeof(*c));
	free(c);
}

static const struct sealer_ops chacha_ops = {
	.seal = chacha_seal,
	.open_length = chacha_open_length,
	.open = chacha_open,
	.free = chacha_free,
};

struct sealer *sealer_chacha_new(const struct sealer_config *config)
{
	struct sealer_chacha *c = mem_zalloc(1, sizeof(*c));
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "POLY1305", NULL);

	c->base.ops = &chacha_ops;
	c->body = sealer_cipher_ctx(config, config->key, NULL);
	c->header = sealer_cipher_ctx(config, config->key + KEY_LEN, NULL);
	c->poly = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;
	EVP_MAC_free(mac);
	if (c->body == NULL || c->header == NULL || c->poly == NULL) {
		chacha_free(&c->base);
		return NULL;
	}
	return &c->base;
}
