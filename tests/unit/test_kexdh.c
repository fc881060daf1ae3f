/* ssh/kexdh: published vectors, every method against a server side made here
 * out of libcrypto, and what hostile servers send. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>

#include "base/buf.h"
#include "ssh/kexdh_impl.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char host_key[] = "the host key", signature[] = "a signature";

static void put_hex(struct buf *b, const char *hex)
{
	long n;
	uint8_t *p = OPENSSL_hexstr2buf(hex, &n);

	assert_non_null(p);
	buf_put(b, p, (size_t)n);
	OPENSSL_free(p);
}

static void assert_slice(struct slice s, const struct buf *b)
{
	assert_int_equal(s.len, buf_len(b));
	assert_memory_equal(s.p, buf_ptr(b), s.len);
}

static const struct kexdh_alg *find(const char *name)
{
	const struct kexdh_alg *alg = kexdh_alg_find(slice_of(name));

	assert_non_null(alg);
	assert_string_equal(kexdh_alg_name(alg), name);
	return alg;
}

/* A reply: number, K_S, the server's part as it is on the wire, signature. */
static void put_reply(struct buf *b, uint8_t number, const struct buf *part)
{
	buf_clear(b);
	buf_put_u8(b, number);
	buf_put_cstring(b, host_key);
	buf_put(b, buf_ptr(part), buf_len(part));
	buf_put_cstring(b, signature);
}

/* Feeds a message that ends the exchange with `want`; a result only on 0. */
static struct kexdh_result feed(
	struct kexdh *k, const struct buf *message, int want)
{
	struct kexdh_result result = {0};
	struct buf out = BUF_INIT;
	bool done = false;

	assert_int_equal(
		kexdh_input(k, buf_slice(message), &out, &done, &result), want);
	assert_int_equal(done, want == 0);
	assert_int_equal(buf_len(&out), 0);
	buf_done(&out);
	return result;
}

/* ---- published vectors ---- */

struct vector {
	const char *alg, *private, *own, *peer, *shared;
};

/* RFC 7748 §6.1, both ways; CAVS 14.1 ECC CDH primitive, COUNT = 0. */
static const struct vector vectors[] = {
	{"curve25519-sha256",
		"77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c"
		"2a",
		"8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e"
		"6a",
		"de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b"
		"4f",
		"4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e1617"
		"42"},
	{"curve25519-sha256@libssh.org",
		"5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0"
		"eb",
		"de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b"
		"4f",
		"8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e"
		"6a",
		"4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e1617"
		"42"},
	{"ecdh-sha2-nistp256",
		"7d7dc5f71eb29ddaf80d6214632eeae03d9058af1fb6d22ed80badb62bc1a5"
		"34",
		"04ead218590119e8876b29146ff89ca61770c4edbbf97d38ce385ed281d8a6"
		"b23028af61281fd35e2fa7002523acc85a429cb06ee6648325389f59edfce1"
		"405141",
		"04700c48f77f56584c5cc632ca65640db91b6bacce3a4df6b42ce7cc838833"
		"d287db71e509e3fd9b060ddb20ba5c51dcc5948d46fbf640dfe0441782cab8"
		"5fa4ac",
		"46fc62106420ff012e54a434fbdd2d25ccc5852060561e68040dd7778997bd"
		"7b"},
	{"ecdh-sha2-nistp384",
		"3cc3122a68f0d95027ad38c067916ba0eb8c38894d22e1b15618b6818a6617"
		"74ad463b205da88cf699ab4d43c9cf98a1",
		"049803807f2f6d2fd966cdd0290bd410c0190352fbec7ff6247de1302df86f"
		"25d34fe4a97bef60cff548355c015dbb3e5fba26ca69ec2f5b5d9dad20cc9d"
		"a711383a9dbe34ea3fa5a2af75b46502629ad54dd8b7d73a8abb06a3a3be47"
		"d650cc99",
		"04a7c76b970c3b5fe8b05d2838ae04ab47697b9eaf52e764592efda27fe751"
		"3272734466b400091adbf2d68c58e0c50066ac68f19f2e1cb879aed43a9969"
		"b91a0839c4c38a49749b661efedf243451915ed0905a32b060992b468c6476"
		"6fc8437a",
		"5f9d29dc5e31a163060356213669c8ce132e22f57c9a04f40ba7fcead493b4"
		"57e5621e766c40a2e3d4d6a04b25e533f1"},
	{"ecdh-sha2-nistp521",
		"017eecc07ab4b329068fba65e56a1f8890aa935e57134ae0ffcce802735151"
		"f4eac6564f6ee9974c5e6887a1fefee5743ae2241bfeb95d5ce31ddcb6f9ed"
		"b4d6fc47",
		"0400602f9d0cf9e526b29e22381c203c48a886c2b0673033366314f1ffbcba"
		"240ba42f4ef38a76174635f91e6b4ed34275eb01c8467d05ca80315bf1a7bb"
		"d945f550a501b7c85f26f5d4b2d7355cf6b02117659943762b6d1db5ab4f1d"
		"bc44ce7b2946eb6c7de342962893fd387d1b73d7a8672d1f236961170b7eb3"
		"579953ee5cdc88cd2d",
		"0400685a48e86c79f0f0875f7bc18d25eb5fc8c0b07e5da4f4370f3a949034"
		"0854334b1e1b87fa395464c60626124a4e70d0f785601d37c09870ebf17666"
		"6877a2046d01ba52c56fc8776d9e8f5db4f0cc27636d0b741bbe0540069794"
		"2e80b739884a83bde99e0f6716939e632bc8986fa18dccd443a348b6c3e522"
		"497955a4f3c302f676",
		"005fc70477c3e63bc3954bd0df3ea0d1f41ee21746ed95fc5e1fdf90930d5e"
		"136672d72cc770742d1711c3c3a4c334a0ad9759436a4d3c5bf6e74b9578fa"
		"c148c831"},
};

