/*
 * OpenSSH key files made by hand: the authors' vectors, torn and flipped ones,
 * and files that nobody would write.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base64.h"
#include "scratch.h"
#include "ssh/bcrypt_pbkdf.h"
#include "ssh/privkey.h"

static const struct {
	const char *file, *type, *bits, *alg;
} keys[] = {
	{"ed25519", "ed25519", "256", "ssh-ed25519"},
	{"p256", "ecdsa", "256", "ecdsa-sha2-nistp256"},
	{"rsa1024", "rsa", "1024", "rsa-sha2-256"},
};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

static int generate(void **state)
{
	if (scratch_setup(state) != 0)
		return 1;
	for (size_t i = 0; i < KEYS; i++)
		scratch_do("ssh-keygen", "-q", "-t", keys[i].type, "-b",
			keys[i].bits, "-N", "", "-f", keys[i].file);
	return 0;
}

/* What the RSA key signs, it verifies. */
static void assert_signs(const struct privkey *k)
{
	struct slice data = scratch_text("the exchange hash");
	struct buf sig = BUF_INIT;

	assert_int_equal(privkey_sign(k, "rsa-sha2-256", data, &sig), 0);
	assert_int_equal(
		pubkey_verify(privkey_public(k), scratch_text("rsa-sha2-256"),
			scratch_slice(&sig), data),
		0);
	buf_done(&sig);
}

#define MARK_BEGIN "-----BEGIN OPENSSH PRIVATE KEY-----\n"
#define MARK_END   "\n-----END OPENSSH PRIVATE KEY-----\n"

static int parse_bytes(const void *p, size_t n, struct privkey **ret_key)
{
	struct buf text = BUF_INIT;
	int r;

	buf_put(&text, MARK_BEGIN, strlen(MARK_BEGIN));
	base64_encode(&text, p, n);
	buf_put(&text, MARK_END, strlen(MARK_END));
	r = privkey_parse(scratch_slice(&text), NULL, ret_key);
	buf_done(&text);
	return r;
}

static struct buf decode_file(const char *path)
{
	struct buf text = scratch_read(path), packed = BUF_INIT, out = BUF_INIT;
	size_t end = buf_len(&text) - strlen(MARK_END) + 1;

	for (size_t i = strlen(MARK_BEGIN); i < end; i++)
		if (buf_ptr(&text)[i] != '\n')
			buf_put_u8(&packed, buf_ptr(&text)[i]);
	assert_int_equal(base64_decode(&out, scratch_slice(&packed)), 0);
	buf_done(&packed);
	buf_done(&text);
	return out;
}

/* An unencrypted file around a public blob and the fields of a private key. */
static int parse_made(const struct buf *public, const struct buf *fields,
	struct privkey **ret_key)
{
	struct buf plain = BUF_INIT, file = BUF_INIT;
	int r;

	buf_put_u32(&plain, 7);
	buf_put_u32(&plain, 7);
	buf_put(&plain, buf_ptr(fields), buf_len(fields));
	buf_put_cstring(&plain, "made");
	for (uint8_t i = 1; buf_len(&plain) % 8 != 0; i++)
		buf_put_u8(&plain, i);
	buf_put(&file, "openssh-key-v1", 15);
	buf_put_cstring(&file, "none");
	buf_put_cstring(&file, "none");
	buf_put_cstring(&file, "");
	buf_put_u32(&file, 1);
	buf_put_string(&file, buf_ptr(public), buf_len(public));
	buf_put_string(&file, buf_ptr(&plain), buf_len(&plain));
	r = parse_bytes(buf_ptr(&file), buf_len(&file), ret_key);
	buf_done(&plain);
	buf_done(&file);
	return r;
}

