/*
 * Key files that libcrypto reads: PKCS#8 plain and encrypted (RFC 5958), PKCS#1
 * (RFC 8017) and SEC 1 (RFC 5915) in PEM, with OpenSSL's old encryption.
 *
 * Block by block rather than through OSSL_DECODER, so that the cost of a
 * passphrase's derivation is known before it is paid, and so that nothing ever
 * asks on the terminal.
 */
#include <string.h>

#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "ssh/pkey.h"
#include "ssh/privkey_impl.h"

/* Some seconds each on a slow machine; far above what anyone sets. */
#define PBKDF2_ITERATIONS_MAX 4000000
#define SCRYPT_COST_MAX       (1U << 22) /* N × r × p */

struct block {
	char *name, *header;
	unsigned char *data;
	long len;
};

static void block_done(struct block *b)
{
	OPENSSL_free(b->name);
	OPENSSL_free(b->header);
	OPENSSL_clear_free(b->data, (size_t)b->len);
	*b = (struct block){0};
}

static bool cipher_known(const char *name)
{
	EVP_CIPHER *c;
	bool known;

	c = name != NULL ? EVP_CIPHER_fetch(NULL, name, NULL) : NULL;
	known = c != NULL;
	EVP_CIPHER_free(c);
	return known;
}

static bool at_most(const ASN1_INTEGER *n, uint64_t max, uint64_t *ret_n)
{
	return ASN1_INTEGER_get_uint64(ret_n, n) == 1 && *ret_n <= max;
}

static bool scrypt_affordable(const X509_ALGOR *kdf)
{
	SCRYPT_PARAMS *s = ASN1_TYPE_unpack_sequence(
		ASN1_ITEM_rptr(SCRYPT_PARAMS), kdf->parameter);
	uint64_t n, r, p;
	bool ok = s != NULL && at_most(s->costParameter, SCRYPT_COST_MAX, &n) &&
		  at_most(s->blockSize, SCRYPT_COST_MAX, &r) &&
		  at_most(s->parallelizationParameter, SCRYPT_COST_MAX, &p) &&
		  n * r <= SCRYPT_COST_MAX && n * r * p <= SCRYPT_COST_MAX;

	SCRYPT_PARAMS_free(s);
	return ok;
}

static bool pbkdf2_affordable(const X509_ALGOR *kdf)
{
	PBKDF2PARAM *k = ASN1_TYPE_unpack_sequence(
		ASN1_ITEM_rptr(PBKDF2PARAM), kdf->parameter);
	uint64_t n;
	bool ok = k != NULL && at_most(k->iter, PBKDF2_ITERATIONS_MAX, &n);

	PBKDF2PARAM_free(k);
	return ok;
}

static bool pbes2_affordable(const X509_ALGOR *alg)
{
	PBE2PARAM *p = ASN1_TYPE_unpack_sequence(
		ASN1_ITEM_rptr(PBE2PARAM), alg->parameter);
	bool ok = false;

	if (p == NULL)
		return false;
	if (cipher_known(OBJ_nid2sn(OBJ_obj2nid(p->encryption->algorithm)))) {
		int kdf = OBJ_obj2nid(p->keyfunc->algorithm);

		if (kdf == NID_id_pbkdf2)
			ok = pbkdf2_affordable(p->keyfunc);
		else if (kdf == NID_id_scrypt)
			ok = scrypt_affordable(p->keyfunc);
	}
	PBE2PARAM_free(p);
	return ok;
}

/* PKCS#5 version 1 and PKCS#12. */
static bool pbe1_affordable(const X509_ALGOR *alg, int nid)
{
	PBEPARAM *p = NULL;
	int cipher = NID_undef;
	uint64_t n;
	bool ok;

	if (EVP_PBE_find(EVP_PBE_TYPE_OUTER, nid, &cipher, NULL, NULL) != 1 ||
		!cipher_known(OBJ_nid2sn(cipher)))
		return false;
	p = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBEPARAM), alg->parameter);
	ok = p != NULL && at_most(p->iter, PBKDF2_ITERATIONS_MAX, &n);
	PBEPARAM_free(p);
	return ok;
}

static bool is_affordable(const X509_SIG *sealed)
{
	const X509_ALGOR *alg;
	int nid;

	X509_SIG_get0(sealed, &alg, NULL);
	nid = OBJ_obj2nid(alg->algorithm);
	return nid == NID_pbes2 ? pbes2_affordable(alg)
				: pbe1_affordable(alg, nid);
}

static int from_pkcs8(const PKCS8_PRIV_KEY_INFO *info, EVP_PKEY **ret_pkey)
{
	const ASN1_OBJECT *oid;

	if (PKCS8_pkey_get0(&oid, NULL, NULL, NULL, info) != 1)
		return -ERR_KEY_FORMAT;
	switch (OBJ_obj2nid(oid)) {
	case NID_rsaEncryption:
	case NID_X9_62_id_ecPublicKey:
	case NID_ED25519:
		*ret_pkey = EVP_PKCS82PKEY(info);
		return *ret_pkey != NULL ? 0 : -ERR_KEY_FORMAT;
	default:
		return -ERR_KEY_UNSUPPORTED;
	}
}

