/* Key files as ssh-keygen and openssl write them, and how they are loaded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "scratch.h"
#include "ssh/bcrypt_pbkdf.h"
#include "ssh/privkey.h"

#define PASSPHRASE "a pass phrase"

static const struct {
	const char *file, *type, *bits, *alg;
} keys[] = {
	{"ed25519", "ed25519", "256", "ssh-ed25519"},
	{"p256", "ecdsa", "256", "ecdsa-sha2-nistp256"},
	{"p384", "ecdsa", "384", "ecdsa-sha2-nistp384"},
	{"p521", "ecdsa", "521", "ecdsa-sha2-nistp521"},
	{"rsa", "rsa", "2048", "rsa-sha2-512"},
	{"rsa1024", "rsa", "1024", "rsa-sha2-256"},
};

static struct secret secret(const char *text)
{
	struct secret s = SECRET_INIT;

	secret_set(&s, text, strlen(text));
	return s;
}

static int parse_file(
	const char *path, const char *passphrase, struct privkey **ret_key)
{
	struct buf text = scratch_read(path);
	struct secret s = secret(passphrase);
	int r = privkey_parse(scratch_slice(&text), &s, ret_key);

	secret_done(&s);
	buf_done(&text);
	return r;
}

static int parse_bare(const char *path, struct privkey **ret_key)
{
	struct buf text = scratch_read(path);
	int r = privkey_parse(scratch_slice(&text), NULL, ret_key);

	buf_done(&text);
	return r;
}

/* What one key signs, its .pub file verifies. */
static void assert_signs(
	const struct privkey *k, const char *alg, const char *pub_path)
{
	struct buf line = scratch_read(pub_path), sig = BUF_INIT;
	struct slice data = scratch_text("the exchange hash");
	struct pubkey *pub;

	assert_int_equal(
		pubkey_parse_line(scratch_slice(&line), &pub, NULL), 0);
	assert_true(pubkey_equal_plain(privkey_public(k), pub));
	assert_int_equal(privkey_sign(k, alg, data, &sig), 0);
	assert_int_equal(pubkey_verify(pub, scratch_text(alg),
				 scratch_slice(&sig), data),
		0);
	assert_int_equal(pubkey_verify(pub, scratch_text(alg),
				 scratch_slice(&sig), scratch_text("other")),
		-ERR_SIGNATURE);
	pubkey_free(pub);
	buf_done(&sig);
	buf_done(&line);
}

static int generate(void **state)
{
	if (scratch_setup(state) != 0)
		return 1;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		scratch_do("ssh-keygen", "-q", "-t", keys[i].type, "-b",
			keys[i].bits, "-N", "", "-C", "some comment", "-f",
			keys[i].file);
	return 0;
}

/* A copy of key `i` at `path`: in `format` or with `cipher`, where not NULL. */
static void convert(size_t i, const char *path, const char *format,
	const char *cipher, const char *passphrase)
{
	const char *argv[16] = {"ssh-keygen", "-q", "-p", "-a", "1", "-P", "",
		"-N", passphrase, "-f", path};
	size_t n = 11;

	if (format != NULL) {
		argv[n++] = "-m";
		argv[n++] = format;
	}
	if (cipher != NULL) {
		argv[n++] = "-Z";
		argv[n++] = cipher;
	}
	scratch_do("cp", keys[i].file, path);
	assert_int_equal(scratch_run(argv), 0);
}

static void pub_path(size_t i, char ret_path[64])
{
	snprintf(ret_path, 64, "%s.pub", keys[i].file);
}

static void openssh_plain(void **state)
{
	char pub[64];

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		struct privkey *k;

		pub_path(i, pub);
		assert_int_equal(parse_bare(keys[i].file, &k), 0);
		assert_signs(k, keys[i].alg, pub);
		privkey_free(k);
		/* A passphrase that nobody needs does no harm. */
		assert_int_equal(parse_file(keys[i].file, "unused", &k), 0);
		privkey_free(k);
	}
}

static void openssh_every_cipher(void **state)
{
	static const char *const ciphers[] = {"3des-cbc", "aes128-cbc",
		"aes192-cbc", "aes256-cbc", "aes128-ctr", "aes192-ctr",
		"aes256-ctr", "aes128-gcm@openssh.com",
		"aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com"};
	char pub[64];

	for (size_t c = 0; c < sizeof(ciphers) / sizeof(ciphers[0]); c++) {
		size_t i = c % (sizeof(keys) / sizeof(keys[0]));
		struct privkey *k;

		convert(i, "enc", NULL, ciphers[c], PASSPHRASE);
		assert_int_equal(parse_bare("enc", &k), -ERR_KEY_PASSPHRASE);
		assert_int_equal(
			parse_file("enc", "", &k), -ERR_KEY_PASSPHRASE);
		assert_int_equal(
			parse_file("enc", "wrong", &k), -ERR_KEY_PASSPHRASE);
		assert_int_equal(parse_file("enc", PASSPHRASE, &k), 0);
		pub_path(i, pub);
		assert_signs(k, keys[i].alg, pub);
		privkey_free(k);
	}
}