static EVP_PKEY *vector_key(const struct vector *v)
{
	const char *group = find(v->alg)->group;
	struct buf private = BUF_INIT, own = BUF_INIT;
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;
	OSSL_PARAM *params;
	BIGNUM *d;

	put_hex(&private, v->private);
	put_hex(&own, v->own);
	d = BN_bin2bn(buf_ptr(&private), (int)buf_len(&private), NULL);
	if (group == NULL) {
		key = EVP_PKEY_new_raw_private_key_ex(NULL, "X25519", NULL,
			buf_ptr(&private), buf_len(&private));
	} else {
		OSSL_PARAM_BLD_push_utf8_string(
			bld, OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
		OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY,
			buf_ptr(&own), buf_len(&own));
		OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, d);
		params = OSSL_PARAM_BLD_to_param(bld);
		assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
		assert_int_equal(
			EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params),
			1);
		OSSL_PARAM_free(params);
	}
	assert_non_null(key);
	OSSL_PARAM_BLD_free(bld);
	EVP_PKEY_CTX_free(ctx);
	BN_free(d);
	buf_done(&private);
	buf_done(&own);
	return key;
}

static void published_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		struct buf out = BUF_INIT, own = BUF_INIT, peer = BUF_INIT;
		struct buf tail = BUF_INIT, shared = BUF_INIT, k_mp = BUF_INIT;
		struct buf part = BUF_INIT, reply = BUF_INIT;
		struct kexdh_result result;
		struct kexdh *k = kexdh_new_with_key(
			find(vectors[i].alg), vector_key(&vectors[i]), &out);

		assert_non_null(k);
		put_hex(&own, vectors[i].own);
		put_hex(&peer, vectors[i].peer);
		put_hex(&shared, vectors[i].shared);
		buf_put_mpint(&k_mp, buf_ptr(&shared), buf_len(&shared));
		buf_put_string(&tail, buf_ptr(&own), buf_len(&own));
		assert_int_equal(buf_ptr(&out)[0], 30);
		buf_consume(&out, 1);
		assert_slice(buf_slice(&out), &tail);

		buf_put_string(&part, buf_ptr(&peer), buf_len(&peer));
		put_reply(&reply, 31, &part);
		result = feed(k, &reply, 0);
		buf_put(&tail, buf_ptr(&part), buf_len(&part));
		buf_put(&tail, buf_ptr(&k_mp), buf_len(&k_mp));
		assert_slice(result.hash_tail, &tail);
		assert_slice(result.secret, &k_mp);
		assert_true(slice_is(result.host_key, host_key));
		assert_true(slice_is(result.signature, signature));
		/* It is over. */
		feed(k, &reply, -ERR_PROTOCOL);

		kexdh_free(k);
		buf_done(&out);
		buf_done(&own);
		buf_done(&peer);
		buf_done(&tail);
		buf_done(&shared);
		buf_done(&k_mp);
		buf_done(&part);
		buf_done(&reply);
	}
}

