/*
 * AES-GCM, RFC 5647 §7: the length field is the associated data, and the
 * 12 byte IV is a fixed half and a 64 bit counter that moves on by one a
 * packet.
 *
 * libcrypto keeps the counter when sealing (its TLS parameters: the IV is
 * stepped inside the context, without a new init), and takes IV and tag in one
 * call when opening. Measured with OpenSSL 3.0 on 64 byte packets, these cost
 * three quarters of EVP_EncryptInit_ex with an IV and the EVP_CTRL_AEAD_*
 * controls: 155 ns for 215 to seal, 130 for 185 to open.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/mem.h"
#include "base/secret.h"
#include "ssh/sealer_impl.h"

#define IV_LEN       12
#define IV_FIXED_LEN 4
#define TAG_LEN      16

struct sealer_gcm {
	struct sealer base;
	EVP_CIPHER_CTX *ctx;
	uint64_t counter;      /* opening: of the next packet */
	uint8_t step[8];       /* the counter's bytes, to or from libcrypto */
	OSSL_PARAM next_iv[2]; /* sealing */
	OSSL_PARAM tag[2];     /* sealing */
	OSSL_PARAM iv_and_tag[3]; /* opening */
};

static int gcm_seal(struct sealer *s, uint32_t seq, uint8_t *pkt, size_t len)
{
	struct sealer_gcm *g = (struct sealer_gcm *)s;
	uint8_t *body = pkt + SEALER_LENGTH_BYTES;
	int n = (int)(len - SEALER_LENGTH_BYTES), done;

	g->tag[0].data = pkt + len;
	if (EVP_CIPHER_CTX_get_params(g->ctx, g->next_iv) != 1 ||
		EVP_EncryptUpdate(
			g->ctx, NULL, &done, pkt, SEALER_LENGTH_BYTES) != 1 ||
		EVP_EncryptUpdate(g->ctx, body, &done, body, n) != 1 ||
		EVP_EncryptFinal_ex(g->ctx, pkt + len, &done) != 1 ||
		EVP_CIPHER_CTX_get_params(g->ctx, g->tag) != 1)
		return -ERR_CRYPTO;
	return 0;
}

static int gcm_open(struct sealer *s, uint32_t seq, uint8_t *pkt, size_t len)
{
	struct sealer_gcm *g = (struct sealer_gcm *)s;
	uint8_t *body = pkt + SEALER_LENGTH_BYTES;
	int n = (int)(len - SEALER_LENGTH_BYTES), done;

	sealer_put_u32(g->step, (uint32_t)(g->counter >> 32));
	sealer_put_u32(g->step + 4, (uint32_t)g->counter);
	g->counter++;
	g->iv_and_tag[1].data = pkt + len;
	if (EVP_CIPHER_CTX_set_params(g->ctx, g->iv_and_tag) != 1 ||
		EVP_DecryptUpdate(
			g->ctx, NULL, &done, pkt, SEALER_LENGTH_BYTES) != 1 ||
		EVP_DecryptUpdate(g->ctx, body, &done, body, n) != 1)
		return -ERR_CRYPTO;
	return EVP_DecryptFinal_ex(g->ctx, pkt + len, &done) == 1 ? 0
								  : -ERR_MAC;
}

static void gcm_free(struct sealer *s)
{
	struct sealer_gcm *g = (struct sealer_gcm *)s;

	EVP_CIPHER_CTX_free(g->ctx);
	secret_wipe(g, sizeof(*g));
	free(g);
}

static const struct sealer_ops gcm_ops = {
	.seal = gcm_seal,
	.open_length = sealer_plain_length,
	.open = gcm_open,
	.free = gcm_free,
};

static void set_up_params(struct sealer_gcm *g)
{
	g->next_iv[0] = OSSL_PARAM_construct_octet_string(
		OSSL_CIPHER_PARAM_AEAD_TLS1_GET_IV_GEN, g->step,
		sizeof(g->step));
	g->next_iv[1] = OSSL_PARAM_construct_end();
	g->tag[0] = OSSL_PARAM_construct_octet_string(
		OSSL_CIPHER_PARAM_AEAD_TAG, NULL, TAG_LEN);
	g->tag[1] = OSSL_PARAM_construct_end();
	g->iv_and_tag[0] = OSSL_PARAM_construct_octet_string(
		OSSL_CIPHER_PARAM_AEAD_TLS1_SET_IV_INV, g->step,
		sizeof(g->step));
	g->iv_and_tag[1] = g->tag[0];
	g->iv_and_tag[2] = OSSL_PARAM_construct_end();
}

struct sealer *sealer_gcm_new(const struct sealer_config *c)
{
	struct sealer_gcm *g = mem_zalloc(1, sizeof(*g));
	uint8_t iv[IV_LEN];

	g->base.ops = &gcm_ops;
	memcpy(iv, c->iv, IV_LEN);
	g->counter = (uint64_t)sealer_get_u32(iv + IV_FIXED_LEN) << 32 |
		     sealer_get_u32(iv + IV_FIXED_LEN + 4);
	set_up_params(g);
	g->ctx = sealer_cipher_ctx(c, c->key, iv);
	/* -1: the whole IV is given, counter included. */
	if (g->ctx == NULL || EVP_CIPHER_CTX_ctrl(g->ctx,
				      EVP_CTRL_GCM_SET_IV_FIXED, -1, iv) != 1) {
		gcm_free(&g->base);
		return NULL;
	}
	return &g->base;
}
