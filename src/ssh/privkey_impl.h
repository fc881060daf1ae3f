/*
 * The parts of privkey.h: the two families of key files, and the ciphers of
 * OpenSSH's. For privkey*.c only.
 */
#ifndef TAUPE_SSH_PRIVKEY_IMPL_H
#define TAUPE_SSH_PRIVKEY_IMPL_H

#include <openssl/types.h>

#include "base/rd.h"
#include "base/secret.h"
#include "ssh/pubkey.h"

#define PRIVKEY_TEXT_MAX (1024 * 1024)

struct privkey {
	struct pubkey *public;
	EVP_PKEY *pkey;
};

/* ---- privkey_openssh.c: PROTOCOL.key ---- */

bool privkey_openssh_is(struct slice text);
/* Fill an all-zero `k`; on failure the caller frees what is there. Errors as
 * privkey_parse. */
int privkey_openssh_parse(struct slice text, const struct secret *passphrase,
	struct privkey *k) WARN_UNUSED;
/* The decrypted part alone: `public` is the key that the file names. */
int privkey_openssh_parse_plain(struct slice plain, const struct pubkey *public,
	bool encrypted, struct privkey *k) WARN_UNUSED;
int privkey_openssh_peek(
	struct slice text, struct pubkey **ret_key) WARN_UNUSED;

/* ---- privkey_pem.c: PKCS#8, PKCS#1 and SEC 1 in PEM ---- */

int privkey_pem_parse(struct slice text, const struct secret *passphrase,
	EVP_PKEY **ret_pkey) WARN_UNUSED;

/* ---- privkey_cipher.c ---- */

struct privkey_cipher {
	const char *name; /* SSH's */
	const char *evp;  /* libcrypto's; NULL: "none" */
	size_t key_bytes, iv_bytes, block_bytes, tag_bytes;
};

#define PRIVKEY_CIPHER_KEY_IV_MAX 64

const struct privkey_cipher *privkey_cipher_find(struct slice name);
/* Decrypts `sealed`, whole blocks of it, to as many bytes at `ret_plain`.
 * `key_iv` is the key, then the IV. -ERR_KEY_PASSPHRASE: the tag is not right,
 * and what was written is worthless; -ERR_CRYPTO. */
int privkey_cipher_open(const struct privkey_cipher *c, const uint8_t *key_iv,
	struct slice sealed, struct slice tag, uint8_t *ret_plain) WARN_UNUSED;

#endif
