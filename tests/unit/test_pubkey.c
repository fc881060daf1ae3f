/* Public keys and their names, against ssh-keygen; hostile blobs. Certificates
 * are in test_cert.c, security keys in test_pubkey_sk.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/mem.h"
#include "keygen.h"
#include "scratch.h"
#include "ssh/privkey.h"
#include "ssh/pubkey.h"

static const struct {
	const char *file, *type, *bits, *name, *label, *alg;
} keys[] = {
	{"ed25519", "ed25519", "256", "ssh-ed25519", "ED25519", "ssh-ed25519"},
	{"p256", "ecdsa", "256", "ecdsa-sha2-nistp256", "ECDSA",
		"ecdsa-sha2-nistp256"},
	{"p384", "ecdsa", "384", "ecdsa-sha2-nistp384", "ECDSA",
		"ecdsa-sha2-nistp384"},
	{"p521", "ecdsa", "521", "ecdsa-sha2-nistp521", "ECDSA",
		"ecdsa-sha2-nistp521"},
	{"rsa", "rsa", "2048", "ssh-rsa", "RSA", "rsa-sha2-512"},
	{"rsa1024", "rsa", "1024", "ssh-rsa", "RSA", "rsa-sha2-256"},
};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

static int generate(void **state)
{
	if (scratch_setup(state) != 0)
		return 1;
	for (size_t i = 0; i < KEYS; i++)
		scratch_do("ssh-keygen", "-q", "-t", keys[i].type, "-b",
			keys[i].bits, "-N", "", "-C", "a comment", "-f",
			keys[i].file);
	return 0;
}

static struct pubkey *load(size_t i)
{
	char path[64];
	struct pubkey *k;
	struct buf line;

	snprintf(path, sizeof(path), "%s.pub", keys[i].file);
	line = scratch_read(path);
	assert_int_equal(pubkey_parse_line(scratch_slice(&line), &k, NULL), 0);
	buf_done(&line);
	return k;
}

static struct privkey *load_private(size_t i)
{
	struct privkey *k;

	assert_int_equal(privkey_load(keys[i].file, NULL, &k, NULL), 0);
	return k;
}

static int verify(const struct pubkey *k, const char *alg,
	const struct buf *sig, const char *data)
{
	return pubkey_verify(
		k, scratch_text(alg), scratch_slice(sig), scratch_text(data));
}

static void names_and_fingerprints(void **state)
{
	for (size_t i = 0; i < KEYS; i++) {
		struct pubkey *k = load(i), *again;

		assert_string_equal(pubkey_name(k), keys[i].name);
		assert_string_equal(pubkey_label(k), keys[i].label);
		assert_false(pubkey_is_cert(k));
		assert_null(pubkey_cert(k));
		assert_ssh_keygen_agrees(k, keys[i].file);
		assert_int_equal(pubkey_parse(pubkey_blob(k), &again), 0);
		assert_true(pubkey_equal_plain(k, again));
		assert_int_equal(pubkey_type(k), pubkey_type(again));
		pubkey_free(again);
		pubkey_free(k);
	}
}

static void signatures(void **state)
{
	for (size_t i = 0; i < KEYS; i++) {
		struct privkey *private = load_private(i);
		struct pubkey *k = load(i), *other = load((i + 1) % KEYS);
		struct buf sig = BUF_INIT;

		assert_int_equal(privkey_sign(private, keys[i].alg,
					 scratch_text("data"), &sig),
			0);
		assert_int_equal(verify(k, keys[i].alg, &sig, "data"), 0);
		assert_int_equal(
			verify(k, keys[i].alg, &sig, "datA"), -ERR_SIGNATURE);
		assert_int_equal(
			verify(k, keys[i].alg, &sig, ""), -ERR_SIGNATURE);
		assert_int_equal(verify(other, keys[i].alg, &sig, "data"),
			-ERR_SIGNATURE);
		assert_int_equal(
			verify(k, "ssh-rsa", &sig, "data"), -ERR_SIGNATURE);
		/* A plain key does not answer to a certificate's name. */
		assert_int_equal(verify(k, "ssh-ed25519-cert-v01@openssh.com",
					 &sig, "data"),
			-ERR_SIGNATURE);
		buf_done(&sig);
		pubkey_free(other);
		pubkey_free(k);
		privkey_free(private);
	}
}