static int read_pkcs8(
	struct block *b, const struct secret *passphrase, EVP_PKEY **ret_pkey)
{
	const unsigned char *at = b->data;
	PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, b->len);
	int r = info != NULL ? from_pkcs8(info, ret_pkey) : -ERR_KEY_FORMAT;

	PKCS8_PRIV_KEY_INFO_free(info);
	return r;
}

static int read_pkcs8_encrypted(
	struct block *b, const struct secret *passphrase, EVP_PKEY **ret_pkey)
{
	const unsigned char *at = b->data;
	X509_SIG *sealed = d2i_X509_SIG(NULL, &at, b->len);
	PKCS8_PRIV_KEY_INFO *info = NULL;
	int r;

	if (sealed == NULL) {
		r = -ERR_KEY_FORMAT;
	} else if (!is_affordable(sealed)) {
		r = -ERR_KEY_UNSUPPORTED;
	} else if (passphrase == NULL || !secret_is_set(passphrase)) {
		r = -ERR_KEY_PASSPHRASE;
	} else {
		info = PKCS8_decrypt(
			sealed, passphrase->p, (int)passphrase->len);
		r = info != NULL ? from_pkcs8(info, ret_pkey)
				 : -ERR_KEY_PASSPHRASE;
	}
	PKCS8_PRIV_KEY_INFO_free(info);
	X509_SIG_free(sealed);
	return r;
}

static int give_passphrase(char *to, int size, int writing, void *arg)
{
	const struct secret *passphrase = arg;

	if (passphrase->len > (size_t)size)
		return -1;
	memcpy(to, passphrase->p, passphrase->len);
	return (int)passphrase->len;
}

static int read_traditional(struct block *b, const struct secret *passphrase,
	int type, EVP_PKEY **ret_pkey)
{
	const unsigned char *at = b->data;
	EVP_CIPHER_INFO cipher;
	long len = b->len;

	if (PEM_get_EVP_CIPHER_INFO(b->header, &cipher) != 1)
		return -ERR_KEY_UNSUPPORTED;
	if (cipher.cipher != NULL) {
		if (!cipher_known(EVP_CIPHER_get0_name(cipher.cipher)))
			return -ERR_KEY_UNSUPPORTED;
		if (passphrase == NULL || !secret_is_set(passphrase))
			return -ERR_KEY_PASSPHRASE;
		if (PEM_do_header(&cipher, b->data, &len, give_passphrase,
			    (void *)passphrase) != 1)
			return -ERR_KEY_PASSPHRASE;
	}
	*ret_pkey = d2i_PrivateKey(type, NULL, &at, len);
	if (*ret_pkey != NULL)
		return 0;
	/* One wrong passphrase in 256 gets past the padding. */
	return cipher.cipher != NULL ? -ERR_KEY_PASSPHRASE : -ERR_KEY_FORMAT;
}

static int read_rsa(
	struct block *b, const struct secret *passphrase, EVP_PKEY **ret_pkey)
{
	return read_traditional(b, passphrase, EVP_PKEY_RSA, ret_pkey);
}

static int read_ec(
	struct block *b, const struct secret *passphrase, EVP_PKEY **ret_pkey)
{
	return read_traditional(b, passphrase, EVP_PKEY_EC, ret_pkey);
}

static const struct {
	const char *name;
	/* NULL: not a kind of key that SSH still uses */
	int (*read)(struct block *b, const struct secret *passphrase,
		EVP_PKEY **ret_pkey);
} kinds[] = {
	{PEM_STRING_PKCS8INF, read_pkcs8},
	{PEM_STRING_PKCS8, read_pkcs8_encrypted},
	{PEM_STRING_RSA, read_rsa},
	{PEM_STRING_ECPRIVATEKEY, read_ec},
	{PEM_STRING_DSA, NULL},
};

/* True when `b` is a private key's block: *ret is then the outcome. */
static bool read_block(struct block *b, const struct secret *passphrase,
	EVP_PKEY **ret_pkey, int *ret)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(b->name, kinds[i].name) != 0)
			continue;
		*ret = kinds[i].read != NULL
			       ? kinds[i].read(b, passphrase, ret_pkey)
			       : -ERR_KEY_UNSUPPORTED;
		return true;
	}
	return false;
}

int privkey_pem_parse(
	struct slice text, const struct secret *passphrase, EVP_PKEY **ret_pkey)
{
	BIO *bio = BIO_new_mem_buf(text.p, (int)text.len);
	struct block b = {0};
	EVP_PKEY *pkey = NULL;
	bool done = false;
	int r = -ERR_KEY_FORMAT;

	if (bio == NULL)
		return -ERR_CRYPTO;
	/* Others may stand before it: "EC PARAMETERS", a certificate. */
	while (!done &&
		PEM_read_bio(bio, &b.name, &b.header, &b.data, &b.len) == 1) {
		done = read_block(&b, passphrase, &pkey, &r);
		block_done(&b);
	}
	BIO_free(bio);
	if (r == 0 && EVP_PKEY_get_base_id(pkey) == EVP_PKEY_EC &&
		!pkey_is_pair(pkey))
		r = -ERR_KEY_FORMAT;
	if (r == 0)
		*ret_pkey = pkey;
	else
		EVP_PKEY_free(pkey);
	return r;
}
