/* EVP_PKEYs made from the fields of SSH's encodings. */
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "ssh/pkey.h"

/*
 * Parameters for EVP_PKEY_fromdata. Numbers live in `mem`, which is ours to
 * wipe; OSSL_PARAM_BLD would leave copies behind.
 */
struct params {
	OSSL_PARAM list[10];
	unsigned count;
	uint8_t mem[7 * (PKEY_RSA_BITS_MAX / 8) + PKEY_RSA_EXPONENT_BITS_MAX];
	size_t used;
};

static bool params_add_bn(struct params *ps, const char *name, const BIGNUM *n)
{
	size_t size = n == NULL ? 0 : (size_t)BN_num_bytes(n);
	uint8_t *to = ps->mem + ps->used;

	if (size == 0 || size > sizeof(ps->mem) - ps->used)
		return false;
	if (BN_bn2nativepad(n, to, (int)size) < 0)
		return false;
	ps->list[ps->count++] = OSSL_PARAM_construct_BN(name, to, size);
	ps->used += size;
	return true;
}

static BIGNUM *to_bn(struct slice n)
{
	return BN_bin2bn(n.p, (int)n.len, NULL);
}

static bool params_add(struct params *ps, const char *name, struct slice n)
{
	BIGNUM *bn = to_bn(n);
	bool ok = params_add_bn(ps, name, bn);

	BN_clear_free(bn);
	return ok;
}

static void params_add_ec(struct params *ps, const struct pkey_type *t,
	const struct pkey_public *public)
{
	/* The parameters are only read; their type has no const. */
	ps->list[ps->count++] = OSSL_PARAM_construct_utf8_string(
		OSSL_PKEY_PARAM_GROUP_NAME, (char *)t->group, 0);
	ps->list[ps->count++] =
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
			(void *)public->point.p, public->point.len);
}

static EVP_PKEY *params_build(
	struct params *ps, const char *name, int selection)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, name, NULL);
	EVP_PKEY *pkey = NULL;

	ps->list[ps->count] = OSSL_PARAM_construct_end();
	if (ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
		EVP_PKEY_fromdata(ctx, &pkey, selection, ps->list) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

int pkey_from_public(enum pubkey_type type, const struct pkey_public *public,
	EVP_PKEY **ret_pkey)
{
	const struct pkey_type *t = &pkey_types[type];
	struct params ps = {.count = 0};
	EVP_PKEY *pkey = NULL;

	switch (t->kind) {
	case PKEY_RSA:
		if (params_add(&ps, OSSL_PKEY_PARAM_RSA_N, public->n) &&
			params_add(&ps, OSSL_PKEY_PARAM_RSA_E, public->e))
			pkey = params_build(&ps, "RSA", EVP_PKEY_PUBLIC_KEY);
		break;
	case PKEY_EC:
		params_add_ec(&ps, t, public);
		pkey = params_build(&ps, "EC", EVP_PKEY_PUBLIC_KEY);
		break;
	case PKEY_ED25519:
		pkey = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL,
			public->point.p, public->point.len);
		break;
	}
	if (pkey == NULL)
		return -ERR_KEY_FORMAT;
	*ret_pkey = pkey;
	return 0;
}

struct rsa {
	BIGNUM *n, *e, *d, *p, *q;
	BN_CTX *ctx;
};

/* d mod (prime - 1); e must be its inverse, for a corrupt key would sign
 * without a complaint. */
static bool add_crt_exponent(struct params *ps, const char *name,
	const struct rsa *rsa, const BIGNUM *prime)
{
	BIGNUM *m = BN_dup(prime), *r = BN_new(), *one = BN_new();
	bool ok =
		m != NULL && r != NULL && one != NULL && BN_sub_word(m, 1) == 1;

	if (ok) {
		BN_set_flags(m, BN_FLG_CONSTTIME);
		ok = BN_mod(r, rsa->d, m, rsa->ctx) == 1 &&
		     BN_mod_mul(one, r, rsa->e, m, rsa->ctx) == 1 &&
		     BN_is_one(one) && params_add_bn(ps, name, r);
	}
	BN_clear_free(m);
	BN_clear_free(r);
	BN_clear_free(one);
	return ok;
}

static bool is_product(const struct rsa *rsa)
{
	BIGNUM *pq = BN_new();
	bool ok = pq != NULL && !BN_is_one(rsa->p) && !BN_is_one(rsa->q) &&
		  BN_mul(pq, rsa->p, rsa->q, rsa->ctx) == 1 &&
		  BN_cmp(rsa->n, pq) == 0;

	BN_clear_free(pq);
	return ok;
}