static void openssh_default_rounds(void **state)
{
	struct privkey *k;

	scratch_do("cp", "ed25519", "enc");
	scratch_do("ssh-keygen", "-q", "-p", "-P", "", "-N", PASSPHRASE, "-f",
		"enc");
	assert_int_equal(parse_file("enc", PASSPHRASE, &k), 0);
	assert_signs(k, "ssh-ed25519", "ed25519.pub");
	privkey_free(k);
}

static void pem_and_pkcs8(void **state)
{
	static const char *const formats[] = {"PEM", "PKCS8"};
	char pub[64];

	/* ssh-keygen has no PEM for Ed25519: from 1. */
	for (size_t i = 1; i < sizeof(keys) / sizeof(keys[0]); i++) {
		for (size_t f = 0; f < 2; f++) {
			struct privkey *k;

			pub_path(i, pub);
			convert(i, "pem", formats[f], NULL, "");
			assert_int_equal(parse_bare("pem", &k), 0);
			assert_signs(k, keys[i].alg, pub);
			privkey_free(k);

			convert(i, "pem", formats[f], NULL, PASSPHRASE);
			assert_int_equal(
				parse_bare("pem", &k), -ERR_KEY_PASSPHRASE);
			assert_int_equal(parse_file("pem", "wrong", &k),
				-ERR_KEY_PASSPHRASE);
			assert_int_equal(parse_file("pem", PASSPHRASE, &k), 0);
			assert_signs(k, keys[i].alg, pub);
			privkey_free(k);
		}
	}
}

/* The public half of a file that only openssl wrote, said by ssh-keygen. */
static void assert_same_as_ssh_keygen(const struct privkey *k, const char *path)
{
	struct buf line;
	struct pubkey *pub;

	scratch_do("ssh-keygen", "-y", "-f", path);
	line = scratch_read("out");
	assert_int_equal(
		pubkey_parse_line(scratch_slice(&line), &pub, NULL), 0);
	assert_true(pubkey_equal_plain(pub, privkey_public(k)));
	pubkey_free(pub);
	buf_done(&line);
}

static void openssl_files(void **state)
{
	struct privkey *k;

	scratch_do("openssl", "genpkey", "-algorithm", "ed25519", "-out", "ed");
	assert_int_equal(parse_bare("ed", &k), 0);
	assert_int_equal(pubkey_type(privkey_public(k)), PUBKEY_ED25519);
	privkey_free(k);

	scratch_do("openssl", "pkcs8", "-topk8", "-in", "ed", "-out", "edenc",
		"-scrypt", "-passout", "pass:" PASSPHRASE);
	assert_int_equal(parse_bare("edenc", &k), -ERR_KEY_PASSPHRASE);
	assert_int_equal(parse_file("edenc", "no", &k), -ERR_KEY_PASSPHRASE);
	assert_int_equal(parse_file("edenc", PASSPHRASE, &k), 0);
	privkey_free(k);

	/* With a block of parameters in front, and a compressed point. */
	scratch_do("openssl", "ecparam", "-name", "prime256v1", "-genkey",
		"-out", "ec");
	assert_int_equal(parse_bare("ec", &k), 0);
	assert_same_as_ssh_keygen(k, "ec");
	privkey_free(k);
	scratch_do("openssl", "ec", "-in", "ec", "-conv_form", "compressed",
		"-out", "ecz");
	assert_int_equal(parse_bare("ecz", &k), 0);
	assert_same_as_ssh_keygen(k, "ec");
	privkey_free(k);

	/* PKCS#12's own derivation. */
	scratch_do("openssl", "pkcs8", "-topk8", "-in", "ec", "-out", "ecenc",
		"-v1", "PBE-SHA1-3DES", "-passout", "pass:" PASSPHRASE);
	assert_int_equal(parse_file("ecenc", PASSPHRASE, &k), 0);
	assert_same_as_ssh_keygen(k, "ec");
	privkey_free(k);
}

