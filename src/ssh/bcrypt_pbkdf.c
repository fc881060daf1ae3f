#include "ssh/bcrypt_pbkdf.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/evp.h>

#include "base/buf.h"
#include "base/secret.h"

#define FEISTEL_ROUNDS 16
#define P_WORDS        (FEISTEL_ROUNDS + 2)
#define S_WORDS        (4 * 256)
#define PI_BYTES       ((P_WORDS + S_WORDS) * 4)

#define HASH_BYTES  64 /* SHA-512's */
#define BLOCK_WORDS 8
#define BLOCK_BYTES (BLOCK_WORDS * 4)

struct blowfish {
	uint32_t p[P_WORDS];
	uint32_t s[4][256];
};

/* ---- the tables: the fractional part of pi ---- */

static pthread_once_t pi_once = PTHREAD_ONCE_INIT;
static struct blowfish pi_state;
static bool pi_known;

/* sum += weight * arctan(1 / x), scaled by 2^bits, by its Taylor series. */
static bool add_arctan(
	BIGNUM *sum, int bits, BN_ULONG weight, BN_ULONG x, bool negative)
{
	BIGNUM *power = BN_new(), *term = BN_new();
	bool ok = power != NULL && term != NULL && BN_one(power) == 1 &&
		  BN_lshift(power, power, bits) == 1 &&
		  BN_mul_word(power, weight) == 1;

	ok = ok && BN_div_word(power, x) != (BN_ULONG)-1;
	for (BN_ULONG n = 1; ok && !BN_is_zero(power); n += 2) {
		ok = BN_copy(term, power) != NULL &&
		     BN_div_word(term, n) != (BN_ULONG)-1 &&
		     (negative ? BN_sub(sum, sum, term)
			       : BN_add(sum, sum, term)) == 1 &&
		     BN_div_word(power, x * x) != (BN_ULONG)-1;
		negative = !negative;
	}
	BN_free(power);
	BN_free(term);
	return ok;
}

/* Machin: pi = 16 arctan(1/5) - 4 arctan(1/239). The guard bits take up what
 * some ten thousand truncated divisions lose. */
static bool pi_fraction(uint8_t ret_bytes[PI_BYTES])
{
	enum { GUARD_BITS = 64, BITS = PI_BYTES * 8 + GUARD_BITS };
	BIGNUM *pi = BN_new();
	bool ok = pi != NULL && add_arctan(pi, BITS, 16, 5, false) &&
		  add_arctan(pi, BITS, 4, 239, true) &&
		  BN_mask_bits(pi, BITS) == 1 &&
		  BN_rshift(pi, pi, GUARD_BITS) == 1 &&
		  BN_bn2binpad(pi, ret_bytes, PI_BYTES) == PI_BYTES;

	BN_free(pi);
	return ok;
}

static uint32_t load_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static void pi_init(void)
{
	uint8_t bytes[PI_BYTES];
	const uint8_t *at = bytes;

	pi_known = pi_fraction(bytes);
	if (!pi_known)
		return;
	for (unsigned i = 0; i < P_WORDS; i++, at += 4)
		pi_state.p[i] = load_be32(at);
	for (unsigned i = 0; i < S_WORDS; i++, at += 4)
		pi_state.s[i / 256][i % 256] = load_be32(at);
}

/* ---- Blowfish, and bcrypt's slow key schedule ---- */

static uint32_t feistel(const struct blowfish *bf, uint32_t x)
{
	return ((bf->s[0][x >> 24] + bf->s[1][x >> 16 & 0xff]) ^
		       bf->s[2][x >> 8 & 0xff]) +
	       bf->s[3][x & 0xff];
}

static void encipher(const struct blowfish *bf, uint32_t pair[2])
{
	uint32_t l = pair[0], r = pair[1];

	for (unsigned i = 0; i < FEISTEL_ROUNDS; i += 2) {
		l ^= bf->p[i];
		r ^= feistel(bf, l);
		r ^= bf->p[i + 1];
		l ^= feistel(bf, r);
	}
	pair[0] = r ^ bf->p[FEISTEL_ROUNDS + 1];
	pair[1] = l ^ bf->p[FEISTEL_ROUNDS];
}

/* Mixes `key` into the P-array, then fills all tables with the chained
 * encryption of `salt`, taken in turns; a salt of zeros is Blowfish's own key
 * schedule. Both have the length of a hash. */
