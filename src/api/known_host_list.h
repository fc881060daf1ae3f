/*
 * The known_hosts files that the servers of the list read, line by line, with
 * names for single lines that hold only as long as the lines do. Control
 * thread; blocks for as long as the disk does.
 */
#ifndef TAUPE_API_KNOWN_HOST_LIST_H
#define TAUPE_API_KNOWN_HOST_LIST_H

#include <stdbool.h>

#include "daemon/control.h"
#include "ssh/known_hosts.h"

#define KNOWN_HOST_ID 33 /* with its NUL */

/* Opaque, of path, line number and key. */
void known_host_list_id(
	const struct known_hosts_entry *entry, char ret_id[KNOWN_HOST_ID]);

/* `path` is one of the files of `servers`: those that may write it. */
typedef void known_host_list_fn(void *arg,
	const struct known_hosts_entry *entry,
	const struct control_server *const *servers, size_t n_servers);
/* Each line of each file once; files that can't be read have none. `servers`
 * of an entry are those whose host it is for. `only` 0: of all servers. */
void known_host_list_each(const struct control *c, uint32_t only,
	known_host_list_fn *fn, void *arg);

#endif
