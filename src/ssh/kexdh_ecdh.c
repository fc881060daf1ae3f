/*
 * Elliptic curves: ecdh-sha2-nistp* (RFC 5656 §4) and curve25519-sha256
 * (RFC 8731). Both parts are strings, K is an mpint.
 */
#include <string.h>

#include <openssl/crypto.h>

#include "base/secret.h"
#include "ssh/kexdh_impl.h"

static int put_public(struct kexdh *k)
{
	unsigned char *point = NULL;
	size_t n = EVP_PKEY_get1_encoded_public_key(k->key, &point);

	if (n == 0)
		return -ERR_CRYPTO;
	buf_put_string(&k->tail, point, n);
	OPENSSL_free(point);
	return 0;
}

/* ---- NIST curves ---- */

static EVP_PKEY *ecdh_keygen(const char *group)
{
	return kexdh_keygen("EC", group);
}

/* The key of a point, which must be on the curve. A compressed one, which
 * RFC 5656 lets a server send but no implementation does, is refused: it would
 * have to be hashed as it was sent. */
static int point_key(
	const struct kexdh *k, struct slice point, EVP_PKEY **ret_peer)
{
	size_t field = ((size_t)EVP_PKEY_get_bits(k->key) + 7) / 8;
	EVP_PKEY *peer;

	if (point.len != 1 + 2 * field || point.p[0] != 4)
		return -ERR_PROTOCOL;
	peer = EVP_PKEY_new();
	if (peer == NULL || EVP_PKEY_copy_parameters(peer, k->key) != 1) {
		EVP_PKEY_free(peer);
		return -ERR_CRYPTO;
	}
	if (EVP_PKEY_set1_encoded_public_key(peer, point.p, point.len) != 1) {
		EVP_PKEY_free(peer);
		return -ERR_PROTOCOL;
	}
	*ret_peer = peer;
	return 0;
}

static int ecdh_agree(struct kexdh *k, struct slice point)
{
	uint8_t shared[KEXDH_SHARED_MAX];
	EVP_PKEY *peer;
	size_t n;
	int err = point_key(k, point, &peer);

	if (err != 0)
		return err;
	err = kexdh_shared(k->key, peer, shared, &n);
	EVP_PKEY_free(peer);
	if (err != 0)
		return err;
	buf_put_string(&k->tail, point.p, point.len);
	buf_put_mpint(&k->secret, shared, n);
	secret_wipe(shared, n);
	return 0;
}

const struct kexdh_method kexdh_ecdh = {
	.first = KEXDH_INIT,
	.answer = KEXDH_REPLY,
	.keygen = ecdh_keygen,
	.start = put_public,
	.agree = ecdh_agree,
};

/* ---- X25519 ---- */

static EVP_PKEY *x25519_keygen(const char *group)
{
	return kexdh_keygen("X25519", NULL);
}

int kexdh_x25519_shared(
	EVP_PKEY *own, struct slice peer, uint8_t ret_shared[KEXDH_X25519_LEN])
{
	static const uint8_t zero[KEXDH_X25519_LEN];
	uint8_t shared[KEXDH_SHARED_MAX];
	EVP_PKEY *key;
	size_t n;
	int err;

	if (peer.len != KEXDH_X25519_LEN)
		return -ERR_PROTOCOL;
	key = EVP_PKEY_new_raw_public_key_ex(
		NULL, "X25519", NULL, peer.p, peer.len);
	if (key == NULL)
		return -ERR_CRYPTO;
	err = kexdh_shared(own, key, shared, &n);
	EVP_PKEY_free(key);
	if (err != 0)
		return err;
	if (n != KEXDH_X25519_LEN || CRYPTO_memcmp(shared, zero, n) == 0)
		return -ERR_PROTOCOL;
	memcpy(ret_shared, shared, n);
	secret_wipe(shared, n);
	return 0;
}

static int x25519_agree(struct kexdh *k, struct slice peer)
{
	uint8_t shared[KEXDH_X25519_LEN];
	int err = kexdh_x25519_shared(k->key, peer, shared);

	if (err != 0)
		return err;
	buf_put_string(&k->tail, peer.p, peer.len);
	buf_put_mpint(&k->secret, shared, sizeof(shared));
	secret_wipe(shared, sizeof(shared));
	return 0;
}

const struct kexdh_method kexdh_x25519 = {
	.first = KEXDH_INIT,
	.answer = KEXDH_REPLY,
	.keygen = x25519_keygen,
	.start = put_public,
	.agree = x25519_agree,
};
