/*
 * mlkem768x25519-sha256, draft-ietf-sshm-mlkem-hybrid-kex: the client sends an
 * ML-KEM-768 encapsulation key and an X25519 point, the server a ciphertext and
 * a point; K is the SHA-256 of both secrets, hashed as a string.
 *
 * libcrypto has ML-KEM since 3.5. It is asked for by name at run time, through
 * calls that 3.0 has, so that a library newer than the headers serves.
 */
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/sha.h>

#include "base/secret.h"
#include "ssh/kexdh_impl.h"

#define MLKEM            "ML-KEM-768"
#define ENCAPS_KEY_LEN   1184
#define CIPHERTEXT_LEN   1088
#define MLKEM_SECRET_LEN 32

bool kexdh_mlkem_available(void)
{
	EVP_KEM *kem;

	ERR_set_mark();
	kem = EVP_KEM_fetch(NULL, MLKEM, NULL);
	ERR_pop_to_mark();
	EVP_KEM_free(kem);
	return kem != NULL;
}

static EVP_PKEY *mlkem_keygen(const char *group)
{
	return kexdh_keygen("X25519", NULL);
}

static int mlkem_start(struct kexdh *k)
{
	uint8_t both[ENCAPS_KEY_LEN + KEXDH_X25519_LEN];
	size_t kem_len, point_len = KEXDH_X25519_LEN;

	k->kem = kexdh_keygen(MLKEM, NULL);
	if (k->kem == NULL ||
		EVP_PKEY_get_octet_string_param(k->kem, OSSL_PKEY_PARAM_PUB_KEY,
			both, ENCAPS_KEY_LEN, &kem_len) != 1 ||
		kem_len != ENCAPS_KEY_LEN ||
		EVP_PKEY_get_raw_public_key(
			k->key, both + ENCAPS_KEY_LEN, &point_len) != 1)
		return -ERR_CRYPTO;
	buf_put_string(&k->tail, both, sizeof(both));
	return 0;
}

static int decapsulate(EVP_PKEY *key, const uint8_t *ciphertext,
	uint8_t ret_secret[MLKEM_SECRET_LEN])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	size_t n = MLKEM_SECRET_LEN;
	bool ok = ctx != NULL && EVP_PKEY_decapsulate_init(ctx, NULL) == 1 &&
		  EVP_PKEY_decapsulate(ctx, ret_secret, &n, ciphertext,
			  CIPHERTEXT_LEN) == 1 &&
		  n == MLKEM_SECRET_LEN;

	EVP_PKEY_CTX_free(ctx);
	return ok ? 0 : -ERR_CRYPTO;
}

static int mlkem_agree(struct kexdh *k, struct slice peer)
{
	uint8_t both[MLKEM_SECRET_LEN + KEXDH_X25519_LEN];
	uint8_t shared[SHA256_DIGEST_LENGTH];
	struct slice point;
	int err;

	if (peer.len != CIPHERTEXT_LEN + KEXDH_X25519_LEN)
		return -ERR_PROTOCOL;
	point = (struct slice){peer.p + CIPHERTEXT_LEN, KEXDH_X25519_LEN};
	err = decapsulate(k->kem, peer.p, both);
	if (err == 0)
		err = kexdh_x25519_shared(
			k->key, point, both + MLKEM_SECRET_LEN);
	if (err == 0 && EVP_Digest(both, sizeof(both), shared, NULL,
				EVP_sha256(), NULL) != 1)
		err = -ERR_CRYPTO;
	if (err == 0) {
		buf_put_string(&k->tail, peer.p, peer.len);
		buf_put_string(&k->secret, shared, sizeof(shared));
	}
	secret_wipe(both, sizeof(both));
	secret_wipe(shared, sizeof(shared));
	return err;
}

const struct kexdh_method kexdh_mlkem = {
	.first = KEXDH_INIT,
	.answer = KEXDH_REPLY,
	.keygen = mlkem_keygen,
	.start = mlkem_start,
	.agree = mlkem_agree,
};
