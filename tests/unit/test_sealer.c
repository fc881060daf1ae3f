/* ssh/sealer: published vectors, packets that another implementation sealed,
 * round trips of every combination, and what a flipped bit does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "base/mem.h"
#include "ssh/sealer.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define KEY_MAX  64

static uint8_t *unhex(const char *hex, size_t *ret_n)
{
	long n;
	uint8_t *p = OPENSSL_hexstr2buf(hex, &n);

	assert_non_null(p);
	*ret_n = (size_t)n;
	return p;
}

static struct sealer *make(const char *cipher, const char *mac,
	const uint8_t *key, const uint8_t *iv, const uint8_t *mac_key,
	bool encrypt)
{
	const struct cipher_alg *c = cipher_alg_find(slice_of(cipher));
	const struct mac_alg *m =
		mac != NULL ? mac_alg_find(slice_of(mac)) : NULL;
	struct sealer *s;

	assert_non_null(c);
	assert_int_equal(c->tag_len == 0, m != NULL);
	s = sealer_new(c, m, key, iv, mac_key, encrypt);
	assert_non_null(s);
	return s;
}

/* SP 800-38A F.5.1, F.5.3, F.5.5: CTR-AES. Sealing encrypt-and-mac encrypts
 * from the first byte on, so the vectors fit as two packets. */
static void ctr_vectors(void **state)
{
	static const char iv_hex[] = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";
	static const char plain_hex[] =
		"6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af"
		"8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417b"
		"e66c3710";
	static const struct {
		const char *cipher, *key, *sealed;
	} rows[] = {
		{"aes128-ctr", "2b7e151628aed2a6abf7158809cf4f3c",
			"874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617"
			"187bb9fffdff5ae4df3edbd5d35e5b4f09020db03eab1e031dda"
			"2fbe03d1792170a0f3009cee"},
		{"aes192-ctr",
			"8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
			"1abc932417521ca24f2b0459fe7e6e0b090339ec0aa6faefd5cc"
			"c2c6f4ce8e941e36b26bd1ebc670d1bd1d665620abf74f78a7f6"
			"d29809585a97daec58c6b050"},
		{"aes256-ctr",
			"603deb1015ca71be2b73aef0857d77811f352c073b6108d72d98"
			"10a30914dff4",
			"601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84"
			"e990cacaf5c52b0930daa23de94ce87017ba2d84988ddfc9c58d"
			"b67aada613c2dd08457941a6"},
	};
	uint8_t mac_key[KEY_MAX] = {0}, pkt[64 + 32];
	size_t n;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t *iv = unhex(iv_hex, &n), *key = unhex(rows[i].key, &n);
		uint8_t *plain = unhex(plain_hex, &n);
		uint8_t *sealed = unhex(rows[i].sealed, &n);
		struct sealer *s = make(rows[i].cipher, "hmac-sha2-256", key,
			iv, mac_key, true);

		for (size_t at = 0; at < 64; at += 32) {
			memcpy(pkt, plain + at, 32);
			assert_int_equal(sealer_seal(s, 0, pkt, 32), 0);
			assert_memory_equal(pkt, sealed + at, 32);
		}
		sealer_free(s);
		OPENSSL_free(iv);
		OPENSSL_free(key);
		OPENSSL_free(plain);
		OPENSSL_free(sealed);
	}
}

/* RFC 4231 §4.2 to §4.5. The first four bytes of the data go in as the sequence
 * number; HMAC pads a short key with zeros, as the array does here. */