/* ---- a server for the finite fields, on bare numbers ---- */

struct field {
	BIGNUM *p, *g, *y, *f;
	BN_CTX *ctx;
};

static void field_init(struct field *s, BIGNUM *p, unsigned g)
{
	s->p = p;
	s->g = BN_new();
	s->y = BN_new();
	s->f = BN_new();
	s->ctx = BN_CTX_new();
	BN_set_word(s->g, g);
	BN_rand(s->y, 256, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY);
	BN_mod_exp(s->f, s->g, s->y, s->p, s->ctx);
}

static void field_done(struct field *s)
{
	BN_free(s->p);
	BN_free(s->g);
	BN_free(s->y);
	BN_free(s->f);
	BN_CTX_free(s->ctx);
}

static void put_bn(struct buf *b, const BIGNUM *bn)
{
	uint8_t bytes[2048];

	assert_true((size_t)BN_num_bytes(bn) <= sizeof(bytes));
	buf_put_mpint(b, bytes, (size_t)BN_bn2bin(bn, bytes));
}

/* K out of the client's e, which is `tail`'s last mpint at `at`. */
static void put_field_secret(
	struct buf *b, const struct field *s, const struct buf *message)
{
	struct rd r = rd_of(buf_ptr(message) + 1, buf_len(message) - 1);
	struct slice e_bytes = rd_mpint(&r);
	BIGNUM *e = BN_bin2bn(e_bytes.p, (int)e_bytes.len, NULL);
	BIGNUM *k = BN_new();

	assert_true(rd_end(&r));
	BN_mod_exp(k, e, s->y, s->p, s->ctx);
	put_bn(b, k);
	BN_free(e);
	BN_free(k);
}

static void fixed_groups(void **state)
{
	static const struct {
		const char *alg;
		BIGNUM *(*prime)(BIGNUM *);
	} rows[] = {
		{"diffie-hellman-group14-sha256", BN_get_rfc3526_prime_2048},
		{"diffie-hellman-group16-sha512", BN_get_rfc3526_prime_4096},
		{"diffie-hellman-group18-sha512", BN_get_rfc3526_prime_8192},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf out = BUF_INIT, part = BUF_INIT, reply = BUF_INIT;
		struct buf tail = BUF_INIT, secret = BUF_INIT;
		struct kexdh *k = kexdh_new(find(rows[i].alg), &out);
		struct kexdh_result result;
		struct field s;

		assert_non_null(k);
		assert_int_equal(buf_ptr(&out)[0], 30);
		field_init(&s, rows[i].prime(NULL), 2);
		put_bn(&part, s.f);
		put_field_secret(&secret, &s, &out);
		put_reply(&reply, 31, &part);
		result = feed(k, &reply, 0);
		buf_put(&tail, buf_ptr(&out) + 1, buf_len(&out) - 1);
		buf_put(&tail, buf_ptr(&part), buf_len(&part));
		buf_put(&tail, buf_ptr(&secret), buf_len(&secret));
		assert_slice(result.hash_tail, &tail);
		assert_slice(result.secret, &secret);
		kexdh_free(k);
		field_done(&s);
		buf_done(&out);
		buf_done(&part);
		buf_done(&reply);
		buf_done(&tail);
		buf_done(&secret);
	}
}

static void put_group(struct buf *b, const BIGNUM *p, const BIGNUM *g)
{
	buf_clear(b);
	buf_put_u8(b, 31);
	put_bn(b, p);
	put_bn(b, g);
}