/* Torn at each length, each bit flipped, one byte too many. */
static void hostile_signatures(void **state)
{
	static const size_t which[] = {0, 1, 5};

	for (size_t w = 0; w < 3; w++) {
		size_t i = which[w];
		struct privkey *private = load_private(i);
		struct pubkey *k = load(i);
		struct buf sig = BUF_INIT;

		assert_int_equal(privkey_sign(private, keys[i].alg,
					 scratch_text("data"), &sig),
			0);
		for (size_t n = 0; n < buf_len(&sig); n++)
			assert_int_equal(
				pubkey_verify(k, scratch_text(keys[i].alg),
					(struct slice){buf_ptr(&sig), n},
					scratch_text("data")),
				-ERR_SIGNATURE);
		for (size_t n = 0; n < buf_len(&sig); n++) {
			buf_ptr(&sig)[n] ^= (uint8_t)(1 << n % 8);
			assert_int_equal(verify(k, keys[i].alg, &sig, "data"),
				-ERR_SIGNATURE);
			buf_ptr(&sig)[n] ^= (uint8_t)(1 << n % 8);
		}
		buf_put_u8(&sig, 0);
		assert_int_equal(
			verify(k, keys[i].alg, &sig, "data"), -ERR_SIGNATURE);
		buf_done(&sig);
		pubkey_free(k);
		privkey_free(private);
	}
}

/* RSA: the algorithm that was agreed on, not the one that the blob names. */
static void rsa_hash_is_the_agreed_one(void **state)
{
	struct privkey *private = load_private(4);
	struct pubkey *k = load(4);
	struct buf sig = BUF_INIT;

	assert_int_equal(privkey_sign(private, "rsa-sha2-256",
				 scratch_text("data"), &sig),
		0);
	assert_int_equal(verify(k, "rsa-sha2-256", &sig, "data"), 0);
	assert_int_equal(
		verify(k, "rsa-sha2-512", &sig, "data"), -ERR_SIGNATURE);
	buf_done(&sig);
	pubkey_free(k);
	privkey_free(private);
}

/* One signature in 256 starts with a zero; some signers drop it. */
static void rsa_signature_without_leading_zero(void **state)
{
	const size_t at = 4 + strlen("rsa-sha2-256") + 4;
	struct privkey *private = load_private(5);
	struct pubkey *k = load(5);
	struct buf sig = BUF_INIT, cut = BUF_INIT;
	char data[16];

	for (unsigned i = 0; i < 20000; i++) {
		snprintf(data, sizeof(data), "%u", i);
		buf_clear(&sig);
		assert_int_equal(privkey_sign(private, "rsa-sha2-256",
					 scratch_text(data), &sig),
			0);
		if (buf_ptr(&sig)[at] == 0)
			break;
	}
	assert_int_equal(buf_ptr(&sig)[at], 0);
	assert_int_equal(verify(k, "rsa-sha2-256", &sig, data), 0);
	buf_put_cstring(&cut, "rsa-sha2-256");
	buf_put_string(&cut, buf_ptr(&sig) + at + 1, 127);
	assert_int_equal(verify(k, "rsa-sha2-256", &cut, data), 0);
	buf_done(&cut);
	buf_done(&sig);
	pubkey_free(k);
	privkey_free(private);
}

static void lines(void **state)
{
	struct buf file = scratch_read("ed25519.pub"), line = BUF_INIT;
	struct slice text = scratch_slice(&file), comment;
	struct pubkey *k;

	assert_int_equal(pubkey_parse_line(text, &k, &comment), 0);
	assert_true(slice_is(comment, "a comment"));
	assert_true(comment.p > text.p && comment.p < text.p + text.len);
	pubkey_free(k);

	/* Blanks about, no comment, Windows' line end. */
	buf_printf(&line, " \t%.*s \t \r\n", 12 + 68, (const char *)text.p);
	assert_int_equal(
		pubkey_parse_line(scratch_slice(&line), &k, &comment), 0);
	assert_int_equal(comment.len, 0);
	pubkey_free(k);
	buf_done(&line);

	for (size_t n = 0; n < 12 + 68; n++)
		assert_int_equal(
			pubkey_parse_line((struct slice){text.p, n}, &k, NULL),
			-ERR_KEY_FORMAT);
	/* Another type's name before the same blob. */
	buf_printf(&line, "ssh-rsa %.*s", 68, (const char *)text.p + 12);
	assert_int_equal(pubkey_parse_line(scratch_slice(&line), &k, NULL),
		-ERR_KEY_FORMAT);
	buf_done(&line);
	assert_int_equal(pubkey_parse_line(scratch_text("ssh-dss "
							"AAAAB3NzaC1kc3M="),
				 &k, NULL),
		-ERR_KEY_UNSUPPORTED);
	buf_done(&file);
}

static void torn_blobs(void **state)
{
	for (size_t i = 0; i < KEYS; i++) {
		struct pubkey *k = load(i), *torn;
		struct slice blob = pubkey_blob(k);
		uint8_t *more = mem_dup(blob.p, blob.len);

		for (size_t n = 0; n < blob.len; n++)
			assert_int_not_equal(
				pubkey_parse((struct slice){blob.p, n}, &torn),
				0);
		/* mem_dup's NUL is one byte too many. */
		assert_int_equal(
			pubkey_parse((struct slice){more, blob.len + 1}, &torn),
			-ERR_KEY_FORMAT);
		free(more);
		pubkey_free(k);
	}
}

