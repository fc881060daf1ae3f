/*
 * ProxyJump within one ssh_config file: its hops are names of Hosts there,
 * which lead elsewhere with their own user and port. Pure.
 */
#ifndef TAUPE_IMPORT_SSH_JUMPS_H
#define TAUPE_IMPORT_SSH_JUMPS_H

#include "import/import.h"
#include "import/ssh_config_file.h"

#define SSH_JUMPS_NONE SIZE_MAX

/* `servers`: the place in the set of each of the file's hosts, or
 * SSH_JUMPS_NONE. One hop that is a Host becomes a server's `jump`; in longer
 * ways the names become addresses. */
void ssh_jumps_resolve(struct import_set *set,
	const struct ssh_config_file *file, const size_t *servers);

#endif