static void hmac_vectors(void **state)
{
	static const struct {
		const char *key, *data, *sha256, *sha512;
	} rows[] = {
		{"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
			"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9"
			"376c2e32cff7",
			"87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0"
			"b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914e"
			"eb61f1702e696c203a126854"},
		{"4a656665",
			"7768617420646f2079612077616e7420666f72206e6f7468696e"
			"673f",
			"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec"
			"58b964ec3843",
			"164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd61027"
			"0cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a3"
			"4d4a6b4b636e070a38bce737"},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
			"dddddddddddddddddddddddddddddddddddddddddddddddddddd"
			"dddddddddddddddddddddddddddddddddddddddddddddddd",
			"773ea91e36800e46854db8ebd09181a72959098b3ef8c122d963"
			"5514ced565fe",
			"fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f8"
			"3e33b2279d39bf3e848279a722c806b485a47e67c807b946a337"
			"bee8942674278859e13292fb"},
		{"0102030405060708090a0b0c0d0e0f10111213141516171819",
			"cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
			"cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
			"82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e"
			"3ff46729665b",
			"b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f"
			"8050361ee3dba91ca5c11aa25eb4d679275cc5788063a5f19741"
			"120c4f2de2adebeb10a298dd"},
	};
	uint8_t key[KEY_MAX] = {0}, pkt[64 + 64];
	size_t key_len, n, tag_len;

	(void)state;
	for (size_t i = 0; i < COUNT(rows) * 2; i++) {
		bool wide = i % 2 == 1;
		uint8_t *mac_key = unhex(rows[i / 2].key, &key_len);
		uint8_t *data = unhex(rows[i / 2].data, &n);
		uint8_t *tag =
			unhex(wide ? rows[i / 2].sha512 : rows[i / 2].sha256,
				&tag_len);
		uint8_t padded[KEY_MAX] = {0};
		struct rd r = rd_of(data, n);
		uint32_t seq = rd_u32(&r);
		struct sealer *s;

		memcpy(padded, mac_key, key_len);
		memcpy(pkt, r.p, r.left);
		s = make("aes128-ctr", wide ? "hmac-sha2-512" : "hmac-sha2-256",
			key, key, padded, true);
		assert_int_equal(sealer_tag_len(s), tag_len);
		assert_int_equal(sealer_seal(s, seq, pkt, r.left), 0);
		assert_memory_equal(pkt + r.left, tag, tag_len);
		sealer_free(s);
		OPENSSL_free(mac_key);
		OPENSSL_free(data);
		OPENSSL_free(tag);
	}
}

/* Two packets in a row, numbers 0xffffffff and 0, sealed by AsyncSSH 2.10 over
 * PyCA: the key is 00 01 02 …, the MAC key 80 81 82 …, the packet's padding
 * length 5 and its bytes 5e 60 61 62 …; the counters carry on the way. */