/* Answers the request with a group; returns kexdh_input's answer. */
static int feed_group(
	struct kexdh *k, const BIGNUM *p, const BIGNUM *g, struct buf *out)
{
	struct kexdh_result result;
	struct buf message = BUF_INIT;
	bool done = true;
	int err;

	put_group(&message, p, g);
	err = kexdh_input(k, buf_slice(&message), out, &done, &result);
	assert_int_equal(done, err != 0);
	buf_done(&message);
	return err;
}

static void group_exchange(void **state)
{
	/* A group that libcrypto knows, one that it does not. */
	static const unsigned generators[] = {2, 5};
	static const char request[] = "\x22\0\0\x08\0\0\0\x0c\0\0\0\x20";

	(void)state;
	for (size_t i = 0; i < COUNT(generators); i++) {
		struct buf out = BUF_INIT, part = BUF_INIT, reply = BUF_INIT;
		struct buf tail = BUF_INIT, secret = BUF_INIT;
		struct kexdh *k = kexdh_new(
			find("diffie-hellman-group-exchange-sha256"), &out);
		struct kexdh_result result;
		struct field s;

		assert_non_null(k);
		assert_int_equal(buf_len(&out), sizeof(request));
		assert_memory_equal(buf_ptr(&out), request, sizeof(request));
		buf_put(&tail, request + 1, sizeof(request) - 1);
		buf_clear(&out);

		field_init(&s, BN_get_rfc3526_prime_3072(NULL), generators[i]);
		assert_int_equal(feed_group(k, s.p, s.g, &out), 0);
		assert_int_equal(buf_ptr(&out)[0], 32);
		put_bn(&tail, s.p);
		put_bn(&tail, s.g);
		buf_put(&tail, buf_ptr(&out) + 1, buf_len(&out) - 1);

		put_bn(&part, s.f);
		put_field_secret(&secret, &s, &out);
		put_reply(&reply, 33, &part);
		result = feed(k, &reply, 0);
		buf_put(&tail, buf_ptr(&part), buf_len(&part));
		buf_put(&tail, buf_ptr(&secret), buf_len(&secret));
		assert_slice(result.hash_tail, &tail);
		assert_slice(result.secret, &secret);
		kexdh_free(k);
		field_done(&s);
		buf_done(&out);
		buf_done(&part);
		buf_done(&reply);
		buf_done(&tail);
		buf_done(&secret);
	}
}

/* ---- mlkem768x25519, where libcrypto has it ---- */

/* The server's part and K, from the client's C_INIT. */
static void mlkem_serve(
	struct slice init, struct buf *part, struct buf *ret_secret)
{
	uint8_t reply[1088 + 32], both[64], digest[32];
	size_t ct_len = 1088, n = 32, point_len = 32;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(
			OSSL_PKEY_PARAM_PUB_KEY, (void *)init.p, 1184),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY_CTX *ctx =
		EVP_PKEY_CTX_new_from_name(NULL, "ML-KEM-768", NULL);
	EVP_PKEY *kem = NULL, *own = kexdh_keygen("X25519", NULL);

	assert_int_equal(init.len, 1184 + 32);
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(
		EVP_PKEY_fromdata(ctx, &kem, EVP_PKEY_PUBLIC_KEY, params), 1);
	EVP_PKEY_CTX_free(ctx);
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, kem, NULL);
	assert_int_equal(EVP_PKEY_encapsulate_init(ctx, NULL), 1);
	assert_int_equal(
		EVP_PKEY_encapsulate(ctx, reply, &ct_len, both, &n), 1);
	EVP_PKEY_get_raw_public_key(own, reply + 1088, &point_len);
	assert_int_equal(kexdh_x25519_shared(own,
				 (struct slice){init.p + 1184, 32}, both + 32),
		0);
	EVP_Digest(both, sizeof(both), digest, NULL, EVP_sha256(), NULL);
	buf_put_string(part, reply, sizeof(reply));
	buf_put_string(ret_secret, digest, sizeof(digest));
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(kem);
	EVP_PKEY_free(own);
}