static EVP_PKEY *rsa_from_private(
	const struct pkey_public *public, const struct pkey_private *private)
{
	struct rsa rsa = {to_bn(public->n), to_bn(public->e), to_bn(private->d),
		to_bn(private->p), to_bn(private->q), BN_CTX_secure_new()};
	struct params ps = {.count = 0};
	EVP_PKEY *pkey = NULL;

	if (rsa.n == NULL || rsa.e == NULL || rsa.d == NULL || rsa.p == NULL ||
		rsa.q == NULL || rsa.ctx == NULL || !is_product(&rsa))
		goto out;
	BN_set_flags(rsa.d, BN_FLG_CONSTTIME);
	if (params_add_bn(&ps, OSSL_PKEY_PARAM_RSA_N, rsa.n) &&
		params_add_bn(&ps, OSSL_PKEY_PARAM_RSA_E, rsa.e) &&
		params_add_bn(&ps, OSSL_PKEY_PARAM_RSA_D, rsa.d) &&
		params_add_bn(&ps, OSSL_PKEY_PARAM_RSA_FACTOR1, rsa.p) &&
		params_add_bn(&ps, OSSL_PKEY_PARAM_RSA_FACTOR2, rsa.q) &&
		add_crt_exponent(
			&ps, OSSL_PKEY_PARAM_RSA_EXPONENT1, &rsa, rsa.p) &&
		add_crt_exponent(
			&ps, OSSL_PKEY_PARAM_RSA_EXPONENT2, &rsa, rsa.q) &&
		params_add(
			&ps, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, private->iqmp))
		pkey = params_build(&ps, "RSA", EVP_PKEY_KEYPAIR);
out:
	OPENSSL_cleanse(&ps, sizeof(ps));
	BN_CTX_free(rsa.ctx);
	BN_clear_free(rsa.q);
	BN_clear_free(rsa.p);
	BN_clear_free(rsa.d);
	BN_free(rsa.e);
	BN_free(rsa.n);
	return pkey;
}

bool pkey_is_pair(EVP_PKEY *pkey)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	bool ok = ctx != NULL && EVP_PKEY_pairwise_check(ctx) == 1;

	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static EVP_PKEY *ec_from_private(const struct pkey_type *t,
	const struct pkey_public *public, const struct pkey_private *private)
{
	struct params ps = {.count = 0};
	EVP_PKEY *pkey = NULL;

	params_add_ec(&ps, t, public);
	if (params_add(&ps, OSSL_PKEY_PARAM_PRIV_KEY, private->d))
		pkey = params_build(&ps, "EC", EVP_PKEY_KEYPAIR);
	OPENSSL_cleanse(&ps, sizeof(ps));
	if (pkey != NULL && !pkey_is_pair(pkey)) {
		EVP_PKEY_free(pkey);
		pkey = NULL;
	}
	return pkey;
}

static EVP_PKEY *ed25519_from_private(
	const struct pkey_public *public, const struct pkey_private *private)
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key_ex(
		NULL, "ED25519", NULL, private->seed.p, private->seed.len);
	uint8_t point[PKEY_ED25519_BYTES];
	size_t size = sizeof(point);

	/* A foreign public half would let a signature give the seed away. */
	if (pkey != NULL &&
		(EVP_PKEY_get_raw_public_key(pkey, point, &size) != 1 ||
			size != public->point.len ||
			CRYPTO_memcmp(point, public->point.p, size) != 0)) {
		EVP_PKEY_free(pkey);
		pkey = NULL;
	}
	return pkey;
}

int pkey_from_private(enum pubkey_type type, const struct pkey_public *public,
	const struct pkey_private *private, EVP_PKEY **ret_pkey)
{
	const struct pkey_type *t = &pkey_types[type];
	EVP_PKEY *pkey = NULL;

	switch (t->kind) {
	case PKEY_RSA:
		pkey = rsa_from_private(public, private);
		break;
	case PKEY_EC:
		pkey = ec_from_private(t, public, private);
		break;
	case PKEY_ED25519:
		pkey = ed25519_from_private(public, private);
		break;
	}
	if (pkey == NULL)
		return -ERR_KEY_FORMAT;
	*ret_pkey = pkey;
	return 0;
}
