/*
 * A vault's key in the desktop's keyring (Secret Service), asked through a
 * child of ours: `taupe keyring` loads libsecret, answers and is gone. So the
 * daemon carries neither GLib nor its threads, and a keyring that hangs costs
 * the daemon VAULT_KEYRING_MS and no more. Nothing pops up: a keyring that is
 * locked is a trouble. Control thread; blocks.
 */
#ifndef TAUPE_DAEMON_VAULT_KEYRING_H
#define TAUPE_DAEMON_VAULT_KEYRING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/trouble.h"
#include "daemon/vault_box.h"

#define VAULT_KEYRING_MS 2000

/* Names the item of one state folder. */
#define VAULT_KEYRING_ID 33 /* 32 hex digits and a NUL */
void vault_keyring_new_id(char ret_id[VAULT_KEYRING_ID]);

/* Whether there is a session bus to ask on. */
bool vault_keyring_is_near(void);

/* -ERR_NOT_FOUND: it is not there. -ERR_VAULT_LOCKED: the keyring is.
 * -ERR_AGAIN: no keyring answers ("detail"). */
int vault_keyring_get(const char *id, uint8_t ret_key[VAULT_BOX_KEY],
	struct trouble *trouble) WARN_UNUSED;
int vault_keyring_put(const char *id, const uint8_t key[VAULT_BOX_KEY],
	struct trouble *trouble) WARN_UNUSED;
int vault_keyring_remove(const char *id, struct trouble *trouble) WARN_UNUSED;

#endif