static void mlkem_hybrid(void **state)
{
	struct buf out = BUF_INIT, part = BUF_INIT, reply = BUF_INIT;
	struct buf tail = BUF_INIT, secret = BUF_INIT;
	struct kexdh_result result;
	struct kexdh *k;
	struct rd r;

	(void)state;
	if (!kexdh_mlkem_available()) {
		assert_null(kexdh_alg_find(slice_of("mlkem768x25519-sha256")));
		skip();
	}
	for (unsigned wrong = 0; wrong < 2; wrong++) {
		buf_clear(&out);
		buf_clear(&part);
		buf_clear(&tail);
		buf_clear(&secret);
		k = kexdh_new(find("mlkem768x25519-sha256"), &out);
		assert_non_null(k);
		r = rd_of(buf_ptr(&out) + 1, buf_len(&out) - 1);
		mlkem_serve(rd_string(&r), &part, &secret);
		assert_true(rd_end(&r));
		if (wrong != 0) /* an all-zero point */
			memset(buf_ptr(&part) + 4 + 1088, 0, 32);
		put_reply(&reply, 31, &part);
		result = feed(k, &reply, wrong != 0 ? -ERR_PROTOCOL : 0);
		if (wrong == 0) {
			buf_put(&tail, buf_ptr(&out) + 1, buf_len(&out) - 1);
			buf_put(&tail, buf_ptr(&part), buf_len(&part));
			buf_put(&tail, buf_ptr(&secret), buf_len(&secret));
			assert_slice(result.hash_tail, &tail);
			assert_slice(result.secret, &secret);
		}
		kexdh_free(k);
	}
	buf_done(&out);
	buf_done(&part);
	buf_done(&reply);
	buf_done(&tail);
	buf_done(&secret);
}

/* ---- hostile servers ---- */

/* A reply whose string part is `n` bytes of `p` must be refused. */
static void refuse_part(const char *name, const uint8_t *p, size_t n)
{
	struct buf out = BUF_INIT, part = BUF_INIT, reply = BUF_INIT;
	struct kexdh *k = kexdh_new(find(name), &out);

	assert_non_null(k);
	buf_put_string(&part, p, n);
	put_reply(&reply, 31, &part);
	feed(k, &reply, -ERR_PROTOCOL);
	kexdh_free(k);
	buf_done(&out);
	buf_done(&part);
	buf_done(&reply);
}

static void bad_x25519(void **state)
{
	/* Points of small order: the result is zero. RFC 7748 §6.1. */
	static const char *const points[] = {
		"0000000000000000000000000000000000000000000000000000000000000"
		"000",
		"0100000000000000000000000000000000000000000000000000000000000"
		"000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b"
		"800",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1"
		"157",
		"ecfffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		"f7f",
		"edfffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		"f7f",
	};
	uint8_t nine[64] = {9};

	(void)state;
	for (size_t i = 0; i < COUNT(points); i++) {
		struct buf point = BUF_INIT;

		put_hex(&point, points[i]);
		refuse_part("curve25519-sha256", buf_ptr(&point), 32);
		buf_done(&point);
	}
	refuse_part("curve25519-sha256", nine, 0);
	refuse_part("curve25519-sha256", nine, 31);
	refuse_part("curve25519-sha256", nine, 33);
	refuse_part("curve25519-sha256", nine, 64);
}

static void bad_points(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		struct buf point = BUF_INIT;
		uint8_t *p;
		size_t n;

		if (find(vectors[i].alg)->group == NULL)
			continue;
		put_hex(&point, vectors[i].peer);
		p = buf_ptr(&point);
		n = buf_len(&point);
		p[n - 1] ^= 1; /* not on the curve */
		refuse_part(vectors[i].alg, p, n);
		p[n - 1] ^= 1;
		refuse_part(vectors[i].alg, p, n - 1);
		p[0] = 6; /* hybrid form */
		refuse_part(vectors[i].alg, p, n);
		p[0] = 2; /* compressed */
		refuse_part(vectors[i].alg, p, 1 + n / 2);
		p[0] = 0; /* infinity */
		refuse_part(vectors[i].alg, p, 1);
		refuse_part(vectors[i].alg, p, n);
		p[0] = 4;
		memset(p + 1, 0xff, n - 1); /* coordinates past the prime */
		refuse_part(vectors[i].alg, p, n);
		memset(p + 1, 0, n - 1);
		refuse_part(vectors[i].alg, p, n);
		refuse_part(vectors[i].alg, p, 0);
		buf_done(&point);
	}
}

