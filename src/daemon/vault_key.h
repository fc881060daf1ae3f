/*
 * Where a vault's key comes from when no keyring keeps it: a file of the state
 * folder, or a passphrase. A new key is random, or has a new salt. Control
 * thread; a passphrase's takes some tenths of a second and 64 MiB.
 */
#ifndef TAUPE_DAEMON_VAULT_KEY_H
#define TAUPE_DAEMON_VAULT_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/secret.h"
#include "base/trouble.h"
#include "daemon/vault_box.h"

/* Room for a key: locked into memory, between guard pages, wiped when freed.
 * NULL is fine for the latter. */
uint8_t *vault_key_alloc(void);
void vault_key_free(uint8_t *key);

/* Base64 with its NUL, as the file and the keyring have it. */
#define VAULT_KEY_TEXT 45
void vault_key_format(
	const uint8_t key[VAULT_BOX_KEY], char ret_text[VAULT_KEY_TEXT]);
/* -ERR_INVALID: not that. A newline may end it. */
int vault_key_parse(
	const char *text, size_t n, uint8_t ret_key[VAULT_BOX_KEY]) WARN_UNUSED;

/* <folder>/secret.key. Making it replaces what lies there, and has reached the
 * disk when it returns. Reading: -ERR_NOT_FOUND; -ERR_FILE, too, when it is not
 * ours alone. */
int vault_key_make_file(const char *folder, uint8_t ret_key[VAULT_BOX_KEY],
	struct trouble *trouble) WARN_UNUSED;
int vault_key_read_file(const char *folder, uint8_t ret_key[VAULT_BOX_KEY],
	struct trouble *trouble) WARN_UNUSED;
void vault_key_remove_file(const char *folder);

/* How a passphrase becomes the key, with its salt: not secret. */
#define VAULT_KEY_RECIPE 96
void vault_key_new_recipe(char ret_recipe[VAULT_KEY_RECIPE]);
/* -ERR_STORE_DAMAGED: no such recipe. -ERR_SYSTEM: too little memory. */
int vault_key_derive(const char *recipe, const struct secret *passphrase,
	uint8_t ret_key[VAULT_BOX_KEY], struct trouble *trouble) WARN_UNUSED;

#endif
