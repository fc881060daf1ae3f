/*
 * bcrypt_pbkdf, the derivation that OpenSSH's key files use: PBKDF2's shape
 * with bcrypt (Blowfish keyed again and again) over SHA-512 as its core, and
 * its output dealt out like cards. OpenBSD bcrypt_pbkdf(3); N. Provos, D.
 * Mazieres, "A Future-Adaptable Password Scheme", 1999; B. Schneier,
 * "Description of a New Variable-Length Key, 64-Bit Block Cipher (Blowfish)",
 * 1994.
 */
#ifndef TAUPE_SSH_BCRYPT_PBKDF_H
#define TAUPE_SSH_BCRYPT_PBKDF_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rd.h"

/* 16 or 24 is what ssh-keygen writes; a round takes some milliseconds, and a
 * hostile file must not take minutes. */
#define BCRYPT_PBKDF_ROUNDS_MAX 2048
#define BCRYPT_PBKDF_KEY_MAX    1024
#define BCRYPT_PBKDF_SALT_MAX   (64 * 1024)

/* Fills `ret_key`. Blocks for as long as the rounds ask; any thread. `password`
 * and `salt` are not empty. -ERR_LIMIT: past one of the caps above;
 * -ERR_INVALID: something is empty; -ERR_CRYPTO. */
int bcrypt_pbkdf(struct slice password, struct slice salt, uint32_t rounds,
	uint8_t *ret_key, size_t key_len) WARN_UNUSED;

#endif