static void refuse_f(const BIGNUM *f)
{
	struct buf out = BUF_INIT, part = BUF_INIT, reply = BUF_INIT;
	struct kexdh *k =
		kexdh_new(find("diffie-hellman-group14-sha256"), &out);

	assert_non_null(k);
	put_bn(&part, f);
	put_reply(&reply, 31, &part);
	feed(k, &reply, -ERR_PROTOCOL);
	kexdh_free(k);
	buf_done(&out);
	buf_done(&part);
	buf_done(&reply);
}

static void bad_public_values(void **state)
{
	BIGNUM *p = BN_get_rfc3526_prime_2048(NULL), *f = BN_new();

	(void)state;
	BN_set_word(f, 0);
	refuse_f(f);
	BN_set_word(f, 1);
	refuse_f(f);
	BN_sub(f, p, BN_value_one());
	refuse_f(f);
	refuse_f(p);
	BN_add(f, p, BN_value_one());
	refuse_f(f);
	BN_lshift(f, p, 64);
	refuse_f(f);
	BN_lshift(f, BN_value_one(), 8 * 1024 + 1);
	refuse_f(f);
	BN_free(p);
	BN_free(f);
}

static void refuse_group(const BIGNUM *p, const BIGNUM *g)
{
	struct buf out = BUF_INIT;
	struct kexdh *k =
		kexdh_new(find("diffie-hellman-group-exchange-sha256"), &out);

	assert_non_null(k);
	assert_int_equal(feed_group(k, p, g, &out), -ERR_PROTOCOL);
	kexdh_free(k);
	buf_done(&out);
}

static void bad_groups(void **state)
{
	static const int sizes[] = {0, 1, 16, 512, 1024, 2047, 8193, 16000};
	BIGNUM *p = BN_get_rfc3526_prime_2048(NULL), *n = BN_new();
	BIGNUM *two = BN_new();

	(void)state;
	BN_set_word(two, 2);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		BN_rand(n, sizes[i], BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD);
		refuse_group(n, two);
	}
	BN_add(n, p, BN_value_one()); /* even */
	refuse_group(n, two);
	BN_set_word(n, 0);
	refuse_group(p, n);
	BN_set_word(n, 1);
	refuse_group(p, n);
	BN_sub(n, p, BN_value_one());
	refuse_group(p, n);
	refuse_group(p, p);
	BN_free(p);
	BN_free(n);
	BN_free(two);
}

static const char *const fast_algs[] = {"curve25519-sha256",
	"ecdh-sha2-nistp256", "diffie-hellman-group14-sha256",
	"diffie-hellman-group-exchange-sha256"};

/* Every message number but the right one, at once; then the right one cut short
 * anywhere, with a byte too many, and with a negative f. */
