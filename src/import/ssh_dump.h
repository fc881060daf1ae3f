/*
 * What the installed ssh makes of an ssh_config file for one host: `ssh -G`.
 * Blocks until it has ended, for at most SSH_DUMP_MS. Nothing is connected to.
 */
#ifndef TAUPE_IMPORT_SSH_DUMP_H
#define TAUPE_IMPORT_SSH_DUMP_H

#include <stdbool.h>
#include <stddef.h>

#define SSH_DUMP_MS 5000

struct ssh_dump {
	char *text;
	const char **name, **value; /* n of each, into `text` */
	size_t n;
};

/* False: ssh is not there, does not end or does not like the file. */
bool ssh_dump_read(
	const char *config, const char *host, struct ssh_dump *ret_dump);
void ssh_dump_done(struct ssh_dump *dump);
bool ssh_dump_has(
	const struct ssh_dump *dump, const char *name, const char *value);

#endif