static void openssl_files_refused(void **state)
{
	struct privkey *k;

	scratch_do("openssl", "ecparam", "-name", "secp256k1", "-genkey",
		"-noout", "-out", "k1");
	assert_int_equal(parse_bare("k1", &k), -ERR_KEY_UNSUPPORTED);
	scratch_do("openssl", "genpkey", "-algorithm", "x25519", "-out", "x");
	assert_int_equal(parse_bare("x", &k), -ERR_KEY_UNSUPPORTED);
	scratch_do("openssl", "genrsa", "-out", "weak", "768");
	assert_int_equal(parse_bare("weak", &k), -ERR_KEY_UNSUPPORTED);
	/* A derivation that would take minutes is not begun. */
	scratch_do("openssl", "genpkey", "-algorithm", "ed25519", "-out", "e");
	scratch_do("openssl", "pkcs8", "-topk8", "-in", "e", "-out", "slow",
		"-iter", "4000001", "-passout", "pass:x");
	assert_int_equal(parse_file("slow", "x", &k), -ERR_KEY_UNSUPPORTED);
	scratch_do("openssl", "pkcs8", "-topk8", "-in", "e", "-out", "slow",
		"-scrypt", "-scrypt_N", "64", "-scrypt_r", "1", "-scrypt_p",
		"65537", "-passout", "pass:x");
	assert_int_equal(parse_file("slow", "x", &k), -ERR_KEY_UNSUPPORTED);
	assert_int_equal(parse_bare("ed25519.pub", &k), -ERR_KEY_FORMAT);
}

static void load_looks_at_the_file(void **state)
{
	static char big[(1 << 20) + 1];
	struct trouble t;
	struct privkey *k;

	assert_int_equal(privkey_load("ed25519", NULL, &k, &t), 0);
	privkey_free(k);
	assert_int_equal(chmod("ed25519", 0640), 0);
	assert_int_equal(
		privkey_load("ed25519", NULL, &k, &t), -ERR_KEY_PERMISSIONS);
	assert_string_equal(trouble_get(&t, "path"), "ed25519");
	assert_string_equal(trouble_get(&t, "detail"), "0640");
	assert_int_equal(chmod("ed25519", 0400), 0);
	assert_int_equal(privkey_load("ed25519", NULL, &k, NULL), 0);
	privkey_free(k);
	assert_int_equal(privkey_load("missing", NULL, &k, &t), -ERR_NOT_FOUND);
	assert_int_equal(
		privkey_load("missing", NULL, &k, NULL), -ERR_NOT_FOUND);
	assert_int_equal(mkdir("folder", 0700), 0);
	assert_int_equal(privkey_load("folder", NULL, &k, &t), -ERR_FILE);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(privkey_load("fifo", NULL, &k, &t), -ERR_FILE);
	scratch_write("big", big, sizeof(big));
	assert_int_equal(chmod("big", 0600), 0);
	assert_int_equal(privkey_load("big", NULL, &k, &t), -ERR_FILE);
	scratch_write("text", "x", 1);
	assert_int_equal(chmod("text", 0600), 0);
	assert_int_equal(privkey_load("text", NULL, &k, &t), -ERR_KEY_FORMAT);
	assert_int_equal(t.code, ERR_KEY_FORMAT);
	assert_string_equal(trouble_get(&t, "path"), "text");
}

static void peek_needs_no_passphrase(void **state)
{
	struct buf text, line = scratch_read("p384.pub");
	struct pubkey *pub, *peeked;

	assert_int_equal(
		pubkey_parse_line(scratch_slice(&line), &pub, NULL), 0);
	convert(2, "enc", NULL, "aes256-gcm@openssh.com", PASSPHRASE);
	text = scratch_read("enc");
	assert_int_equal(privkey_peek_public(scratch_slice(&text), &peeked), 0);
	assert_true(pubkey_equal_plain(pub, peeked));
	pubkey_free(peeked);
	buf_done(&text);
	convert(2, "pem", "PEM", NULL, "");
	text = scratch_read("pem");
	assert_int_equal(privkey_peek_public(scratch_slice(&text), &peeked),
		-ERR_KEY_FORMAT);
	buf_done(&text);
	pubkey_free(pub);
	buf_done(&line);
}

static void algorithms_must_fit(void **state)
{
	static const char *const wrong[] = {"ssh-rsa", "ssh-ed25519", "",
		"rsa-sha2-512-cert-v01@openssh.com", "ecdsa-sha2-nistp256"};
	struct buf sig = BUF_INIT;
	struct privkey *k;

	assert_int_equal(parse_bare("rsa", &k), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(
			privkey_sign(k, wrong[i], scratch_text("x"), &sig),
			-ERR_INVALID);
	assert_int_equal(buf_len(&sig), 0);
	assert_signs(k, "rsa-sha2-256", "rsa.pub");
	privkey_free(k);
	privkey_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(openssh_plain),
		cmocka_unit_test(openssh_every_cipher),
		cmocka_unit_test(openssh_default_rounds),
		cmocka_unit_test(pem_and_pkcs8),
		cmocka_unit_test(openssl_files),
		cmocka_unit_test(openssl_files_refused),
		cmocka_unit_test(load_looks_at_the_file),
		cmocka_unit_test(peek_needs_no_passphrase),
		cmocka_unit_test(algorithms_must_fit),
	};

	return cmocka_run_group_tests(tests, generate, scratch_teardown);
}