static const struct {
	const char *cipher, *mac, *iv, *first, *second;
} packets[] = {
	{"aes128-gcm@openssh.com", NULL, "c0ffee0000000000ffffffff",
		"0000002064a058b30bacc8e7e54a8c3fd2b61a75e2b49799701939ccf86c"
		"ad383ab51ed70dbdb4b56f2e19c4cfd46bc176f4a5dd",
		"0000002045d8e8742b79f18f041a236b66d675a7a3d8d2b0033982f10359"
		"f5a879f93f57a5e3141288c0e556220bdc0cae0cc6e7"},
	{"aes256-gcm@openssh.com", NULL, "c0ffee0000000000ffffffff",
		"000000204fdacb6046eee46a1ab775b9b104b6008eed54606e7bdb829889"
		"df3f18f6c7ad5a15e89179fc208a43904846bcb165ff",
		"000000207cf1581d9b9a98fb93edef02f711dc4176a1cd0587d91cc501c8"
		"15d9f481e630ebe0584a38d880e05af69fd050e63bac"},
	{"chacha20-poly1305@openssh.com", NULL, "00",
		"b90ee4900ccc6cfacc67b087f051c3db18ed6ec378d54967bd5caf0d2453"
		"9e39549c6a46dca3bcff2bbada69df84176def1879bb",
		"94450e791de62250cf85c2b475063408c528224a96de838493de2f299a8f"
		"846b504e0921b5fe1c9e30de0f57c15fc765031fb9d7"},
	{"aes128-ctr", "hmac-sha2-256-etm@openssh.com",
		"f0f0f0f0f0f0f0f0f0f0f0f0fffffffe",
		"00000020f9b9707500db2e2d319250d7ba70b587cea405feb537c26a53c7"
		"9bd6eb0cda65dab71477d7dd02860fbe27ccbcbe51a807ed83d11f8ba052"
		"86b8b50431256432",
		"00000020009e47672e6f0e60b02e75536e90062ea2e0f0c00e5a4c07d212"
		"aed1c33e3d505ea46e0616a92526a84f360b4688a415d2c4a44068c1a336"
		"999c12e23a2100d9"},
	{"aes192-ctr", "hmac-sha2-512", "f0f0f0f0f0f0f0f0f0f0f0f0fffffffe",
		"cc472442f89c7ddf157372035650e8004c2db6543b6c98771963943c0673"
		"81ad228efc279be57d94d0ae181f273f6b0e25f30c0bd9f578ec86fe58dd"
		"addaa467f78776d54493a86e638a2d46489fc551810ee1bdfab92e8186c4"
		"d744b5e1f812",
		"ba315883c9e2c70c8290e3d07e1531e9652d8f50e61c625d5d0709450a92"
		"6df1aca62168d420c870014e4ef712e55a6b6e15c0765095c91c0e48279e"
		"e9873444b14320317ed363ea1f8f4624b13162d303235e75c1c4de5468f7"
		"8ba5503d27eb"},
	{"aes256-ctr", "hmac-sha2-512-etm@openssh.com",
		"f0f0f0f0f0f0f0f0f0f0f0f0fffffffe",
		"0000002061a20da22286dde1c0b7a168bdfd695dfa0bc6ca21e8eb6120f6"
		"4c6f7d72f12c88ca595012f8ae15c60046c2b7e1891f45c6f5accc287732"
		"d497f3605aa3b8c7e45105c97f9f6d78e4a529043a4f93a07c6447c27be8"
		"ca62e958828d6164744d",
		"00000020427fbd859114787b7fef157621e9b2bc8df8fb5256062a7cc7d6"
		"c1aaaaa3d96d77777296d76c54ec1f5dbb5b7f2dc7f2305440660c070f76"
		"50818517a84576e6a1d71d753ffdf538ebebc442c89b448d130e1ea6572d"
		"f3357f726b8f6bbcbfc2"},
	{"aes256-ctr", "hmac-sha2-256", "f0f0f0f0f0f0f0f0f0f0f0f0fffffffe",
		"64fc6ddf45bbd9e5c4b3ad64b1f16d59fe0fdad63df4ef6524f24063717e"
		"f528175b34912dc04ab78a6cfe326842be29bec648df829e93f1b752ed99"
		"eef06803",
		"4721ddf8f6297c7f7beb197a2de5b6b889fce74e4a1a2e78c3d2cda6a6af"
		"dd69b526ec95c416ada4b569d7834fe0282d4b628ee6577dc315136b7c63"
		"053bd430"},
};

/* As above; returns the length without the tag. */
static size_t plain_packet(const struct sealer *s, uint8_t *pkt)
{
	uint32_t n = sealer_length_outside(s) ? 32 : 28;

	memset(pkt, 0, 4);
	pkt[3] = (uint8_t)n;
	pkt[4] = 5;
	pkt[5] = 0x5e;
	for (uint32_t i = 2; i < n; i++)
		pkt[4 + i] = (uint8_t)(0x60 + i - 2);
	return 4 + n;
}

static void packets_of_another_make(void **state)
{
	uint8_t key[KEY_MAX], mac_key[KEY_MAX], pkt[256], plain[256];

	(void)state;
	for (size_t i = 0; i < KEY_MAX; i++) {
		key[i] = (uint8_t)i;
		mac_key[i] = (uint8_t)(0x80 + i);
	}
	for (size_t i = 0; i < COUNT(packets); i++) {
		const char *hex[] = {packets[i].first, packets[i].second};
		size_t iv_len;
		uint8_t *iv = unhex(packets[i].iv, &iv_len);
		struct sealer *seal = make(packets[i].cipher, packets[i].mac,
			key, iv, mac_key, true);
		struct sealer *open = make(packets[i].cipher, packets[i].mac,
			key, iv, mac_key, false);
		uint32_t seq = UINT32_MAX, got;

		for (size_t k = 0; k < COUNT(hex); k++, seq++) {
			size_t len = plain_packet(seal, plain), sealed_len;
			uint8_t *sealed = unhex(hex[k], &sealed_len);

			memcpy(pkt, plain, len);
			assert_int_equal(
				sealed_len, len + sealer_tag_len(seal));
			assert_int_equal(sealer_seal(seal, seq, pkt, len), 0);
			assert_memory_equal(pkt, sealed, sealed_len);
			assert_int_equal(
				sealer_open_length(open, seq, pkt, &got), 0);
			assert_int_equal(got + 4, len);
			assert_int_equal(sealer_open(open, seq, pkt, got), 0);
			assert_memory_equal(pkt + 4, plain + 4, len - 4);
			OPENSSL_free(sealed);
		}
		sealer_free(seal);
		sealer_free(open);
		OPENSSL_free(iv);
	}
}

