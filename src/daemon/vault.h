/*
 * Secrets at rest.
 *
 * KEYRING: one random key of ours lies in the desktop's keyring (libsecret's
 * Secret Service) and seals what lies in the store. SEALED: the key lies in
 * <state>/secret.key, 0600. PASSPHRASE: it comes from a passphrase
 * (Argon2id) asked at each start. In all three the store holds boxes of
 * libsodium bound to their owner, kind and about, so that one can't stand in
 * for another (vault_box.h).
 *
 * Opened secrets live in `struct secret`s, are wiped, are never logged. Control
 * thread; asking the keyring may block for up to 2 s (vault_keyring.h).
 */
#ifndef TAUPE_DAEMON_VAULT_H
#define TAUPE_DAEMON_VAULT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/secret.h"
#include "base/trouble.h"
#include "store/store.h"

struct vault;

enum vault_how {
	VAULT_KEYRING,
	VAULT_SEALED,
	VAULT_PASSPHRASE,
	VAULT_HOW_COUNT
};
const char *vault_how_name(enum vault_how how);

/* The way that the store's setting "secrets" names; the first time the keyring
 * where there is one, else SEALED. A PASSPHRASE vault starts locked; a keyring
 * that is locked or gone makes a locked one, too, with the reason in
 * vault_trouble. */
int vault_open(struct store *store, const char *folder,
	struct vault **ret_vault, struct trouble *trouble) WARN_UNUSED;
void vault_close(struct vault *v); /* NULL is fine; wipes */

enum vault_how vault_how(const struct vault *v);
bool vault_is_locked(const struct vault *v);
const struct trouble *vault_trouble(const struct vault *v);
/* -ERR_FORBIDDEN: the wrong one. KEYRING: asks it again (NULL). */
int vault_unlock(struct vault *v, const struct secret *passphrase,
	struct trouble *trouble) WARN_UNUSED;
/* Seals everything anew; the vault must be open. One transaction. */
int vault_change(struct vault *v, enum vault_how how,
	const struct secret *passphrase, struct trouble *trouble) WARN_UNUSED;

/* Forgets all secrets. A locked vault, whose key nobody may have any more, is
 * kept from then on as a new one is, and open. */
int vault_reset(struct vault *v, struct trouble *trouble) WARN_UNUSED;

/* As store_put_secret and so on, with what is inside. All: -ERR_VAULT_LOCKED.
 * vault_get: -ERR_NOT_FOUND; -ERR_STORE_DAMAGED when the box does not open. */
int vault_put(struct vault *v, const char *owner, const char *kind,
	const char *about, const struct secret *value,
	struct trouble *trouble) WARN_UNUSED;
int vault_get(struct vault *v, const char *owner, const char *kind,
	const char *about, struct secret *ret_value,
	struct trouble *trouble) WARN_UNUSED;
/* NULLs: all of the owner's. Needs no key. */
int vault_remove(struct vault *v, const char *owner, const char *kind,
	const char *about, struct trouble *trouble) WARN_UNUSED;
/* What there is, without opening it; works when locked. */
typedef void vault_fn(void *arg, const char *kind, const char *about);
void vault_each(
	const struct vault *v, const char *owner, vault_fn *fn, void *arg);

#endif