static void expand(struct blowfish *bf, const uint32_t key[HASH_BYTES / 4],
	const uint32_t salt[HASH_BYTES / 4])
{
	uint32_t pair[2] = {0, 0};
	unsigned at = 0;

	for (unsigned i = 0; i < P_WORDS; i++)
		bf->p[i] ^= key[i % (HASH_BYTES / 4)];
	for (unsigned i = 0; i < P_WORDS + S_WORDS; i += 2) {
		pair[0] ^= salt[at];
		pair[1] ^= salt[at + 1];
		at = (at + 2) % (HASH_BYTES / 4);
		encipher(bf, pair);
		if (i < P_WORDS)
			memcpy(&bf->p[i], pair, sizeof(pair));
		else
			memcpy(&bf->s[(i - P_WORDS) / 256][(i - P_WORDS) % 256],
				pair, sizeof(pair));
	}
	secret_wipe(pair, sizeof(pair));
}

static void bcrypt_core(const uint8_t password[HASH_BYTES],
	const uint8_t salt[HASH_BYTES], uint8_t ret_block[BLOCK_BYTES])
{
	static const uint8_t text[BLOCK_BYTES + 1] =
		"OxychromaticBlowfishSwatDynamite";
	static const uint32_t zeros[HASH_BYTES / 4];
	uint32_t key[HASH_BYTES / 4], seed[HASH_BYTES / 4];
	uint32_t block[BLOCK_WORDS];
	struct blowfish bf = pi_state;

	for (unsigned i = 0; i < HASH_BYTES / 4; i++) {
		key[i] = load_be32(password + i * 4);
		seed[i] = load_be32(salt + i * 4);
	}
	expand(&bf, key, seed);
	for (unsigned i = 0; i < 64; i++) {
		expand(&bf, seed, zeros);
		expand(&bf, key, zeros);
	}
	for (unsigned i = 0; i < BLOCK_WORDS; i++)
		block[i] = load_be32(text + i * 4);
	for (unsigned n = 0; n < 64; n++)
		for (unsigned i = 0; i < BLOCK_WORDS; i += 2)
			encipher(&bf, block + i);
	for (unsigned i = 0; i < BLOCK_BYTES; i++)
		ret_block[i] = (uint8_t)(block[i / 4] >> (i % 4 * 8));
	secret_wipe(&bf, sizeof(bf));
	secret_wipe(key, sizeof(key));
	secret_wipe(seed, sizeof(seed));
	secret_wipe(block, sizeof(block));
}

/* ---- the derivation ---- */

static bool sha512(const void *p, size_t n, uint8_t ret_hash[HASH_BYTES])
{
	return EVP_Digest(p, n, ret_hash, NULL, EVP_sha512(), NULL) == 1;
}

/* One block of output: the rounds' results, added without carry. */
static bool derive_block(const uint8_t password[HASH_BYTES],
	const struct buf *counted_salt, uint32_t rounds,
	uint8_t ret_block[BLOCK_BYTES])
{
	uint8_t salt[HASH_BYTES], block[BLOCK_BYTES];
	bool ok = sha512(buf_ptr(counted_salt), buf_len(counted_salt), salt);

	memset(ret_block, 0, BLOCK_BYTES);
	for (uint32_t n = 0; ok && n < rounds; n++) {
		if (n != 0)
			ok = sha512(block, sizeof(block), salt);
		bcrypt_core(password, salt, block);
		for (unsigned i = 0; i < BLOCK_BYTES; i++)
			ret_block[i] ^= block[i];
	}
	secret_wipe(salt, sizeof(salt));
	secret_wipe(block, sizeof(block));
	return ok;
}

int bcrypt_pbkdf(struct slice password, struct slice salt, uint32_t rounds,
	uint8_t *ret_key, size_t key_len)
{
	size_t blocks = (key_len + BLOCK_BYTES - 1) / BLOCK_BYTES;
	uint8_t hashed[HASH_BYTES], block[BLOCK_BYTES];
	bool ok = true;

	if (password.len == 0 || salt.len == 0 || rounds == 0 || key_len == 0)
		return -ERR_INVALID;
	if (rounds > BCRYPT_PBKDF_ROUNDS_MAX ||
		key_len > BCRYPT_PBKDF_KEY_MAX ||
		salt.len > BCRYPT_PBKDF_SALT_MAX)
		return -ERR_LIMIT;
	pthread_once(&pi_once, pi_init);
	if (!pi_known || !sha512(password.p, password.len, hashed))
		return -ERR_CRYPTO;
	for (uint32_t n = 0; ok && n < blocks; n++) {
		struct buf counted = BUF_INIT;

		buf_put(&counted, salt.p, salt.len);
		buf_put_u32(&counted, n + 1);
		ok = derive_block(hashed, &counted, rounds, block);
		buf_done(&counted);
		/* Dealt out: block n holds bytes n, n + blocks, … of the key,
		 * so that a reader who wants a part pays for all. */
		for (size_t i = 0; i * blocks + n < key_len && i < BLOCK_BYTES;
			i++)
			ret_key[i * blocks + n] = block[i];
	}
	secret_wipe(hashed, sizeof(hashed));
	secret_wipe(block, sizeof(block));
	return ok ? 0 : -ERR_CRYPTO;
}
