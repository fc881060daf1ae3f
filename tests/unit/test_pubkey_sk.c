/* Security keys' signatures, made by hand as PROTOCOL.u2f has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <stdio.h>

#include "base/base64.h"
#include "keygen.h"
#include "scratch.h"
#include "ssh/pubkey.h"

#define APP "ssh:taupe"

struct token {
	EVP_PKEY *pkey;
	struct pubkey *key;
	const char *alg;
	bool ec;
};

static struct token token_make(bool ec)
{
	struct token t = {.ec = ec};
	struct buf blob = BUF_INIT;
	uint8_t point[65];
	size_t len = sizeof(point);

	if (ec) {
		t.alg = "sk-ecdsa-sha2-nistp256@openssh.com";
		t.pkey = EVP_EC_gen("prime256v1");
		assert_int_equal(EVP_PKEY_get_octet_string_param(t.pkey, "pub",
					 point, sizeof(point), &len),
			1);
	} else {
		t.alg = "sk-ssh-ed25519@openssh.com";
		t.pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
		assert_int_equal(
			EVP_PKEY_get_raw_public_key(t.pkey, point, &len), 1);
	}
	buf_put_cstring(&blob, t.alg);
	if (ec)
		buf_put_cstring(&blob, "nistp256");
	buf_put_string(&blob, point, len);
	buf_put_cstring(&blob, APP);
	assert_int_equal(pubkey_parse(scratch_slice(&blob), &t.key), 0);
	buf_done(&blob);
	return t;
}

static void token_free(struct token *t)
{
	pubkey_free(t->key);
	EVP_PKEY_free(t->pkey);
}

static void put_hash(struct buf *out, const char *text)
{
	assert_int_equal(EVP_Digest(text, strlen(text), buf_reserve(out, 32),
				 NULL, EVP_sha256(), NULL),
		1);
	buf_commit(out, 32);
}

static void put_ec(struct buf *out, const uint8_t *der, size_t len)
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);
	uint8_t r[32], s[32];
	struct buf body = BUF_INIT;

	assert_non_null(sig);
	BN_bn2binpad(ECDSA_SIG_get0_r(sig), r, 32);
	BN_bn2binpad(ECDSA_SIG_get0_s(sig), s, 32);
	buf_put_mpint(&body, r, 32);
	buf_put_mpint(&body, s, 32);
	buf_put_string(out, buf_ptr(&body), buf_len(&body));
	buf_done(&body);
	ECDSA_SIG_free(sig);
}

/* What a security key would answer: PROTOCOL.u2f. */
static struct buf token_sign(
	const struct token *t, const char *app, uint8_t flags, const char *data)
{
	struct buf said = BUF_INIT, out = BUF_INIT;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t raw[128];
	size_t len = sizeof(raw);

	put_hash(&said, app);
	buf_put_u8(&said, flags);
	buf_put_u32(&said, 42);
	put_hash(&said, data);
	assert_int_equal(
		EVP_DigestSignInit_ex(ctx, NULL, t->ec ? "SHA256" : NULL, NULL,
			NULL, t->pkey, NULL),
		1);
	assert_int_equal(
		EVP_DigestSign(ctx, raw, &len, buf_ptr(&said), buf_len(&said)),
		1);
	EVP_MD_CTX_free(ctx);
	buf_put_cstring(&out, t->alg);
	if (t->ec)
		put_ec(&out, raw, len);
	else
		buf_put_string(&out, raw, len);
	buf_put_u8(&out, flags);
	buf_put_u32(&out, 42);
	buf_done(&said);
	return out;
}

static int verify(const struct token *t, const struct buf *sig)
{
	return pubkey_verify(t->key, scratch_text(t->alg), scratch_slice(sig),
		scratch_text("data"));
}

static void security_keys(void **state)
{
	static const struct {
		const char *app, *data;
		uint8_t flags;
		int expected;
	} rows[] = {
		{APP, "data", 0x01, 0},
		{APP, "data", 0x05, 0}, /* with user verification */
		{APP, "data", 0x00, -ERR_SIGNATURE},
		{APP, "data", 0x04, -ERR_SIGNATURE},
		{"ssh:", "data", 0x01, -ERR_SIGNATURE},
		{APP, "other", 0x01, -ERR_SIGNATURE},
	};

	for (int ec = 0; ec < 2; ec++) {
		struct token t = token_make(ec != 0);

		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			struct buf sig = token_sign(
				&t, rows[i].app, rows[i].flags, rows[i].data);

			assert_int_equal(verify(&t, &sig), rows[i].expected);
			/* Flags that were not signed, then no flags. */
			buf_ptr(&sig)[buf_len(&sig) - 5] ^= 0x80;
			assert_int_equal(verify(&t, &sig), -ERR_SIGNATURE);
			sig.tail -= 5;
			assert_int_equal(verify(&t, &sig), -ERR_SIGNATURE);
			buf_done(&sig);
		}
		token_free(&t);
	}
}

static void security_key_names(void **state)
{
	for (int ec = 0; ec < 2; ec++) {
		struct token t = token_make(ec != 0);
		struct buf line = BUF_INIT;

		assert_string_equal(
			pubkey_label(t.key), ec ? "ECDSA-SK" : "ED25519-SK");
		buf_printf(&line, "%s ", pubkey_name(t.key));
		base64_encode(
			&line, pubkey_blob(t.key).p, pubkey_blob(t.key).len);
		buf_put(&line, "\n", 1);
		scratch_write("sk.pub", buf_ptr(&line), buf_len(&line));
		assert_ssh_keygen_agrees(t.key, "sk.pub");
		buf_done(&line);
		token_free(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(security_keys),
		cmocka_unit_test(security_key_names),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