/* RFC 8032 §7.1, tests 1 to 3. */
static const struct {
	const char *seed, *point, *data, *signature;
	size_t data_len;
} rfc8032[] = {
	{"\x9d\x61\xb1\x9d\xef\xfd\x5a\x60\xba\x84\x4a\xf4\x92\xec\x2c"
	 "\xc4\x44\x49\xc5\x69\x7b\x32\x69\x19\x70\x3b\xac\x03\x1c\xae"
	 "\x7f\x60",
		"\xd7\x5a\x98\x01\x82\xb1\x0a\xb7\xd5\x4b\xfe\xd3\xc9\x64"
		"\x07\x3a\x0e\xe1\x72\xf3\xda\xa6\x23\x25\xaf\x02\x1a\x68"
		"\xf7\x07\x51\x1a",
		"",
		"\xe5\x56\x43\x00\xc3\x60\xac\x72\x90\x86\xe2\xcc\x80\x6e"
		"\x82\x8a\x84\x87\x7f\x1e\xb8\xe5\xd9\x74\xd8\x73\xe0\x65"
		"\x22\x49\x01\x55\x5f\xb8\x82\x15\x90\xa3\x3b\xac\xc6\x1e"
		"\x39\x70\x1c\xf9\xb4\x6b\xd2\x5b\xf5\xf0\x59\x5b\xbe\x24"
		"\x65\x51\x41\x43\x8e\x7a\x10\x0b",
		0},
	{"\x4c\xcd\x08\x9b\x28\xff\x96\xda\x9d\xb6\xc3\x46\xec\x11\x4e"
	 "\x0f\x5b\x8a\x31\x9f\x35\xab\xa6\x24\xda\x8c\xf6\xed\x4f\xb8"
	 "\xa6\xfb",
		"\x3d\x40\x17\xc3\xe8\x43\x89\x5a\x92\xb7\x0a\xa7\x4d\x1b"
		"\x7e\xbc\x9c\x98\x2c\xcf\x2e\xc4\x96\x8c\xc0\xcd\x55\xf1"
		"\x2a\xf4\x66\x0c",
		"\x72",
		"\x92\xa0\x09\xa9\xf0\xd4\xca\xb8\x72\x0e\x82\x0b\x5f\x64"
		"\x25\x40\xa2\xb2\x7b\x54\x16\x50\x3f\x8f\xb3\x76\x22\x23"
		"\xeb\xdb\x69\xda\x08\x5a\xc1\xe4\x3e\x15\x99\x6e\x45\x8f"
		"\x36\x13\xd0\xf1\x1d\x8c\x38\x7b\x2e\xae\xb4\x30\x2a\xee"
		"\xb0\x0d\x29\x16\x12\xbb\x0c\x00",
		1},
	{"\xc5\xaa\x8d\xf4\x3f\x9f\x83\x7b\xed\xb7\x44\x2f\x31\xdc\xb7"
	 "\xb1\x66\xd3\x85\x35\x07\x6f\x09\x4b\x85\xce\x3a\x2e\x0b\x44"
	 "\x58\xf7",
		"\xfc\x51\xcd\x8e\x62\x18\xa1\xa3\x8d\xa4\x7e\xd0\x02\x30"
		"\xf0\x58\x08\x16\xed\x13\xba\x33\x03\xac\x5d\xeb\x91\x15"
		"\x48\x90\x80\x25",
		"\xaf\x82",
		"\x62\x91\xd6\x57\xde\xec\x24\x02\x48\x27\xe6\x9c\x3a\xbe"
		"\x01\xa3\x0c\xe5\x48\xa2\x84\x74\x3a\x44\x5e\x36\x80\xd7"
		"\xdb\x5a\xc3\xac\x18\xff\x9b\x53\x8d\x16\xf2\x90\xae\x67"
		"\xf7\x60\x98\x4d\xc6\x59\x4a\x7c\x15\xe9\x71\x6e\xd2\x8d"
		"\xc0\x27\xbe\xce\xea\x1e\xc4\x0a",
		2},
};