static int parse_blob(struct buf *b)
{
	struct pubkey *k;
	int r = pubkey_parse(scratch_slice(b), &k);

	if (r == 0)
		pubkey_free(k);
	buf_done(b);
	return r;
}

/* An RSA blob whose modulus has `bits` bits, all set. */
static struct buf rsa_blob(
	unsigned bits, uint8_t last, const char *e, size_t e_len)
{
	static uint8_t n[4096];
	struct buf b = BUF_INIT;

	memset(n, 0xff, sizeof(n));
	n[0] = (uint8_t)(0xff >> (8 - bits % 8) % 8);
	if (bits % 8 == 0)
		n[0] = 0xff;
	n[(bits + 7) / 8 - 1] = last;
	buf_put_cstring(&b, "ssh-rsa");
	buf_put_mpint(&b, (const uint8_t *)e, e_len);
	buf_put_mpint(&b, n, (bits + 7) / 8);
	return b;
}

static void rsa_numbers(void **state)
{
	static const struct {
		unsigned bits;
		uint8_t last;
		const char *e;
		size_t e_len;
		int expected;
	} rows[] = {
		{2048, 0xff, "\1\0\1", 3, 0},
		{1024, 0xff, "\3", 1, 0},
		{1023, 0xff, "\3", 1, -ERR_KEY_UNSUPPORTED},
		{16384, 0xff, "\3", 1, 0},
		{16385, 0xff, "\3", 1, -ERR_KEY_UNSUPPORTED},
		{32768, 0xff, "\3", 1, -ERR_KEY_UNSUPPORTED},
		{8, 0xff, "\3", 1, -ERR_KEY_UNSUPPORTED},
		{2048, 0xfe, "\3", 1, -ERR_KEY_FORMAT},
		{2048, 0xff, "", 0, -ERR_KEY_FORMAT},
		{2048, 0xff, "\1", 1, -ERR_KEY_FORMAT},
		{2048, 0xff, "\2", 1, -ERR_KEY_FORMAT},
		{2048, 0xff, "\1\0\0\0\0\0\0\0\1", 9, -ERR_KEY_UNSUPPORTED},
	};
	struct buf b;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		b = rsa_blob(
			rows[i].bits, rows[i].last, rows[i].e, rows[i].e_len);
		assert_int_equal(parse_blob(&b), rows[i].expected);
	}
	/* n = 0; a negative n. */
	b = (struct buf)BUF_INIT;
	buf_put_cstring(&b, "ssh-rsa");
	buf_put_mpint(&b, (const uint8_t *)"\3", 1);
	buf_put_u32(&b, 0);
	assert_int_equal(parse_blob(&b), -ERR_KEY_UNSUPPORTED);
	buf_put_cstring(&b, "ssh-rsa");
	buf_put_mpint(&b, (const uint8_t *)"\3", 1);
	buf_put_string(&b, "\xff\xff", 2);
	assert_int_equal(parse_blob(&b), -ERR_KEY_FORMAT);
}

/* Zeros before the modulus make other bytes, not another key. */
static void rsa_has_one_encoding(void **state)
{
	struct pubkey *k = load(4), *padded;
	struct rd r = rd_slice(pubkey_blob(k));
	char a[PUBKEY_FINGERPRINT_MAX], b[PUBKEY_FINGERPRINT_MAX];
	struct buf blob = BUF_INIT;
	struct slice n;

	for (int i = 0; i < 2; i++) {
		n = rd_string(&r);
		buf_put_string(&blob, n.p, n.len);
	}
	n = rd_string(&r);
	buf_put_u32(&blob, (uint32_t)n.len + 2);
	buf_put(&blob, "\0\0", 2);
	buf_put(&blob, n.p, n.len);
	assert_int_equal(pubkey_parse(scratch_slice(&blob), &padded), 0);
	assert_int_equal(pubkey_blob(padded).len, pubkey_blob(k).len + 2);
	assert_true(pubkey_equal_plain(k, padded));
	pubkey_fingerprint(k, a);
	pubkey_fingerprint(padded, b);
	assert_string_equal(a, b);
	assert_int_equal(pubkey_bits(padded), 2048);
	pubkey_free(padded);
	pubkey_free(k);
	buf_done(&blob);
}

