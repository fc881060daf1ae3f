/* ssh/kexinit: what two proposals agree on, and proposals that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ssh/kexinit.h"
#include "ssh/msg.h"
#include "ssh/namelist.h"

#define LISTS 10

struct theirs {
	const char *list[LISTS];
	bool follows;
};

static const struct theirs usual = {
	.list = {"curve25519-sha256", "ssh-ed25519", "aes128-gcm@openssh.com",
		"aes128-gcm@openssh.com", "hmac-sha2-256", "hmac-sha2-256",
		"none", "none", "", ""}};

static void build(struct buf *b, const struct theirs *t)
{
	buf_put_u8(b, MSG_KEXINIT);
	buf_put(b, "0123456789abcdef", 16);
	for (int i = 0; i < LISTS; i++)
		buf_put_cstring(b, t->list[i]);
	buf_put_bool(b, t->follows);
	buf_put_u32(b, 0);
}

static int choose(const struct theirs *t, const struct kexinit_proposal *ours,
	struct kexinit_choice *ret, struct trouble *trouble)
{
	struct buf b = BUF_INIT;
	int err;

	build(&b, t);
	err = kexinit_choose(
		(struct slice){buf_ptr(&b), buf_len(&b)}, ours, ret, trouble);
	buf_done(&b);
	return err;
}

static void ours_is_well_formed(void **state)
{
	struct kexinit_proposal ours = {.ciphers = "aes256-ctr"};
	struct buf b = BUF_INIT, again = BUF_INIT;
	struct slice list[LISTS];
	struct rd r;

	kexinit_build(&b, &ours);
	kexinit_build(&again, &ours);
	/* Only the cookie differs. */
	assert_int_equal(buf_len(&b), buf_len(&again));
	assert_memory_not_equal(buf_ptr(&b), buf_ptr(&again), 17);
	assert_memory_equal(
		buf_ptr(&b) + 17, buf_ptr(&again) + 17, buf_len(&b) - 17);
	r = rd_of(buf_ptr(&b), buf_len(&b));
	assert_int_equal(rd_u8(&r), MSG_KEXINIT);
	rd_bytes(&r, 16);
	for (int i = 0; i < LISTS; i++)
		list[i] = rd_string(&r);
	assert_false(rd_bool(&r));
	assert_int_equal(rd_u32(&r), 0);
	assert_true(rd_end(&r));
	assert_true(namelist_has_text(list[0], "curve25519-sha256"));
	assert_true(namelist_has_text(list[0], "ext-info-c"));
	assert_true(namelist_has_text(list[0], "kex-strict-c-v00@openssh.com"));
	assert_true(slice_is(list[2], "aes256-ctr"));
	assert_true(slice_is(list[3], "aes256-ctr"));
	assert_true(slice_is(list[6], "none"));
	assert_int_equal(list[8].len, 0);
	buf_done(&b);
	buf_done(&again);
}

static void agrees(void **state)
{
	struct kexinit_proposal ours = {0};
	struct kexinit_choice c;
	struct trouble t;

	assert_int_equal(choose(&usual, &ours, &c, &t), 0);
	assert_string_equal(kexdh_alg_name(c.kex), "curve25519-sha256");
	assert_string_equal(c.host_key_alg, "ssh-ed25519");
	assert_string_equal(c.cipher_out->name, "aes128-gcm@openssh.com");
	assert_null(c.mac_out);
	assert_null(c.mac_in);
	assert_false(c.strict);
	assert_false(c.ignore_next);
}

static void our_order_decides(void **state)
{
	struct kexinit_proposal ours = {.kex = "ecdh-sha2-nistp256,"
					       "curve25519-sha256",
		.ciphers = "aes256-ctr,aes128-ctr",
		.macs = "hmac-sha2-512,hmac-sha2-256"};
	struct theirs theirs = usual;
	struct kexinit_choice c;
	struct trouble t;

	theirs.list[0] = "curve25519-sha256,ecdh-sha2-nistp256";
	theirs.list[2] = "aes128-ctr,aes256-ctr"; /* towards them */
	theirs.list[3] = "aes128-ctr";
	theirs.list[4] = "hmac-sha2-256,hmac-sha2-512";
	assert_int_equal(choose(&theirs, &ours, &c, &t), 0);
	assert_string_equal(kexdh_alg_name(c.kex), "ecdh-sha2-nistp256");
	assert_string_equal(c.cipher_out->name, "aes256-ctr");
	assert_string_equal(c.cipher_in->name, "aes128-ctr");
	assert_string_equal(c.mac_out->name, "hmac-sha2-512");
	assert_string_equal(c.mac_in->name, "hmac-sha2-256");
}

static void strict_is_noticed(void **state)
{
	static const struct {
		const char *kex;
		bool strict;
	} rows[] = {
		{"curve25519-sha256,kex-strict-s-v00@openssh.com", true},
		{"kex-strict-s-v00@openssh.com,curve25519-sha256", true},
		{"curve25519-sha256,kex-strict-c-v00@openssh.com", false},
		{"curve25519-sha256,kex-strict-s-v00@openssh.co", false},
	};
	struct kexinit_proposal ours = {0};

	for (size_t i = 0; i < 4; i++) {
		struct theirs theirs = usual;
		struct kexinit_choice c;
		struct trouble t;

		theirs.list[0] = rows[i].kex;
		assert_int_equal(choose(&theirs, &ours, &c, &t), 0);
		assert_int_equal(c.strict, rows[i].strict);
	}
}

