/*
 * The table of key exchange methods, what they have in common, and the
 * derivation of keys. The families: kexdh_ecdh.c, kexdh_group.c, kexdh_mlkem.c.
 */
#include "ssh/kexdh.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/dh.h>

#include "base/mem.h"
#include "base/secret.h"
#include "ssh/kexdh_impl.h"

static const struct kexdh_alg algs[] = {
	{"mlkem768x25519-sha256", EVP_sha256, &kexdh_mlkem, NULL},
	{"curve25519-sha256", EVP_sha256, &kexdh_x25519, NULL},
	{"curve25519-sha256@libssh.org", EVP_sha256, &kexdh_x25519, NULL},
	{"ecdh-sha2-nistp256", EVP_sha256, &kexdh_ecdh, "P-256"},
	{"ecdh-sha2-nistp384", EVP_sha384, &kexdh_ecdh, "P-384"},
	{"ecdh-sha2-nistp521", EVP_sha512, &kexdh_ecdh, "P-521"},
	{"diffie-hellman-group16-sha512", EVP_sha512, &kexdh_group,
		"modp_4096"},
	{"diffie-hellman-group18-sha512", EVP_sha512, &kexdh_group,
		"modp_8192"},
	{"diffie-hellman-group14-sha256", EVP_sha256, &kexdh_group,
		"modp_2048"},
	{"diffie-hellman-group-exchange-sha256", EVP_sha256, &kexdh_gex, NULL},
};

#define DEFAULT_LIST                                                           \
	"curve25519-sha256,curve25519-sha256@libssh.org,"                      \
	"ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,"            \
	"diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,"         \
	"diffie-hellman-group14-sha256,diffie-hellman-group-exchange-sha256"

const struct kexdh_alg *kexdh_alg_find(struct slice name)
{
	for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
		if (!slice_is(name, algs[i].name))
			continue;
		if (algs[i].method == &kexdh_mlkem && !kexdh_mlkem_available())
			return NULL;
		return &algs[i];
	}
	return NULL;
}

const char *kexdh_alg_name(const struct kexdh_alg *alg)
{
	return alg->name;
}

const EVP_MD *kexdh_alg_md(const struct kexdh_alg *alg)
{
	return alg->md();
}

const char *kexdh_alg_default_list(void)
{
	return kexdh_mlkem_available() ? "mlkem768x25519-sha256," DEFAULT_LIST
				       : DEFAULT_LIST;
}

struct kexdh *kexdh_new_with_key(
	const struct kexdh_alg *alg, EVP_PKEY *key, struct buf *out)
{
	struct kexdh *k = mem_zalloc(1, sizeof(*k));

	k->alg = alg;
	k->key = key;
	if (alg->method->start(k) != 0) {
		kexdh_free(k);
		return NULL;
	}
	buf_put_u8(out, alg->method->first);
	buf_put(out, buf_ptr(&k->tail), buf_len(&k->tail));
	k->expect = alg->method->answer;
	return k;
}

struct kexdh *kexdh_new(const struct kexdh_alg *alg, struct buf *out)
{
	EVP_PKEY *key = NULL;

	if (alg->method->keygen != NULL) {
		key = alg->method->keygen(alg->group);
		if (key == NULL)
			return NULL;
	}
	return kexdh_new_with_key(alg, key, out);
}

void kexdh_free(struct kexdh *k)
{
	if (k == NULL)
		return;
	EVP_PKEY_free(k->key);
	EVP_PKEY_free(k->kem);
	buf_wipe_done(&k->tail);
	buf_wipe_done(&k->secret);
	free(k);
}

static int take_group(struct kexdh *k, struct rd *r, struct buf *out)
{
	int err = k->alg->method->group(k, r, out);

	if (err == 0)
		k->expect = KEXDH_GEX_REPLY;
	return err;
}

static int take_reply(
	struct kexdh *k, struct rd *r, struct kexdh_result *ret_result)
{
	const struct kexdh_method *method = k->alg->method;
	struct kexdh_result result = {.host_key = rd_string(r)};
	struct slice peer = method->peer_is_mpint ? rd_mpint(r) : rd_string(r);
	int err;

