/*
 * AES in counter mode (RFC 4344 §4) with an HMAC (RFC 6668) over the sequence
 * number and the packet: over what is sent for -etm (PROTOCOL §1.1, the length
 * stays in the clear), over the plain packet for RFC 4253's own
 * encrypt-and-mac, whose first block therefore comes before the length.
 *
 * The counter runs on from packet to packet, so every byte passes through the
 * cipher exactly once, in order; a packet that fails ends the link.
 *
 * The AEADs touch no allocator once they are made. Here libcrypto 3.0 does,
 * twice a packet, as its HMAC copies the digests of its keys; nothing public
 * avoids it.
 */
#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/mem.h"
#include "base/secret.h"
#include "ssh/sealer_impl.h"

struct sealer_ctr {
	struct sealer base;
	EVP_CIPHER_CTX *cipher;
	EVP_MAC_CTX *hmac;
};

static bool crypt_in_place(struct sealer_ctr *c, uint8_t *p, size_t n)
{
	int done;

	return n == 0 || EVP_CipherUpdate(c->cipher, p, &done, p, (int)n) == 1;
}

static bool tag_of(struct sealer_ctr *c, uint32_t seq, const uint8_t *pkt,
	size_t len, uint8_t *ret_tag)
{
	uint8_t seq_bytes[4];
	size_t n;

	sealer_put_u32(seq_bytes, seq);
	/* No key: start over with the one that is set. */
	return EVP_MAC_init(c->hmac, NULL, 0, NULL) == 1 &&
	       EVP_MAC_update(c->hmac, seq_bytes, sizeof(seq_bytes)) == 1 &&
	       EVP_MAC_update(c->hmac, pkt, len) == 1 &&
	       EVP_MAC_final(c->hmac, ret_tag, &n, c->base.tag_len) == 1;
}

static int check_tag(
	struct sealer_ctr *c, uint32_t seq, const uint8_t *pkt, size_t len)
{
	uint8_t tag[EVP_MAX_MD_SIZE];

	if (!tag_of(c, seq, pkt, len, tag))
		return -ERR_CRYPTO;
	return CRYPTO_memcmp(tag, pkt + len, c->base.tag_len) == 0 ? 0
								   : -ERR_MAC;
}

static int etm_seal(struct sealer *s, uint32_t seq, uint8_t *pkt, size_t len)
{
	struct sealer_ctr *c = (struct sealer_ctr *)s;

	if (!crypt_in_place(
		    c, pkt + SEALER_LENGTH_BYTES, len - SEALER_LENGTH_BYTES) ||
		!tag_of(c, seq, pkt, len, pkt + len))
		return -ERR_CRYPTO;
	return 0;
}

static int etm_open(struct sealer *s, uint32_t seq, uint8_t *pkt, size_t len)
{
	struct sealer_ctr *c = (struct sealer_ctr *)s;
	int err = check_tag(c, seq, pkt, len);

	if (err != 0)
		return err;
	return crypt_in_place(
		       c, pkt + SEALER_LENGTH_BYTES, len - SEALER_LENGTH_BYTES)
		       ? 0
		       : -ERR_CRYPTO;
}

static int eam_seal(struct sealer *s, uint32_t seq, uint8_t *pkt, size_t len)
{
	struct sealer_ctr *c = (struct sealer_ctr *)s;

	if (!tag_of(c, seq, pkt, len, pkt + len) ||
		!crypt_in_place(c, pkt, len))
		return -ERR_CRYPTO;
	return 0;
}

static int eam_open_length(struct sealer *s, uint32_t seq, uint8_t *pkt,
	uint32_t *ret_packet_length)
{
	struct sealer_ctr *c = (struct sealer_ctr *)s;

	if (!crypt_in_place(c, pkt, s->head_len))
		return -ERR_CRYPTO;
	*ret_packet_length = sealer_get_u32(pkt);
	return 0;
}

static int eam_open(struct sealer *s, uint32_t seq, uint8_t *pkt, size_t len)
{
	struct sealer_ctr *c = (struct sealer_ctr *)s;

	if (!crypt_in_place(c, pkt + s->head_len, len - s->head_len))
		return -ERR_CRYPTO;
	return check_tag(c, seq, pkt, len);
}

static void ctr_free(struct sealer *s)
{
	struct sealer_ctr *c = (struct sealer_ctr *)s;

	EVP_CIPHER_CTX_free(c->cipher);
	EVP_MAC_CTX_free(c->hmac);
	secret_wipe(c, sizeof(*c));
	free(c);
}

static const struct sealer_ops etm_ops = {
	.seal = etm_seal,
	.open_length = sealer_plain_length,
	.open = etm_open,
	.free = ctr_free,
};

static const struct sealer_ops eam_ops = {
	.seal = eam_seal,
	.open_length = eam_open_length,
	.open = eam_open,
	.free = ctr_free,
};

static EVP_MAC_CTX *hmac_ctx(const struct sealer_config *config)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(
			OSSL_MAC_PARAM_DIGEST, (char *)config->mac_evp, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *ctx = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;

	EVP_MAC_free(mac);
	if (ctx != NULL && EVP_MAC_init(ctx, config->mac_key,
				   config->mac->key_len, params) != 1) {
		EVP_MAC_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

struct sealer *sealer_ctr_new(const struct sealer_config *config)
{
	struct sealer_ctr *c = mem_zalloc(1, sizeof(*c));

	c->base.ops = config->mac->etm ? &etm_ops : &eam_ops;
	c->cipher = sealer_cipher_ctx(config, config->key, config->iv);
	c->hmac = hmac_ctx(config);
	if (c->cipher == NULL || c->hmac == NULL) {
		ctr_free(&c->base);
		return NULL;
	}
	return &c->base;
}
