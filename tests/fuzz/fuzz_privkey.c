/*
 * Key files. The first byte chooses what the rest is: the text of a file; an
 * OpenSSH file before base64, so that mutations reach it; a PEM file with a
 * passphrase; or a public blob (an SSH string) and the decrypted part of a
 * file.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/base64.h"
#include "ssh/privkey.h"
#include "ssh/privkey_impl.h"

#define SIGN_BITS_MAX 4096 /* larger ones only cost time */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(const struct privkey *k)
{
	static const char *const algs[] = {"ssh-ed25519", "ecdsa-sha2-nistp256",
		"ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "rsa-sha2-512"};
	const struct pubkey *public = privkey_public(k);
	struct slice text = {(const uint8_t *)"data", 4};

	if (pubkey_bits(public) > SIGN_BITS_MAX)
		return;
	for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
		struct slice alg = {(const uint8_t *)algs[i], strlen(algs[i])};
		struct buf sig = BUF_INIT;

		/* Whether RSA's factors are primes is not looked at: such a
		 * key may sign wrongly. */
		if (privkey_sign(k, algs[i], text, &sig) == 0 &&
			pubkey_verify(public, alg,
				(struct slice){buf_ptr(&sig), buf_len(&sig)},
				text) != 0 &&
			pubkey_type(public) != PUBKEY_RSA)
			abort();
		buf_done(&sig);
	}
}

static void parse(struct slice text, const struct secret *passphrase)
{
	struct pubkey *peeked;
	struct privkey *k;

	if (privkey_parse(text, passphrase, &k) == 0) {
		use(k);
		privkey_free(k);
	}
	if (privkey_peek_public(text, &peeked) == 0)
		pubkey_free(peeked);
}

static void parse_armored(struct slice bytes)
{
	struct buf text = BUF_INIT;

	buf_printf(&text, "-----BEGIN OPENSSH PRIVATE KEY-----\n");
	base64_encode(&text, bytes.p, bytes.len);
	buf_printf(&text, "\n-----END OPENSSH PRIVATE KEY-----\n");
	parse((struct slice){buf_ptr(&text), buf_len(&text)}, NULL);
	buf_done(&text);
}

static void parse_with_passphrase(struct slice text)
{
	struct secret passphrase = SECRET_INIT;

	/* bcrypt would only cost time. */
	if (privkey_openssh_is(text))
		return;
	secret_set(&passphrase, "taupe", 5);
	parse(text, &passphrase);
	secret_done(&passphrase);
}

static void parse_decrypted(struct rd r)
{
	struct slice blob = rd_string(&r);
	struct privkey *k = calloc(1, sizeof(*k));

	if (k != NULL && pubkey_parse_plain(blob, &k->public) == 0 &&
		privkey_openssh_parse_plain(
			(struct slice){r.p, r.left}, k->public, true, k) == 0)
		use(k);
	privkey_free(k);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_of(data, size);
	uint8_t mode = rd_u8(&r);
	struct slice rest = {r.p, r.left};

	switch (mode) {
	case 'a':
		parse_armored(rest);
		break;
	case 'p':
		parse_with_passphrase(rest);
		break;
	case 'd':
		parse_decrypted(r);
		break;
	default:
		parse(rest, NULL);
		break;
	}
	return 0;
}