/* Every combination that can be negotiated. */
struct combo {
	const char *cipher, *mac;
};

static const struct combo combos[] = {
	{"aes128-gcm@openssh.com", NULL},
	{"aes256-gcm@openssh.com", NULL},
	{"chacha20-poly1305@openssh.com", NULL},
	{"aes128-ctr", "hmac-sha2-256"},
	{"aes128-ctr", "hmac-sha2-512"},
	{"aes128-ctr", "hmac-sha2-256-etm@openssh.com"},
	{"aes128-ctr", "hmac-sha2-512-etm@openssh.com"},
	{"aes192-ctr", "hmac-sha2-256"},
	{"aes192-ctr", "hmac-sha2-512"},
	{"aes192-ctr", "hmac-sha2-256-etm@openssh.com"},
	{"aes192-ctr", "hmac-sha2-512-etm@openssh.com"},
	{"aes256-ctr", "hmac-sha2-256"},
	{"aes256-ctr", "hmac-sha2-512"},
	{"aes256-ctr", "hmac-sha2-256-etm@openssh.com"},
	{"aes256-ctr", "hmac-sha2-512-etm@openssh.com"},
};

struct pair {
	struct sealer *seal, *open;
	uint8_t key[KEY_MAX], iv[16], mac_key[KEY_MAX];
};

static void pair_init(struct pair *p, const struct combo *c)
{
	RAND_bytes(p->key, sizeof(p->key));
	RAND_bytes(p->iv, sizeof(p->iv));
	RAND_bytes(p->mac_key, sizeof(p->mac_key));
	p->seal = make(c->cipher, c->mac, p->key, p->iv, p->mac_key, true);
	p->open = make(c->cipher, c->mac, p->key, p->iv, p->mac_key, false);
}

static void pair_done(struct pair *p)
{
	sealer_free(p->seal);
	sealer_free(p->open);
}

/* A random packet with `blocks` blocks in its padded part. */
static size_t random_packet(const struct sealer *s, uint8_t *pkt, size_t blocks)
{
	size_t n = blocks * sealer_block_len(s);

	if (!sealer_length_outside(s))
		n -= 4;
	RAND_bytes(pkt + 4, (int)n);
	pkt[0] = (uint8_t)(n >> 24);
	pkt[1] = (uint8_t)(n >> 16);
	pkt[2] = (uint8_t)(n >> 8);
	pkt[3] = (uint8_t)n;
	return n + 4;
}

static void round_trips(void **state)
{
	static const size_t sizes[] = {1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 33,
		63, 64, 65, 127, 129, 511, 2047, 2048, 2049, 4096, 1};
	size_t room = 4 + 4096 * 16 + 64;
	uint8_t *pkt = mem_alloc(room), *plain = mem_alloc(room);

	(void)state;
	for (size_t i = 0; i < COUNT(combos); i++) {
		uint32_t seq = UINT32_MAX - 5, got;
		struct pair p;

		pair_init(&p, &combos[i]);
		for (size_t k = 0; k < COUNT(sizes); k++, seq++) {
			size_t len = random_packet(p.seal, plain, sizes[k]);

			memcpy(pkt, plain, len);
			assert_int_equal(sealer_seal(p.seal, seq, pkt, len), 0);
			assert_memory_not_equal(pkt + 4, plain + 4, len - 4);
			assert_int_equal(
				sealer_open_length(p.open, seq, pkt, &got), 0);
			assert_int_equal(got, len - 4);
			assert_int_equal(sealer_open(p.open, seq, pkt, got), 0);
			assert_memory_equal(pkt + 4, plain + 4, len - 4);
		}
		pair_done(&p);
	}
	free(pkt);
	free(plain);
}

/* Any bit of the packet or its tag, length field included. The opener is told
 * the true length, as it is what the tag is over that must tell. */