static void wrong_points(void **state)
{
	struct pubkey *k = load(1), *off;
	struct privkey *private = load_private(1);
	struct slice blob = pubkey_blob(k);
	uint8_t *bytes = mem_dup(blob.p, blob.len);
	uint8_t *form = bytes + blob.len - 65;
	struct buf sig = BUF_INIT, b = BUF_INIT;

	assert_int_equal(
		privkey_sign(private, keys[1].alg, scratch_text("data"), &sig),
		0);
	/* Off its curve: found when it is used. */
	bytes[blob.len - 1] ^= 1;
	assert_int_equal(
		pubkey_parse((struct slice){bytes, blob.len}, &off), 0);
	assert_int_equal(
		verify(off, keys[1].alg, &sig, "data"), -ERR_SIGNATURE);
	pubkey_free(off);
	/* Hybrid form; a compressed point; infinity; another curve's name. */
	*form = 6;
	assert_int_equal(pubkey_parse((struct slice){bytes, blob.len}, &off),
		-ERR_KEY_FORMAT);
	buf_put_cstring(&b, "ecdsa-sha2-nistp256");
	buf_put_cstring(&b, "nistp256");
	*form = 2;
	buf_put_string(&b, form, 33);
	assert_int_equal(parse_blob(&b), -ERR_KEY_FORMAT);
	buf_put_cstring(&b, "ecdsa-sha2-nistp256");
	buf_put_cstring(&b, "nistp256");
	buf_put_string(&b, "\0", 1);
	assert_int_equal(parse_blob(&b), -ERR_KEY_FORMAT);
	buf_put_cstring(&b, "ecdsa-sha2-nistp256");
	buf_put_cstring(&b, "nistp384");
	*form = 4;
	buf_put_string(&b, form, 65);
	assert_int_equal(parse_blob(&b), -ERR_KEY_FORMAT);
	free(bytes);
	buf_done(&sig);
	pubkey_free(k);
	privkey_free(private);
}

static void type_names(void **state)
{
	static const struct {
		const char *name;
		int expected;
	} rows[] = {
		{"ssh-dss", -ERR_KEY_UNSUPPORTED},
		{"ssh-ed448", -ERR_KEY_UNSUPPORTED},
		{"rsa-sha2-512", -ERR_KEY_UNSUPPORTED},
		{"", -ERR_KEY_FORMAT},
		{"with blank", -ERR_KEY_FORMAT},
		{"a,b", -ERR_KEY_FORMAT},
		{"\x80", -ERR_KEY_FORMAT},
	};
	static uint8_t big[PUBKEY_BLOB_MAX + 1];
	struct pubkey *k;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf b = BUF_INIT;

		buf_put_cstring(&b, rows[i].name);
		assert_int_equal(parse_blob(&b), rows[i].expected);
	}
	assert_int_equal(pubkey_parse((struct slice){big, sizeof(big)}, &k),
		-ERR_KEY_FORMAT);
}

static void algorithms(void **state)
{
	static const struct {
		const char *key, *alg;
		bool fits;
	} rows[] = {
		{"ssh-rsa", "rsa-sha2-512", true},
		{"ssh-rsa", "rsa-sha2-256", true},
		{"ssh-rsa", "ssh-rsa", false},
		{"ssh-rsa", "rsa-sha2-512-cert-v01@openssh.com", false},
		{"ssh-rsa-cert-v01@openssh.com",
			"rsa-sha2-512-cert-v01@openssh.com", true},
		{"ssh-rsa-cert-v01@openssh.com", "rsa-sha2-512", false},
		{"ssh-ed25519", "ssh-ed25519", true},
		{"ssh-ed25519", "ecdsa-sha2-nistp256", false},
		{"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", false},
		{"sk-ssh-ed25519@openssh.com", "sk-ssh-ed25519@openssh.com",
			true},
		{"sk-ssh-ed25519@openssh.com", "ssh-ed25519", false},
	};
	const char *at = pubkey_host_alg_default_list();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(pubkey_name_fits_alg(rows[i].key,
					 scratch_text(rows[i].alg)),
			rows[i].fits);
	assert_string_equal(pubkey_sig_alg(scratch_text(
				    "rsa-sha2-512-cert-v01@openssh.com")),
		"rsa-sha2-512");
	assert_null(pubkey_sig_alg(scratch_text("ssh-rsa")));
	/* Each algorithm that we offer is one that we can verify. */
	for (size_t n; *at != '\0'; at += n + (at[n] == ',')) {
		n = strcspn(at, ",");
		assert_non_null(
			pubkey_sig_alg((struct slice){(const uint8_t *)at, n}));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_fingerprints),
		cmocka_unit_test(signatures),
		cmocka_unit_test(hostile_signatures),
		cmocka_unit_test(rsa_hash_is_the_agreed_one),
		cmocka_unit_test(rsa_signature_without_leading_zero),
		cmocka_unit_test(lines),
		cmocka_unit_test(torn_blobs),
		cmocka_unit_test(rsa_numbers),
		cmocka_unit_test(rsa_has_one_encoding),
		cmocka_unit_test(wrong_points),
		cmocka_unit_test(type_names),
		cmocka_unit_test(algorithms),
	};

	return cmocka_run_group_tests(tests, generate, scratch_teardown);
}