/* Markers are in our list, but are no algorithm. */
static void markers_are_never_chosen(void **state)
{
	struct kexinit_proposal ours = {0};
	struct theirs theirs = usual;
	struct kexinit_choice c;
	struct trouble t;

	theirs.list[0] = "ext-info-c,kex-strict-c-v00@openssh.com,ext-info-s,"
			 "kex-strict-s-v00@openssh.com";
	assert_int_equal(
		choose(&theirs, &ours, &c, &t), -ERR_NO_COMMON_ALGORITHM);
}

static void guesses(void **state)
{
	static const struct {
		const char *kex, *host_key;
		bool follows, ignored;
	} rows[] = {
		{"curve25519-sha256", "ssh-ed25519", false, false},
		{"curve25519-sha256", "ssh-ed25519", true, false},
		{"curve25519-sha256,x", "ssh-ed25519,ssh-rsa", true, false},
		{"x,curve25519-sha256", "ssh-ed25519", true, true},
		{"curve25519-sha256", "ssh-rsa,ssh-ed25519", true, true},
		{"x,curve25519-sha256", "ssh-ed25519", false, false},
	};
	struct kexinit_proposal ours = {
		.kex = "curve25519-sha256", .host_key_algs = "ssh-ed25519"};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct theirs theirs = usual;
		struct kexinit_choice c;
		struct trouble t;

		theirs.list[0] = rows[i].kex;
		theirs.list[1] = rows[i].host_key;
		theirs.follows = rows[i].follows;
		assert_int_equal(choose(&theirs, &ours, &c, &t), 0);
		assert_int_equal(c.ignore_next, rows[i].ignored);
	}
}

static void nothing_in_common(void **state)
{
	static const char *const words[] = {"key exchange", "host key",
		"cipher", "cipher", "MAC", "MAC", "compression", "compression"};
	struct kexinit_proposal ours = {.ciphers = "aes128-ctr"};

	for (int slot = 0; slot < 8; slot++) {
		struct theirs theirs = usual;
		struct kexinit_choice c;
		struct trouble t;

		theirs.list[2] = theirs.list[3] = "aes128-ctr";
		theirs.list[slot] = "weak-\x1b[2J,weaker";
		assert_int_equal(choose(&theirs, &ours, &c, &t),
			-ERR_NO_COMMON_ALGORITHM);
		assert_int_equal(t.code, ERR_NO_COMMON_ALGORITHM);
		assert_string_equal(trouble_get(&t, "what"), words[slot]);
		assert_string_equal(
			trouble_get(&t, "theirs"), "weak-?[2J,weaker");
		assert_true(strlen(trouble_get(&t, "ours")) > 0);
	}
}

/* An AEAD makes its MAC list unimportant. */
static void no_mac_beside_an_aead(void **state)
{
	struct kexinit_proposal ours = {0};
	struct theirs theirs = usual;
	struct kexinit_choice c;
	struct trouble t;

	theirs.list[4] = theirs.list[5] = "";
	assert_int_equal(choose(&theirs, &ours, &c, &t), 0);
}

static void cut_short_anywhere(void **state)
{
	struct kexinit_proposal ours = {0};
	struct buf b = BUF_INIT;

	build(&b, &usual);
	for (size_t n = 0; n < buf_len(&b); n++) {
		/* Of its own, so that a read past the end shows. */
		uint8_t *copy = mem_dup(buf_ptr(&b), n);
		struct kexinit_choice c;
		struct trouble t;

		assert_int_equal(
			kexinit_choose((struct slice){copy, n}, &ours, &c, &t),
			-ERR_PROTOCOL);
		free(copy);
	}
	buf_done(&b);
}

static void huge_lists(void **state)
{
	struct kexinit_proposal ours = {0};
	struct theirs theirs = usual;
	char *list = mem_alloc(200001);
	struct kexinit_choice c;
	struct trouble t;

	memset(list, ',', 200000);
	memcpy(list + 200000 - 17, "curve25519-sha256", 18);
	theirs.list[0] = list;
	assert_int_equal(choose(&theirs, &ours, &c, &t), 0);
	memset(list, 'x', 200000);
	assert_int_equal(
		choose(&theirs, &ours, &c, &t), -ERR_NO_COMMON_ALGORITHM);
	free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ours_is_well_formed),
		cmocka_unit_test(agrees),
		cmocka_unit_test(our_order_decides),
		cmocka_unit_test(strict_is_noticed),
		cmocka_unit_test(markers_are_never_chosen),
		cmocka_unit_test(guesses),
		cmocka_unit_test(nothing_in_common),
		cmocka_unit_test(no_mac_beside_an_aead),
		cmocka_unit_test(cut_short_anywhere),
		cmocka_unit_test(huge_lists),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