static int parse_ed25519(
	const char *seed, const char *point, struct privkey **ret_key)
{
	struct buf public = BUF_INIT, fields = BUF_INIT;
	int r;

	buf_put_cstring(&public, "ssh-ed25519");
	buf_put_string(&public, point, 32);
	buf_put(&fields, buf_ptr(&public), buf_len(&public));
	buf_put_u32(&fields, 64);
	buf_put(&fields, seed, 32);
	buf_put(&fields, point, 32);
	r = parse_made(&public, &fields, ret_key);
	buf_done(&public);
	buf_done(&fields);
	return r;
}

static void rfc8032_vectors(void **state)
{
	for (size_t i = 0; i < sizeof(rfc8032) / sizeof(rfc8032[0]); i++) {
		struct slice data = {
			(const uint8_t *)rfc8032[i].data, rfc8032[i].data_len};
		struct buf sig = BUF_INIT, expected = BUF_INIT;
		struct privkey *k;

		assert_int_equal(
			parse_ed25519(rfc8032[i].seed, rfc8032[i].point, &k),
			0);
		buf_put_cstring(&expected, "ssh-ed25519");
		buf_put_string(&expected, rfc8032[i].signature, 64);
		assert_int_equal(privkey_sign(k, "ssh-ed25519", data, &sig), 0);
		assert_int_equal(buf_len(&sig), buf_len(&expected));
		assert_memory_equal(
			buf_ptr(&sig), buf_ptr(&expected), buf_len(&expected));
		assert_int_equal(pubkey_verify(privkey_public(k),
					 scratch_text("ssh-ed25519"),
					 scratch_slice(&sig), data),
			0);
		privkey_free(k);
		buf_done(&sig);
		buf_done(&expected);
	}
}

static void foreign_halves(void **state)
{
	struct buf a = decode_file("rsa1024");
	struct buf public = BUF_INIT, fields = BUF_INIT;
	struct privkey *k;

	assert_int_equal(parse_ed25519(rfc8032[0].seed, rfc8032[1].point, &k),
		-ERR_KEY_FORMAT);
	/* An RSA key whose factors are not its modulus'. */
	for (int wrong = 0; wrong < 2; wrong++) {
		struct rd r = rd_slice(scratch_slice(&a));
		struct slice part;

		(void)rd_bytes(&r, 15);
		for (int i = 0; i < 3; i++)
			(void)rd_string(&r);
		(void)rd_u32(&r);
		part = rd_string(&r);
		buf_put(&public, part.p, part.len);
		part = rd_string(&r);
		r = rd_slice(part);
		(void)rd_u64(&r);
		for (int i = 0; i < 7; i++) {
			part = rd_string(&r);
			/* name n e d iqmp p q */
			if (wrong != 0 && i == 6)
				part.len--;
			buf_put_string(&fields, part.p, part.len);
		}
		if (wrong != 0) {
			assert_int_equal(parse_made(&public, &fields, &k),
				-ERR_KEY_FORMAT);
		} else {
			assert_int_equal(parse_made(&public, &fields, &k), 0);
			assert_signs(k);
			privkey_free(k);
		}
		buf_clear(&public);
		buf_clear(&fields);
	}
	buf_done(&public);
	buf_done(&fields);
	buf_done(&a);
}

static void security_key_is_for_the_agent(void **state)
{
	struct buf public = BUF_INIT, fields = BUF_INIT;
	struct privkey *k;

	buf_put_cstring(&public, "sk-ssh-ed25519@openssh.com");
	buf_put_string(&public, rfc8032[0].point, 32);
	buf_put_cstring(&public, "ssh:");
	buf_put(&fields, buf_ptr(&public), buf_len(&public));
	buf_put_u8(&fields, 1);
	buf_put_cstring(&fields, "handle");
	buf_put_cstring(&fields, "");
	assert_int_equal(
		parse_made(&public, &fields, &k), -ERR_KEY_UNSUPPORTED);
	buf_done(&public);
	buf_done(&fields);
}

