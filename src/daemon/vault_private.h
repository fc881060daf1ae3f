/* What the files of the vault share. */
#ifndef TAUPE_DAEMON_VAULT_PRIVATE_H
#define TAUPE_DAEMON_VAULT_PRIVATE_H

#include <stdint.h>

#include "daemon/vault.h"

struct vault {
	struct store *store; /* borrowed */
	char *folder;
	enum vault_how how;
	uint8_t *key;           /* vault_key_alloc; NULL: locked */
	struct trouble trouble; /* why it is locked; ERR_OK: no trouble */
};

/* vault_change.c. Gets the key the way the vault is kept, and checks it. */
int vault_fetch(struct vault *v, const struct secret *passphrase,
	struct trouble *trouble) WARN_UNUSED;
/* vault_change, for a new vault, too. Secrets that the old key does not open
 * (NULL: all) stay as they are, or are forgotten. */
int vault_change_to(struct vault *v, enum vault_how how, bool forget,
	const struct secret *passphrase, struct trouble *trouble) WARN_UNUSED;

#endif