	result.signature = rd_string(r);
	if (!rd_end(r))
		return -ERR_PROTOCOL;
	err = method->agree(k, peer);
	if (err != 0)
		return err;
	buf_put(&k->tail, buf_ptr(&k->secret), buf_len(&k->secret));
	result.hash_tail = buf_slice(&k->tail);
	result.secret = buf_slice(&k->secret);
	*ret_result = result;
	return 0;
}

int kexdh_input(struct kexdh *k, struct slice payload, struct buf *out,
	bool *ret_done, struct kexdh_result *ret_result)
{
	struct rd r = rd_slice(payload);
	uint8_t expect = k->expect;
	bool group = k->alg->method->group != NULL && expect == KEXDH_GEX_GROUP;
	int err;

	/* Whatever fails leaves an exchange that takes no more messages. */
	k->expect = 0;
	if (expect == 0 || rd_u8(&r) != expect)
		return -ERR_PROTOCOL;
	err = group ? take_group(k, &r, out) : take_reply(k, &r, ret_result);
	if (err == 0)
		*ret_done = !group;
	return err;
}

EVP_PKEY *kexdh_keygen(const char *type, const char *group)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *key = NULL;

	if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1 ||
		(group != NULL &&
			EVP_PKEY_CTX_set_group_name(ctx, group) != 1) ||
		EVP_PKEY_generate(ctx, &key) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

int kexdh_shared(EVP_PKEY *own, EVP_PKEY *peer,
	uint8_t ret_shared[KEXDH_SHARED_MAX], size_t *ret_n)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
	size_t n = KEXDH_SHARED_MAX;
	int err = -ERR_CRYPTO;

	if (ctx == NULL || EVP_PKEY_derive_init(ctx) != 1)
		goto out;
	if (EVP_PKEY_is_a(own, "DH") && EVP_PKEY_CTX_set_dh_pad(ctx, 1) != 1)
		goto out;
	/* Without libcrypto's own validation: the curves' points are checked as
	 * they are read, and for a group it costs another exponentiation that
	 * finds nothing beyond 1 and p-1 when (p-1)/2 is prime. */
	err = -ERR_PROTOCOL;
	if (EVP_PKEY_derive_set_peer_ex(ctx, peer, 0) != 1 ||
		EVP_PKEY_derive(ctx, ret_shared, &n) != 1)
		goto out;
	*ret_n = n;
	err = 0;
out:
	EVP_PKEY_CTX_free(ctx);
	return err;
}

/* One block of the derivation: what is hashed after K and H, then the block. */
static bool derive_block(EVP_MD_CTX *ctx, const EVP_MD *md,
	const struct slice *parts, size_t n_parts, uint8_t *ret_block)
{
	if (EVP_DigestInit_ex(ctx, md, NULL) != 1)
		return false;
	for (size_t i = 0; i < n_parts; i++)
		if (EVP_DigestUpdate(ctx, parts[i].p, parts[i].len) != 1)
			return false;
	return EVP_DigestFinal_ex(ctx, ret_block, NULL) == 1;
}

int kexdh_derive(const EVP_MD *md, struct slice secret, struct slice hash,
	struct slice session_id, char letter, uint8_t *ret_key, size_t n)
{
	struct slice first[] = {
		secret, hash, {(const uint8_t *)&letter, 1}, session_id};
	size_t block_len = (size_t)EVP_MD_get_size(md), have = 0;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t block[EVP_MAX_MD_SIZE];
	struct buf key = BUF_INIT;
	int err = -ERR_CRYPTO;

	if (ctx == NULL || !derive_block(ctx, md, first, 4, block))
		goto out;
	buf_put(&key, block, block_len);
	for (have = block_len; have < n; have += block_len) {
		struct slice more[] = {
			secret, hash, {buf_ptr(&key), buf_len(&key)}};

		if (!derive_block(ctx, md, more, 3, block))
			goto out;
		buf_put(&key, block, block_len);
	}
	memcpy(ret_key, buf_ptr(&key), n);
	err = 0;
out:
	secret_wipe(block, sizeof(block));
	buf_wipe_done(&key);
	EVP_MD_CTX_free(ctx);
	return err;
}