/* No truncation parses; a flipped bit gives an error or a key that works. */
static void torn_and_flipped(void **state)
{
	struct slice data = scratch_text("data");

	for (size_t f = 0; f < KEYS; f++) {
		struct buf bytes = decode_file(keys[f].file);
		struct privkey *k;

		for (size_t n = 0; n < buf_len(&bytes); n++)
			assert_int_not_equal(
				parse_bytes(buf_ptr(&bytes), n, &k), 0);
		for (size_t i = 0; i < buf_len(&bytes); i++) {
			struct buf sig = BUF_INIT;
			uint8_t kept = buf_ptr(&bytes)[i];
			int r;

			buf_ptr(&bytes)[i] ^= (uint8_t)(1 << (i % 8));
			r = parse_bytes(buf_ptr(&bytes), buf_len(&bytes), &k);
			buf_ptr(&bytes)[i] = kept;
			if (r != 0)
				continue;
			r = privkey_sign(k, keys[f].alg, data, &sig);
			if (r == 0)
				assert_int_equal(
					pubkey_verify(privkey_public(k),
						scratch_text(keys[f].alg),
						scratch_slice(&sig), data),
					0);
			privkey_free(k);
			buf_done(&sig);
		}
		buf_done(&bytes);
	}
}

/* Where the rounds stand in a file with a cipher and a salt of 16 bytes. */
static void rounds_are_capped(void **state)
{
	static const struct {
		uint32_t rounds;
		int expected;
	} rows[] = {
		{0, -ERR_KEY_FORMAT},
		{1, -ERR_KEY_PASSPHRASE},
		{BCRYPT_PBKDF_ROUNDS_MAX, -ERR_KEY_PASSPHRASE},
		{BCRYPT_PBKDF_ROUNDS_MAX + 1, -ERR_KEY_UNSUPPORTED},
		{UINT32_MAX, -ERR_KEY_UNSUPPORTED},
	};
	struct buf bytes;
	size_t at;

	scratch_do("ssh-keygen", "-q", "-t", "ed25519", "-a", "1", "-Z",
		"aes256-ctr", "-N", "a pass phrase", "-f", "enc");
	bytes = decode_file("enc");
	at = 15 + 4 + strlen("aes256-ctr") + 4 + strlen("bcrypt") + 4 + 4 + 16;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct privkey *k;
		uint8_t *to = buf_ptr(&bytes) + at;

		for (int b = 0; b < 4; b++)
			to[b] = (uint8_t)(rows[i].rounds >> (24 - 8 * b));
		assert_int_equal(
			parse_bytes(buf_ptr(&bytes), buf_len(&bytes), &k),
			rows[i].expected);
	}
	buf_done(&bytes);
}

static void not_key_files(void **state)
{
	static const char *const texts[] = {
		"",
		"\n",
		"hello",
		MARK_BEGIN,
		MARK_BEGIN MARK_END,
		MARK_BEGIN "AAAA" MARK_END,
		MARK_BEGIN "!!!!" MARK_END,
		MARK_BEGIN "b3BlbnNzaC1rZXktdjEA" MARK_END,
		"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
		"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE "
		"KEY-----\n",
		"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n"
		"-----END ENCRYPTED PRIVATE KEY-----\n",
		"-----BEGIN RSA PRIVATE KEY-----\nAAAA\n"
		"-----END RSA PRIVATE KEY-----\n",
		"-----BEGIN EC PRIVATE KEY-----\nMAA=\n"
		"-----END EC PRIVATE KEY-----\n",
	};
	struct privkey *k;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(
			privkey_parse(scratch_text(texts[i]), NULL, &k),
			-ERR_KEY_FORMAT);
	assert_int_equal(
		privkey_parse(
			scratch_text("-----BEGIN DSA PRIVATE KEY-----\nAAAA\n"
				     "-----END DSA PRIVATE KEY-----\n"),
			NULL, &k),
		-ERR_KEY_UNSUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc8032_vectors),
		cmocka_unit_test(foreign_halves),
		cmocka_unit_test(security_key_is_for_the_agent),
		cmocka_unit_test(torn_and_flipped),
		cmocka_unit_test(rounds_are_capped),
		cmocka_unit_test(not_key_files),
	};

	return cmocka_run_group_tests(tests, generate, scratch_teardown);
}
