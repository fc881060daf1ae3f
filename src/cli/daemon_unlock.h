/*
 * The passphrase of the secrets at the daemon's start: from a systemd
 * credential
 * ($CREDENTIALS_DIRECTORY/taupe-passphrase), a descriptor, or a terminal.
 */
#ifndef TAUPE_CLI_DAEMON_UNLOCK_H
#define TAUPE_CLI_DAEMON_UNLOCK_H

#include "daemon/vault.h"

/* Opens the vault where it is locked by a passphrase and one is at hand; blocks
 * while a person types. `passphrase_fd` -1: none; it is closed. What does not
 * succeed is logged, and the daemon goes on with locked secrets. Before there
 * are threads. */
void daemon_unlock(struct vault *vault, int passphrase_fd);

#endif