static void a_flipped_bit_is_seen(void **state)
{
	uint8_t plain[128], sealed[256], pkt[256];

	(void)state;
	for (size_t i = 0; i < COUNT(combos); i++) {
		size_t len, all;
		struct pair p;

		pair_init(&p, &combos[i]);
		len = random_packet(p.seal, plain, 3);
		all = len + sealer_tag_len(p.seal);
		memcpy(sealed, plain, len);
		assert_int_equal(sealer_seal(p.seal, 7, sealed, len), 0);
		for (size_t bit = 0; bit <= all * 8; bit++) {
			struct sealer *s = make(combos[i].cipher, combos[i].mac,
				p.key, p.iv, p.mac_key, false);
			bool whole = bit == all * 8;
			uint32_t got;

			memcpy(pkt, sealed, all);
			if (!whole)
				pkt[bit / 8] ^= (uint8_t)(1 << (bit % 8));
			assert_int_equal(
				sealer_open_length(s, 7, pkt, &got), 0);
			assert_int_equal(
				sealer_open(s, 7, pkt, (uint32_t)len - 4),
				whole ? 0 : -ERR_MAC);
			sealer_free(s);
		}
		pair_done(&p);
	}
}

/* A packet that is opened under another number, or out of turn, fails. */
static void order_is_kept(void **state)
{
	uint8_t one[256], two[256];

	(void)state;
	for (size_t i = 0; i < COUNT(combos); i++) {
		size_t len;
		uint32_t got;
		struct pair p;

		pair_init(&p, &combos[i]);
		len = random_packet(p.seal, one, 2);
		memcpy(two, one, len);
		assert_int_equal(sealer_seal(p.seal, 0, one, len), 0);
		assert_int_equal(sealer_seal(p.seal, 1, two, len), 0);
		assert_memory_not_equal(one + 4, two + 4, len - 4);
		assert_int_equal(sealer_open_length(p.open, 0, two, &got), 0);
		assert_int_equal(sealer_open(p.open, 0, two, (uint32_t)len - 4),
			-ERR_MAC);
		pair_done(&p);
	}
}

static void lengths_that_cannot_be(void **state)
{
	uint8_t pkt[256] = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(combos); i++) {
		struct pair p;

		pair_init(&p, &combos[i]);
		assert_int_equal(
			sealer_open(p.open, 0, pkt, UINT32_MAX), -ERR_PROTOCOL);
		assert_int_equal(
			sealer_open(p.open, 0, pkt, 0x80000000), -ERR_PROTOCOL);
		if (!sealer_length_outside(p.open))
			assert_int_equal(
				sealer_open(p.open, 0, pkt, 11), -ERR_PROTOCOL);
		else
			assert_int_equal(
				sealer_open(p.open, 0, pkt, 0), -ERR_MAC);
		assert_int_equal(sealer_seal(p.seal, 0, pkt, 3), -ERR_INTERNAL);
		pair_done(&p);
	}
}

/* Every name of a default list is known, and once. */
static void lists_and_tables_agree(void **state)
{
	const char *lists[] = {
		cipher_alg_default_list(), mac_alg_default_list()};
	size_t counts[] = {6, 4};

	(void)state;
	for (size_t i = 0; i < COUNT(lists); i++) {
		const char *p = lists[i];
		size_t n = 0;

		for (; *p != '\0'; n++) {
			struct slice name = {
				(const uint8_t *)p, strcspn(p, ",")};

			assert_true(i == 0 ? cipher_alg_find(name) != NULL
					   : mac_alg_find(name) != NULL);
			p += name.len;
			p += *p == ',' ? 1 : 0;
		}
		assert_int_equal(n, counts[i]);
	}
	assert_null(cipher_alg_find(slice_of("aes128-cbc")));
	assert_null(cipher_alg_find(slice_of("")));
	assert_null(cipher_alg_find(slice_of("aes128-gcm@openssh.co")));
	assert_null(mac_alg_find(slice_of("hmac-sha1")));
	sealer_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ctr_vectors),
		cmocka_unit_test(hmac_vectors),
		cmocka_unit_test(packets_of_another_make),
		cmocka_unit_test(round_trips),
		cmocka_unit_test(a_flipped_bit_is_seen),
		cmocka_unit_test(order_is_kept),
		cmocka_unit_test(lengths_that_cannot_be),
		cmocka_unit_test(lists_and_tables_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
