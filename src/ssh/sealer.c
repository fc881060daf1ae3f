/*
 * The tables of ciphers and MACs, and the way from a name to the kind of sealer
 * that does it: sealer_gcm.c, sealer_chacha.c, sealer_ctr.c.
 */
#include "ssh/sealer.h"

#include <limits.h>
#include <string.h>

#include <openssl/evp.h>

#include "ssh/sealer_impl.h"

struct cipher_row {
	struct cipher_alg alg;
	const char *evp;
	sealer_make_fn *make;
};

struct mac_row {
	struct mac_alg alg;
	const char *evp;
};

/* name, key, iv, block, tag. Best first: AES-GCM costs a processor with AES
 * instructions half of what ChaCha20-Poly1305 does, and CTR with HMAC four
 * times as much. */
static const struct cipher_row ciphers[] = {
	{{"aes128-gcm@openssh.com", 16, 12, 16, 16}, "AES-128-GCM",
		sealer_gcm_new},
	{{"aes256-gcm@openssh.com", 32, 12, 16, 16}, "AES-256-GCM",
		sealer_gcm_new},
	{{"chacha20-poly1305@openssh.com", 64, 0, 8, 16}, "ChaCha20",
		sealer_chacha_new},
	{{"aes128-ctr", 16, 16, 16, 0}, "AES-128-CTR", sealer_ctr_new},
	{{"aes192-ctr", 24, 16, 16, 0}, "AES-192-CTR", sealer_ctr_new},
	{{"aes256-ctr", 32, 16, 16, 0}, "AES-256-CTR", sealer_ctr_new},
};

static const struct mac_row macs[] = {
	{{"hmac-sha2-256-etm@openssh.com", 32, 32, true}, "SHA256"},
	{{"hmac-sha2-512-etm@openssh.com", 64, 64, true}, "SHA512"},
	{{"hmac-sha2-256", 32, 32, false}, "SHA256"},
	{{"hmac-sha2-512", 64, 64, false}, "SHA512"},
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

const struct cipher_alg *cipher_alg_find(struct slice name)
{
	for (size_t i = 0; i < COUNT(ciphers); i++)
		if (slice_is(name, ciphers[i].alg.name))
			return &ciphers[i].alg;
	return NULL;
}

const struct mac_alg *mac_alg_find(struct slice name)
{
	for (size_t i = 0; i < COUNT(macs); i++)
		if (slice_is(name, macs[i].alg.name))
			return &macs[i].alg;
	return NULL;
}

const char *cipher_alg_default_list(void)
{
	return "aes128-gcm@openssh.com,aes256-gcm@openssh.com,"
	       "chacha20-poly1305@openssh.com,"
	       "aes128-ctr,aes192-ctr,aes256-ctr";
}

const char *mac_alg_default_list(void)
{
	return "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,"
	       "hmac-sha2-256,hmac-sha2-512";
}

struct sealer *sealer_new(const struct cipher_alg *cipher,
	const struct mac_alg *mac, const uint8_t *key, const uint8_t *iv,
	const uint8_t *mac_key, bool encrypt)
{
	/* Algorithms come from the tables only, where each is the first
	 * member of its row. */
	const struct cipher_row *row = (const struct cipher_row *)cipher;
	const struct mac_row *mac_row = (const struct mac_row *)mac;
	struct sealer_config c = {
		.cipher = cipher,
		.cipher_evp = row->evp,
		.mac = mac,
		.mac_evp = mac != NULL ? mac_row->evp : NULL,
		.key = key,
		.iv = iv,
		.mac_key = mac_key,
		.encrypt = encrypt,
	};
	struct sealer *s = row->make(&c);

	if (s == NULL)
		return NULL;
	s->block_len = cipher->block_len;
	s->tag_len = mac != NULL ? mac->tag_len : cipher->tag_len;
	s->length_outside = mac == NULL || mac->etm;
	s->head_len = s->length_outside ? SEALER_LENGTH_BYTES : s->block_len;
	return s;
}

void sealer_free(struct sealer *s)
{
	if (s != NULL)
		s->ops->free(s);
}

size_t sealer_tag_len(const struct sealer *s)
{
	return s->tag_len;
}

size_t sealer_block_len(const struct sealer *s)
{
	return s->block_len;
}

bool sealer_length_outside(const struct sealer *s)
{
	return s->length_outside;
}

size_t sealer_head_len(const struct sealer *s)
{
	return s->head_len;
}

int sealer_seal(struct sealer *s, uint32_t seq, uint8_t *pkt, size_t len)
{
	if (len < SEALER_LENGTH_BYTES || len > INT_MAX)
		return -ERR_INTERNAL;
	return s->ops->seal(s, seq, pkt, len);
}

int sealer_open_length(struct sealer *s, uint32_t seq, uint8_t *pkt,
	uint32_t *ret_packet_length)
{
	return s->ops->open_length(s, seq, pkt, ret_packet_length);
}

int sealer_open(
	struct sealer *s, uint32_t seq, uint8_t *pkt, uint32_t packet_length)
{
	size_t len = SEALER_LENGTH_BYTES + (size_t)packet_length;

	/* libcrypto counts in ints, and an encrypt-and-mac head is decrypted
	 * already. */
	if (len > INT_MAX || len < s->head_len)
		return -ERR_PROTOCOL;
	return s->ops->open(s, seq, pkt, len);
}

EVP_CIPHER_CTX *sealer_cipher_ctx(
	const struct sealer_config *c, const uint8_t *key, const uint8_t *iv)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	/* Fetched once here: an EVP_CIPHER from EVP_aes_*() is looked up again
	 * by every init. */
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, c->cipher_evp, NULL);

	if (ctx != NULL && cipher != NULL &&
		EVP_CipherInit_ex2(
			ctx, cipher, key, iv, c->encrypt ? 1 : 0, NULL) == 1) {
		EVP_CIPHER_free(cipher);
		return ctx;
	}
	EVP_CIPHER_free(cipher);
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

int sealer_plain_length(struct sealer *s, uint32_t seq, uint8_t *pkt,
	uint32_t *ret_packet_length)
{
	*ret_packet_length = sealer_get_u32(pkt);
	return 0;
}