static void malformed_messages(void **state)
{
	struct buf out = BUF_INIT, part = BUF_INIT, reply = BUF_INIT;

	(void)state;
	buf_put_string(&part, "\x09\1\2\3\4\5\6\7\x08", 9);
	for (size_t i = 0; i < COUNT(fast_algs); i++) {
		struct kexdh *k = kexdh_new(find(fast_algs[i]), &out);
		struct buf none = BUF_INIT;

		feed(k, &none, -ERR_PROTOCOL);
		kexdh_free(k);
		for (uint8_t number = 20; number < 50; number++) {
			k = kexdh_new(find(fast_algs[i]), &out);
			put_reply(&reply, number, &part);
			if (number != 31)
				feed(k, &reply, -ERR_PROTOCOL);
			else if (i == 2)
				buf_put_u8(&reply, 0);
			/* Here 31 has a part that X25519 and ECDH refuse, one
			 * byte too many, and a reply where a group is due. */
			feed(k, &reply, -ERR_PROTOCOL);
			kexdh_free(k);
		}
	}
	put_reply(&reply, 31, &part);
	for (size_t n = 0; n < buf_len(&reply); n++) {
		struct kexdh *k = kexdh_new(find(fast_algs[2]), &out);
		struct buf cut = BUF_INIT;

		buf_put(&cut, buf_ptr(&reply), n);
		feed(k, &cut, -ERR_PROTOCOL);
		kexdh_free(k);
		buf_done(&cut);
	}
	buf_clear(&part);
	buf_put_string(&part, "\x80\1\2\3", 4);
	for (size_t i = 2; i < COUNT(fast_algs); i++) {
		struct kexdh *k = kexdh_new(find(fast_algs[i]), &out);

		put_reply(&reply, 31, &part);
		feed(k, &reply, -ERR_PROTOCOL);
		kexdh_free(k);
	}
	buf_done(&out);
	buf_done(&part);
	buf_done(&reply);
}

/* ---- keys ---- */

/* RFC 4253 §7.2, worked out with Python's hashlib. */
static void derivation(void **state)
{
	static const struct {
		const char *md, *key;
	} rows[] = {
		{"SHA256",
			"716b6e505f2731f7e3ab037ff040fcc887d3e32ce6c4e4ee68276e"
			"d5f5ef426115cda2a135bf293040d3d2877e1c6c57fcd8776c1403"
			"13fb9e9d95fedbf6966ba3c76d91ff30029677fb1c2cfff36b7e"},
		{"SHA512",
			"3a672a4522d80f3b826904bd2da02aa6cdbeaa30464ffb89dd17a8"
			"4aaaceef996d51bdb4a7f5151fdaf7b097f3fcf0ec417b8299684e"
			"e04045b570f79fad7bf2f6034150dc589c667e328c588f7749c1"},
	};
	static const size_t lengths[] = {1, 12, 16, 32, 33, 64, 65, 80};
	struct slice secret = {(const uint8_t *)"\0\0\0\3\1\2\3", 7};
	uint8_t bytes[64], key[80];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	for (size_t i = 0; i < COUNT(rows) * COUNT(lengths); i++) {
		size_t n = lengths[i % COUNT(lengths)];
		struct buf want = BUF_INIT;

		put_hex(&want, rows[i / COUNT(lengths)].key);
		memset(key, 0xee, sizeof(key));
		assert_int_equal(
			kexdh_derive(EVP_get_digestbyname(
					     rows[i / COUNT(lengths)].md),
				secret, (struct slice){bytes, 32},
				(struct slice){bytes + 32, 32}, 'C', key, n),
			0);
		assert_memory_equal(key, buf_ptr(&want), n);
		if (n < sizeof(key))
			assert_int_equal(key[n], 0xee);
		buf_done(&want);
	}
}

static void lists_and_table_agree(void **state)
{
	const char *p = kexdh_alg_default_list();
	size_t n = 0;

	(void)state;
	for (; *p != '\0'; n++) {
		struct slice name = {(const uint8_t *)p, strcspn(p, ",")};
		const struct kexdh_alg *alg = kexdh_alg_find(name);

		assert_non_null(alg);
		assert_true(EVP_MD_get_size(kexdh_alg_md(alg)) >= 32);
		p += name.len;
		p += *p == ',' ? 1 : 0;
	}
	assert_int_equal(n, kexdh_mlkem_available() ? 10 : 9);
	assert_null(kexdh_alg_find(slice_of("diffie-hellman-group1-sha1")));
	assert_null(kexdh_alg_find(slice_of("")));
	kexdh_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_vectors),
		cmocka_unit_test(fixed_groups),
		cmocka_unit_test(group_exchange),
		cmocka_unit_test(mlkem_hybrid),
		cmocka_unit_test(bad_x25519),
		cmocka_unit_test(bad_points),
		cmocka_unit_test(bad_public_values),
		cmocka_unit_test(bad_groups),
		cmocka_unit_test(malformed_messages),
		cmocka_unit_test(derivation),
		cmocka_unit_test(lists_and_table_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
