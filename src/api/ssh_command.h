/*
 * What people would type for ssh to have the same: a forward as a command line
 * for a POSIX shell, every word quoted that needs it.
 *
 * taupe's own (pool, lazy connect, limits, SOCKS login, secrets) has no equal
 * there and is left out; so are the options of a jump server, which ssh takes
 * from its configuration.
 *
 * Pure. Any thread.
 */
#ifndef TAUPE_API_SSH_COMMAND_H
#define TAUPE_API_SSH_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "store/store.h"

struct ssh_command {
	const struct store_server *server;
	/* the jump servers on the way, first hop first */
	const struct store_server *const *way;
	size_t n_way;
	const struct store_forward *forward;
	/* The port that was picked where 0 is asked for; 0: none yet */
	uint16_t bound_port;
};

/* Appends the line, without an end. */
void ssh_command_write(struct buf *out, const struct ssh_command *c);

/* Appends `word`, in single quotes where a shell would see more in it. */
void ssh_command_quote(struct buf *out, const char *word);
/* Appends "user@host:port" as ProxyJump has it: without what is default. */
void ssh_command_hop(struct buf *out, const struct store_server *server);
/* Whether ssh knows the option of this "Name=value" at all. */
bool ssh_command_knows(const char *option);

#endif
