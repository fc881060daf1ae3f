/* The ciphers that ssh-keygen -Z offers, to read with only. */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/secret.h"
#include "ssh/privkey_impl.h"

#define POLY1305_BYTES 32

static const struct privkey_cipher table[] = {
	{"none", NULL, 0, 0, 8, 0},
	{"aes128-ctr", "AES-128-CTR", 16, 16, 16, 0},
	{"aes192-ctr", "AES-192-CTR", 24, 16, 16, 0},
	{"aes256-ctr", "AES-256-CTR", 32, 16, 16, 0},
	{"aes128-cbc", "AES-128-CBC", 16, 16, 16, 0},
	{"aes192-cbc", "AES-192-CBC", 24, 16, 16, 0},
	{"aes256-cbc", "AES-256-CBC", 32, 16, 16, 0},
	{"aes128-gcm@openssh.com", "AES-128-GCM", 16, 12, 16, 16},
	{"aes256-gcm@openssh.com", "AES-256-GCM", 32, 12, 16, 16},
	/* The second half of its key is for packet lengths: unused here. */
	{"chacha20-poly1305@openssh.com", "ChaCha20", 64, 0, 8, 16},
	{"3des-cbc", "DES-EDE3-CBC", 24, 8, 8, 0},
};

const struct privkey_cipher *privkey_cipher_find(struct slice name)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (slice_is(name, table[i].name))
			return &table[i];
	return NULL;
}

static int decrypt(const struct privkey_cipher *c, const uint8_t *key,
	const uint8_t *iv, struct slice sealed, struct slice tag,
	uint8_t *ret_plain)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, c->evp, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, last = 0, r = -ERR_CRYPTO;

	if (cipher == NULL || ctx == NULL ||
		EVP_DecryptInit_ex2(ctx, cipher, key, iv, NULL) != 1 ||
		EVP_CIPHER_CTX_set_padding(ctx, 0) != 1)
		goto out;
	/* The tag is only read; the control call has no const. */
	if (tag.len != 0 && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG,
				    (int)tag.len, (void *)tag.p) != 1)
		goto out;
	if (EVP_DecryptUpdate(ctx, ret_plain, &n, sealed.p, (int)sealed.len) !=
		1)
		goto out;
	if (EVP_DecryptFinal_ex(ctx, ret_plain + n, &last) == 1 &&
		(size_t)n + (size_t)last == sealed.len)
		r = 0;
	else
		r = tag.len != 0 ? -ERR_KEY_PASSPHRASE : -ERR_CRYPTO;
out:
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
	return r;
}

static bool poly1305(const uint8_t key[POLY1305_BYTES], struct slice data,
	uint8_t ret_tag[16])
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "POLY1305", NULL);
	EVP_MAC_CTX *ctx = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;
	size_t len = 0;
	bool ok = ctx != NULL &&
		  EVP_MAC_init(ctx, key, POLY1305_BYTES, NULL) == 1 &&
		  EVP_MAC_update(ctx, data.p, data.len) == 1 &&
		  EVP_MAC_final(ctx, ret_tag, &len, 16) == 1 && len == 16;

	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
	return ok;
}

/* PROTOCOL.chacha20poly1305 with sequence number 0: block 0 of the key stream
 * is Poly1305's key, the text starts at block 1. libcrypto's 16-byte IV is the
 * counter, little-endian, then the nonce. */
static int open_chacha(const struct privkey_cipher *c, const uint8_t *key,
	struct slice sealed, struct slice tag, uint8_t *ret_plain)
{
	static const uint8_t zeros[POLY1305_BYTES];
	const struct slice nothing = {zeros, 0};
	uint8_t iv[16] = {0}, poly_key[POLY1305_BYTES], expected[16];
	int r;

	r = decrypt(c, key, iv, (struct slice){zeros, sizeof(zeros)}, nothing,
		poly_key);
	if (r != 0)
		return r;
	r = poly1305(poly_key, sealed, expected) ? 0 : -ERR_CRYPTO;
	secret_wipe(poly_key, sizeof(poly_key));
	if (r != 0)
		return r;
	if (tag.len != sizeof(expected) ||
		CRYPTO_memcmp(tag.p, expected, sizeof(expected)) != 0)
		return -ERR_KEY_PASSPHRASE;
	iv[0] = 1;
	return decrypt(c, key, iv, sealed, nothing, ret_plain);
}

int privkey_cipher_open(const struct privkey_cipher *c, const uint8_t *key_iv,
	struct slice sealed, struct slice tag, uint8_t *ret_plain)
{
	if (sealed.len > PRIVKEY_TEXT_MAX)
		return -ERR_KEY_FORMAT;
	if (c->evp == NULL) {
		memcpy(ret_plain, sealed.p, sealed.len);
		return 0;
	}
	if (c->iv_bytes == 0)
		return open_chacha(c, key_iv, sealed, tag, ret_plain);
	return decrypt(
		c, key_iv, key_iv + c->key_bytes, sealed, tag, ret_plain);
}
