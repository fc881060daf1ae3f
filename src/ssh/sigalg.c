#include "ssh/sigalg.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include "base/mem.h"
#include "ssh/pkey.h"

#define CERT_SUFFIX "-cert-v01@openssh.com"

static const struct sigalg table[] = {
	{"ssh-ed25519", "ssh-ed25519" CERT_SUFFIX, PUBKEY_ED25519, NULL},
	{"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256" CERT_SUFFIX,
		PUBKEY_ECDSA_P256, "SHA256"},
	{"ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384" CERT_SUFFIX,
		PUBKEY_ECDSA_P384, "SHA384"},
	{"ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521" CERT_SUFFIX,
		PUBKEY_ECDSA_P521, "SHA512"},
	{"sk-ssh-ed25519@openssh.com", "sk-ssh-ed25519" CERT_SUFFIX,
		PUBKEY_SK_ED25519, NULL},
	{"sk-ecdsa-sha2-nistp256@openssh.com",
		"sk-ecdsa-sha2-nistp256" CERT_SUFFIX, PUBKEY_SK_ECDSA,
		"SHA256"},
	{"rsa-sha2-512", "rsa-sha2-512" CERT_SUFFIX, PUBKEY_RSA, "SHA512"},
	{"rsa-sha2-256", "rsa-sha2-256" CERT_SUFFIX, PUBKEY_RSA, "SHA256"},
};

const struct sigalg *sigalg_find(struct slice name, bool *ret_cert)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		bool cert = slice_is(name, table[i].cert_name);

		if (cert || slice_is(name, table[i].name)) {
			*ret_cert = cert;
			return &table[i];
		}
	}
	return NULL;
}

static enum pkey_kind kind_of(const struct sigalg *alg)
{
	return pkey_types[alg->type].kind;
}

/* libcrypto's DER to RFC 5656's two mpints. */
static int put_ec_signature(const uint8_t *der, size_t der_len, struct buf *out)
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)der_len);
	uint8_t r[PKEY_COORD_BYTES_MAX], s[PKEY_COORD_BYTES_MAX];
	struct buf body = BUF_INIT;
	int err = -ERR_CRYPTO;

	if (sig == NULL)
		return err;
	if (BN_bn2binpad(ECDSA_SIG_get0_r(sig), r, sizeof(r)) > 0 &&
		BN_bn2binpad(ECDSA_SIG_get0_s(sig), s, sizeof(s)) > 0) {
		buf_put_mpint(&body, r, sizeof(r));
		buf_put_mpint(&body, s, sizeof(s));
		buf_put_string(out, buf_ptr(&body), buf_len(&body));
		buf_done(&body);
		err = 0;
	}
	ECDSA_SIG_free(sig);
	return err;
}

int sigalg_sign(const struct sigalg *alg, EVP_PKEY *pkey, struct slice data,
	struct buf *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct buf string = BUF_INIT;
	uint8_t *raw = NULL;
	size_t len = 0;
	int err = -ERR_CRYPTO;

	if (ctx == NULL ||
		EVP_DigestSignInit_ex(
			ctx, NULL, alg->digest, NULL, NULL, pkey, NULL) != 1 ||
		EVP_DigestSign(ctx, NULL, &len, data.p, data.len) != 1)
		goto out;
	raw = mem_alloc(len);
	if (EVP_DigestSign(ctx, raw, &len, data.p, data.len) != 1)
		goto out;
	err = 0;
	if (kind_of(alg) == PKEY_EC)
		err = put_ec_signature(raw, len, &string);
	else
		buf_put_string(&string, raw, len);
	if (err == 0) {
		buf_put_cstring(out, alg->name);
		buf_put(out, buf_ptr(&string), buf_len(&string));
	}
out:
	buf_done(&string);
	free(raw);
	EVP_MD_CTX_free(ctx);
	return err;
}

/* RFC 5656's two mpints to DER; the caller OPENSSL_frees *ret_der. */
static int ec_signature_der(
	const struct sigalg *alg, struct slice raw, uint8_t **ret_der)
{
	size_t max = pkey_types[alg->type].coord_bytes;
	struct rd rd = rd_slice(raw);
	struct slice r = rd_mpint(&rd), s = rd_mpint(&rd);
	ECDSA_SIG *sig;
	BIGNUM *r_bn, *s_bn;
	int len = -1;

	if (!rd_end(&rd) || r.len > max || s.len > max)
		return -1;
	sig = ECDSA_SIG_new();
	r_bn = BN_bin2bn(r.p, (int)r.len, NULL);
	s_bn = BN_bin2bn(s.p, (int)s.len, NULL);
	if (sig != NULL && r_bn != NULL && s_bn != NULL &&
		ECDSA_SIG_set0(sig, r_bn, s_bn) == 1) {
		r_bn = s_bn = NULL;
		len = i2d_ECDSA_SIG(sig, ret_der);
	}
	BN_free(r_bn);
	BN_free(s_bn);
	ECDSA_SIG_free(sig);
	return len;
}

/* RFC 8332 §3 wants as many bytes as the modulus has; some signers drop leading
 * zeros, and OpenSSH puts them back. libcrypto does not. */
static int rsa_signature_padded(
	EVP_PKEY *pkey, struct slice raw, uint8_t **ret_padded)
{
	size_t size = (size_t)EVP_PKEY_get_size(pkey);
	uint8_t *to;

	if (raw.len == 0 || raw.len > size)
		return -1;
	to = OPENSSL_zalloc(size);
	if (to == NULL)
		return -1;
	memcpy(to + (size - raw.len), raw.p, raw.len);
	*ret_padded = to;
	return (int)size;
}

int sigalg_verify(const struct sigalg *alg, EVP_PKEY *pkey, struct slice raw,
	struct slice data)
{
	EVP_MD_CTX *ctx = NULL;
	uint8_t *converted = NULL;
	int len, r = -ERR_SIGNATURE;

	switch (kind_of(alg)) {
	case PKEY_EC:
		len = ec_signature_der(alg, raw, &converted);
		break;
	case PKEY_RSA:
		len = rsa_signature_padded(pkey, raw, &converted);
		break;
	default:
		len = raw.len == 64 ? 64 : -1;
		break;
	}
	if (len < 0)
		goto out;
	ctx = EVP_MD_CTX_new();
	if (ctx != NULL &&
		EVP_DigestVerifyInit_ex(
			ctx, NULL, alg->digest, NULL, NULL, pkey, NULL) == 1 &&
		EVP_DigestVerify(ctx, converted != NULL ? converted : raw.p,
			(size_t)len, data.p, data.len) == 1)
		r = 0;
out:
	EVP_MD_CTX_free(ctx);
	OPENSSL_free(converted);
	return r;
}
