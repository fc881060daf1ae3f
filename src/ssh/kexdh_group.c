/*
 * Finite fields: the fixed groups (RFC 8268, the primes of RFC 3526) and group
 * exchange (RFC 4419), where the server chooses p and g. Parts and K are
 * mpints.
 *
 * A group that the server chose is taken by its size alone, as every client
 * does: to prove an 8192 bit prime safe takes seconds, and the server that
 * sends a bad one has to sign it.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "base/secret.h"
#include "ssh/kexdh_impl.h"

#define GEX_MIN_BITS       2048
#define GEX_PREFERRED_BITS 3072
#define GEX_MAX_BITS       8192
/* Of the private exponent in a group that is not libcrypto's own: twice the
 * strength of any cipher of ours, RFC 4419 §6.2. */
#define GEX_EXPONENT_BITS 512

static void put_bn(struct buf *to, const BIGNUM *bn)
{
	uint8_t bytes[KEXDH_SHARED_MAX];

	buf_put_mpint(to, bytes, (size_t)BN_bn2bin(bn, bytes));
}

/* 1 < v < p - 1: neither of the values that make the secret a constant. */
static bool in_range(const BIGNUM *v, const BIGNUM *p)
{
	BIGNUM *last = BN_dup(p);
	bool ok = last != NULL && BN_sub_word(last, 1) == 1 &&
		  BN_cmp(v, BN_value_one()) > 0 && BN_cmp(v, last) < 0;

	BN_free(last);
	return ok;
}

/* A key out of p, g and either a public value or, for keygen to come, the
 * wanted length of the private one. */
static EVP_PKEY *key_from(
	int selection, const BIGNUM *p, const BIGNUM *g, const BIGNUM *pub)
{
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;

	if (bld == NULL || ctx == NULL ||
		OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_FFC_P, p) != 1 ||
		OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_FFC_G, g) != 1)
		goto out;
	if (pub != NULL ? OSSL_PARAM_BLD_push_BN(
				  bld, OSSL_PKEY_PARAM_PUB_KEY, pub) != 1
			: OSSL_PARAM_BLD_push_int(bld,
				  OSSL_PKEY_PARAM_DH_PRIV_LEN,
				  GEX_EXPONENT_BITS) != 1)
		goto out;
	params = OSSL_PARAM_BLD_to_param(bld);
	if (params == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
		EVP_PKEY_fromdata(ctx, &key, selection, params) != 1)
		key = NULL;
out:
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* Appends e. */
static int put_public(struct kexdh *k)
{
	BIGNUM *e = NULL;

	if (EVP_PKEY_get_bn_param(k->key, OSSL_PKEY_PARAM_PUB_KEY, &e) != 1)
		return -ERR_CRYPTO;
	put_bn(&k->tail, e);
	BN_free(e);
	return 0;
}

static int agree_with(
	struct kexdh *k, const BIGNUM *p, const BIGNUM *g, const BIGNUM *f)
{
	uint8_t shared[KEXDH_SHARED_MAX];
	EVP_PKEY *peer;
	size_t n;
	int err;

	if (!in_range(f, p))
		return -ERR_PROTOCOL;
	peer = key_from(EVP_PKEY_PUBLIC_KEY, p, g, f);
	if (peer == NULL)
		return -ERR_CRYPTO;
	err = kexdh_shared(k->key, peer, shared, &n);
	EVP_PKEY_free(peer);
	if (err != 0)
		return err;
	put_bn(&k->tail, f);
	buf_put_mpint(&k->secret, shared, n);
	secret_wipe(shared, n);
	return 0;
}

static int group_agree(struct kexdh *k, struct slice peer)
{
	BIGNUM *p = NULL, *g = NULL, *f = NULL;
	int err = -ERR_PROTOCOL;

	if (peer.len > KEXDH_SHARED_MAX)
		return err;
	f = BN_bin2bn(peer.p, (int)peer.len, NULL);
	if (f == NULL ||
		EVP_PKEY_get_bn_param(k->key, OSSL_PKEY_PARAM_FFC_P, &p) != 1 ||
		EVP_PKEY_get_bn_param(k->key, OSSL_PKEY_PARAM_FFC_G, &g) != 1)
		err = -ERR_CRYPTO;
	else
		err = agree_with(k, p, g, f);
	BN_free(p);
	BN_free(g);
	BN_free(f);
	return err;
}

static EVP_PKEY *group_keygen(const char *group)
{
	return kexdh_keygen("DH", group);
}

const struct kexdh_method kexdh_group = {
	.first = KEXDH_INIT,
	.answer = KEXDH_REPLY,
	.keygen = group_keygen,
	.start = put_public,
	.peer_is_mpint = true,
	.agree = group_agree,
};

/* ---- group exchange ---- */

static int gex_start(struct kexdh *k)
{
	buf_put_u32(&k->tail, GEX_MIN_BITS);
	buf_put_u32(&k->tail, GEX_PREFERRED_BITS);
	buf_put_u32(&k->tail, GEX_MAX_BITS);
	return 0;
}

static EVP_PKEY *gex_keygen(const BIGNUM *p, const BIGNUM *g)
{
	EVP_PKEY *group = key_from(EVP_PKEY_KEY_PARAMETERS, p, g, NULL);
	EVP_PKEY_CTX *ctx =
		group != NULL ? EVP_PKEY_CTX_new_from_pkey(NULL, group, NULL)
			      : NULL;
	EVP_PKEY *key = NULL;

	if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1 ||
		EVP_PKEY_generate(ctx, &key) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(group);
	return key;
}

static int gex_take(
	struct kexdh *k, const BIGNUM *p, const BIGNUM *g, struct buf *out)
{
	size_t before;

	if (BN_num_bits(p) < GEX_MIN_BITS || BN_num_bits(p) > GEX_MAX_BITS ||
		!BN_is_odd(p) || !in_range(g, p))
		return -ERR_PROTOCOL;
	put_bn(&k->tail, p);
	put_bn(&k->tail, g);
	k->key = gex_keygen(p, g);
	if (k->key == NULL)
		return -ERR_CRYPTO;
	before = buf_len(&k->tail);
	if (put_public(k) != 0)
		return -ERR_CRYPTO;
	buf_put_u8(out, KEXDH_GEX_INIT);
	buf_put(out, buf_ptr(&k->tail) + before, buf_len(&k->tail) - before);
	return 0;
}

static int gex_group(struct kexdh *k, struct rd *r, struct buf *out)
{
	struct slice prime = rd_mpint(r), base = rd_mpint(r);
	BIGNUM *p, *g;
	int err = -ERR_CRYPTO;

	if (!rd_end(r) || prime.len > KEXDH_SHARED_MAX ||
		base.len > KEXDH_SHARED_MAX)
		return -ERR_PROTOCOL;
	p = BN_bin2bn(prime.p, (int)prime.len, NULL);
	g = BN_bin2bn(base.p, (int)base.len, NULL);
	if (p != NULL && g != NULL)
		err = gex_take(k, p, g, out);
	BN_free(p);
	BN_free(g);
	return err;
}

const struct kexdh_method kexdh_gex = {
	.first = KEXDH_GEX_REQUEST,
	.answer = KEXDH_GEX_GROUP,
	.start = gex_start,
	.group = gex_group,
	.peer_is_mpint = true,
	.agree = group_agree,
};
