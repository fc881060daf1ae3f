/* Certificates made with ssh-keygen -s, and made wrong by hand. */
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

/* 2024-01-01 to 2030-01-01 UTC, and a moment between. */
#define VALIDITY "20240101000000Z:20300101000000Z"
#define AFTER    1704067200U
#define BEFORE   1893456000U
#define NOW      1800000000U

static const struct {
	const char *file, *type, *name, *label, *alg;
} keys[] = {
	{"ed25519", "ed25519", "ssh-ed25519-cert-v01@openssh.com",
		"ED25519-CERT", "ssh-ed25519-cert-v01@openssh.com"},
	{"p256", "ecdsa", "ecdsa-sha2-nistp256-cert-v01@openssh.com",
		"ECDSA-CERT", "ecdsa-sha2-nistp256-cert-v01@openssh.com"},
	{"rsa", "rsa", "ssh-rsa-cert-v01@openssh.com", "RSA-CERT",
		"rsa-sha2-512-cert-v01@openssh.com"},
};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

static int generate(void **state)
{
	if (scratch_setup(state) != 0)
		return 1;
	for (size_t i = 0; i < KEYS; i++)
		scratch_do("ssh-keygen", "-q", "-t", keys[i].type, "-N", "",
			"-f", keys[i].file);
	scratch_do("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "ca");
	return 0;
}

static struct pubkey *load_line(const char *path)
{
	struct buf line = scratch_read(path);
	struct pubkey *k;

	assert_int_equal(pubkey_parse_line(scratch_slice(&line), &k, NULL), 0);
	buf_done(&line);
	return k;
}

/* Signs `file`'s key for hosts; NULL `principals`: none. */
static struct pubkey *certify_by(const char *ca, const char *ca_alg,
	const char *file, const char *principals)
{
	const char *argv[24] = {"ssh-keygen", "-q", "-s", ca, "-h", "-I",
		"the key id", "-V", VALIDITY, "-z", "4711"};
	size_t n = 11;
	char path[64];

	if (ca_alg != NULL) {
		argv[n++] = "-t";
		argv[n++] = ca_alg;
	}
	if (principals != NULL) {
		argv[n++] = "-n";
		argv[n++] = principals;
	}
	snprintf(path, sizeof(path), "%s.pub", file);
	argv[n] = path;
	assert_int_equal(scratch_run(argv), 0);
	snprintf(path, sizeof(path), "%s-cert.pub", file);
	return load_line(path);
}

static struct pubkey *certify(const char *file, const char *principals)
{
	return certify_by("ca", NULL, file, principals);
}

static int check(const struct pubkey *k, const char *host, uint64_t now)
{
	const char *why = NULL;
	int r = pubkey_cert_check_host(k, host, now, &why);

	assert_true((r == 0) == (why == NULL));
	assert_true(r == 0 || r == -ERR_HOST_KEY_INVALID);
	return r;
}

static void fields(void **state)
{
	struct pubkey *ca = load_line("ca.pub");

	for (size_t i = 0; i < KEYS; i++) {
		struct pubkey *k = certify(keys[i].file, "one.example,two");
		const struct cert_info *info = pubkey_cert(k);
		char path[64];
		struct pubkey *plain;
		struct rd r;

		assert_true(pubkey_is_cert(k));
		assert_string_equal(pubkey_name(k), keys[i].name);
		assert_string_equal(pubkey_label(k), keys[i].label);
		assert_int_equal(info->type, CERT_HOST);
		assert_int_equal(info->serial, 4711);
		assert_int_equal(info->valid_after, AFTER);
		assert_int_equal(info->valid_before, BEFORE);
		assert_true(slice_is(info->key_id, "the key id"));
		r = rd_slice(info->principals);
		assert_true(slice_is(rd_string(&r), "one.example"));
		assert_true(slice_is(rd_string(&r), "two"));
		assert_true(rd_end(&r));
		assert_int_equal(info->critical_options.len, 0);
		assert_int_equal(info->ca_blob.len, pubkey_blob(ca).len);
		assert_memory_equal(
			info->ca_blob.p, pubkey_blob(ca).p, info->ca_blob.len);
		snprintf(path, sizeof(path), "%s.pub", keys[i].file);
		plain = load_line(path);
		assert_true(pubkey_equal_plain(plain, k));
		assert_int_equal(
			check(plain, "two", NOW), -ERR_HOST_KEY_INVALID);
		snprintf(path, sizeof(path), "%s-cert.pub", keys[i].file);
		assert_ssh_keygen_agrees(k, path);
		pubkey_free(plain);
		pubkey_free(k);
	}
	pubkey_free(ca);
}

static void who_and_when(void **state)
{
	static const struct {
		const char *principals, *host;
		uint64_t now;
		bool good;
	} rows[] = {
		{"a.example,b.example", "a.example", NOW, true},
		{"a.example,b.example", "b.example", NOW, true},
		{"a.example,b.example", "B.Example", NOW, true},
		{"a.example", "c.example", NOW, false},
		{"a.example", "a.example.net", NOW, false},
		{"a.example", "", NOW, false},
		{"*.example", "a.example", NOW, true},
		{"*.example", "a.b.example", NOW, true},
		{"*.example", "example", NOW, false},
		{"db?.example", "db7.example", NOW, true},
		{"db?.example", "db77.example", NOW, false},
		{NULL, "anything", NOW, true},
		{"a", "a", AFTER - 1, false},
		{"a", "a", AFTER, true},
		{"a", "a", BEFORE - 1, true},
		{"a", "a", BEFORE, false},
		{"a", "a", UINT64_MAX, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pubkey *k = certify("ed25519", rows[i].principals);

		assert_int_equal(check(k, rows[i].host, rows[i].now),
			rows[i].good ? 0 : -ERR_HOST_KEY_INVALID);
		pubkey_free(k);
	}
}

static void every_authority(void **state)
{
	struct pubkey *k;

	for (size_t i = 0; i < KEYS; i++) {
		k = certify_by(keys[i].file, NULL, "ed25519", "h");
		assert_int_equal(check(k, "h", NOW), 0);
		pubkey_free(k);
	}
	k = certify_by("rsa", "rsa-sha2-256", "ed25519", "h");
	assert_int_equal(check(k, "h", NOW), 0);
	pubkey_free(k);
	/* SHA-1: readable, and good for nothing. */
	k = certify_by("rsa", "ssh-rsa", "ed25519", "h");
	assert_int_equal(check(k, "h", NOW), -ERR_HOST_KEY_INVALID);
	pubkey_free(k);
}

static void user_certificates(void **state)
{
	struct pubkey *k;
	struct rd r;

	scratch_do("ssh-keygen", "-q", "-s", "ca", "-I", "me", "-n", "h", "-O",
		"force-command=true", "ed25519.pub");
	k = load_line("ed25519-cert.pub");
	assert_int_equal(pubkey_cert(k)->type, CERT_USER);
	assert_int_equal(pubkey_cert(k)->valid_before, UINT64_MAX);
	r = rd_slice(pubkey_cert(k)->critical_options);
	assert_true(slice_is(rd_string(&r), "force-command"));
	assert_int_equal(check(k, "h", NOW), -ERR_HOST_KEY_INVALID);
	pubkey_free(k);
}

/* The certified key signs as a plain one; the agreed name is the
 * certificate's. */
static void exchange_signatures(void **state)
{
	struct slice data = scratch_text("the exchange hash");

	for (size_t i = 0; i < KEYS; i++) {
		struct pubkey *k = certify(keys[i].file, "h");
		const char *plain = pubkey_sig_alg(scratch_text(keys[i].alg));
		struct privkey *private;
		struct buf sig = BUF_INIT;

		assert_int_equal(
			privkey_load(keys[i].file, NULL, &private, NULL), 0);
		assert_int_equal(privkey_sign(private, plain, data, &sig), 0);
		assert_int_equal(pubkey_verify(k, scratch_text(keys[i].alg),
					 scratch_slice(&sig), data),
			0);
		assert_int_equal(pubkey_verify(k, scratch_text(plain),
					 scratch_slice(&sig), data),
			-ERR_SIGNATURE);
		buf_done(&sig);
		privkey_free(private);
		pubkey_free(k);
	}
}

/* No truncation parses; no flipped bit passes. */
static void torn_and_flipped(void **state)
{
	struct pubkey *k = certify("ed25519", "host"), *other;
	struct slice blob = pubkey_blob(k);
	uint8_t *bytes = mem_dup(blob.p, blob.len);

	for (size_t n = 0; n < blob.len; n++)
		assert_int_not_equal(
			pubkey_parse((struct slice){bytes, n}, &other), 0);
	assert_int_equal(
		pubkey_parse((struct slice){bytes, blob.len + 1}, &other),
		-ERR_KEY_FORMAT);
	for (size_t i = 0; i < blob.len * 8; i++) {
		bytes[i / 8] ^= (uint8_t)(1 << i % 8);
		if (pubkey_parse((struct slice){bytes, blob.len}, &other) ==
			0) {
			assert_int_equal(check(other, "host", NOW),
				-ERR_HOST_KEY_INVALID);
			pubkey_free(other);
		}
		bytes[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	free(bytes);
	pubkey_free(k);
}

/* ---- certificates made by hand, signed by "ca" ---- */

struct recipe {
	uint32_t type;
	const char *principals; /* one raw string list */
	size_t principals_len;
	const char *critical;
	size_t critical_len;
	const char *extensions;
	size_t extensions_len;
};

/* `ca` is the authority that it names; "ca" signs. */
static int make_for(
	const struct recipe *recipe, struct slice ca, struct pubkey **ret_key)
{
	struct pubkey *plain = load_line("ed25519.pub");
	struct rd r = rd_slice(pubkey_blob(plain));
	struct buf b = BUF_INIT, sig = BUF_INIT;
	struct slice point;
	struct privkey *private;
	int err;

	(void)rd_string(&r);
	point = rd_string(&r);
	buf_put_cstring(&b, "ssh-ed25519-cert-v01@openssh.com");
	buf_put_cstring(&b, "nonce");
	buf_put_string(&b, point.p, point.len);
	buf_put_u64(&b, 1);
	buf_put_u32(&b, recipe->type);
	buf_put_cstring(&b, "id");
	buf_put_string(&b, recipe->principals, recipe->principals_len);
	buf_put_u64(&b, 0);
	buf_put_u64(&b, UINT64_MAX);
	buf_put_string(&b, recipe->critical, recipe->critical_len);
	buf_put_string(&b, recipe->extensions, recipe->extensions_len);
	buf_put_cstring(&b, "");
	buf_put_string(&b, ca.p, ca.len);
	assert_int_equal(privkey_load("ca", NULL, &private, NULL), 0);
	assert_int_equal(
		privkey_sign(private, "ssh-ed25519", scratch_slice(&b), &sig),
		0);
	buf_put_string(&b, buf_ptr(&sig), buf_len(&sig));
	err = pubkey_parse(scratch_slice(&b), ret_key);
	privkey_free(private);
	pubkey_free(plain);
	buf_done(&sig);
	buf_done(&b);
	return err;
}

static int make(const struct recipe *recipe, struct pubkey **ret_key)
{
	struct pubkey *ca = load_line("ca.pub");
	int err = make_for(recipe, pubkey_blob(ca), ret_key);

	pubkey_free(ca);
	return err;
}

#define RAW(s) (s), sizeof(s) - 1

static void made_by_hand(void **state)
{
	static const struct {
		struct recipe recipe;
		int parsed;
		bool good;
	} rows[] = {
		{{2, RAW("\0\0\0\1h"), RAW(""), RAW("")}, 0, true},
		{{1, RAW("\0\0\0\1h"), RAW(""), RAW("")}, 0, false},
		{{0, RAW("\0\0\0\1h"), RAW(""), RAW("")}, -ERR_KEY_FORMAT,
			false},
		{{3, RAW("\0\0\0\1h"), RAW(""), RAW("")}, -ERR_KEY_FORMAT,
			false},
		/* Lists that end within a string. */
		{{2, RAW("\0\0\0\2h"), RAW(""), RAW("")}, -ERR_KEY_FORMAT,
			false},
		{{2, RAW("\0\0"), RAW(""), RAW("")}, -ERR_KEY_FORMAT, false},
		{{2, RAW(""), RAW("\0\0\0\1x"), RAW("")}, -ERR_KEY_FORMAT,
			false},
		{{2, RAW(""), RAW(""), RAW("\0\0\0\1x")}, -ERR_KEY_FORMAT,
			false},
		/* A critical option is one that we don't know. */
		{{2, RAW(""), RAW("\0\0\0\1x\0\0\0\0"), RAW("")}, 0, false},
		{{2, RAW(""), RAW(""), RAW("\0\0\0\1x\0\0\0\0")}, 0, true},
		/* An empty name is a principal, and no host's. */
		{{2, RAW("\0\0\0\0"), RAW(""), RAW("")}, 0, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pubkey *k = NULL;

		assert_int_equal(make(&rows[i].recipe, &k), rows[i].parsed);
		if (rows[i].parsed != 0)
			continue;
		assert_int_equal(check(k, "h", NOW),
			rows[i].good ? 0 : -ERR_HOST_KEY_INVALID);
		pubkey_free(k);
	}
}

static void other_authorities(void **state)
{
	const struct recipe recipe = {2, RAW("\0\0\0\1h"), RAW(""), RAW("")};
	struct pubkey *nested = certify("p256", "h"), *k;
	struct pubkey *wrong = load_line("ed25519.pub");

	/* A certificate signs nothing. */
	assert_int_equal(
		make_for(&recipe, pubkey_blob(nested), &k), -ERR_KEY_FORMAT);
	assert_int_not_equal(make_for(&recipe, scratch_text("no key"), &k), 0);
	/* One authority named, another one's signature. */
	assert_int_equal(make_for(&recipe, pubkey_blob(wrong), &k), 0);
	assert_int_equal(check(k, "h", NOW), -ERR_HOST_KEY_INVALID);
	pubkey_free(k);
	pubkey_free(wrong);
	pubkey_free(nested);
}

static void too_many_principals(void **state)
{
	struct recipe recipe = {2, RAW(""), RAW(""), RAW("")};
	struct buf list = BUF_INIT;
	struct pubkey *k;

	for (int i = 0; i < 256; i++)
		buf_put_cstring(&list, i == 255 ? "h" : "x");
	recipe.principals = (const char *)buf_ptr(&list);
	recipe.principals_len = buf_len(&list);
	assert_int_equal(make(&recipe, &k), 0);
	assert_int_equal(check(k, "h", NOW), 0);
	pubkey_free(k);
	buf_put_cstring(&list, "y");
	recipe.principals = (const char *)buf_ptr(&list);
	recipe.principals_len = buf_len(&list);
	assert_int_equal(make(&recipe, &k), -ERR_KEY_FORMAT);
	buf_done(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields),
		cmocka_unit_test(who_and_when),
		cmocka_unit_test(every_authority),
		cmocka_unit_test(user_certificates),
		cmocka_unit_test(exchange_signatures),
		cmocka_unit_test(torn_and_flipped),
		cmocka_unit_test(made_by_hand),
		cmocka_unit_test(other_authorities),
		cmocka_unit_test(too_many_principals),
	};

	return cmocka_run_group_tests(tests, generate, scratch_teardown);
}
