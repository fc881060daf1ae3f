/*
 * Which user of this machine has the other end of a TCP connection, by
 * sock_diag(7). Linux. Control thread.
 */
#ifndef TAUPE_API_PEER_USER_H
#define TAUPE_API_PEER_USER_H

#include <stdbool.h>

/* Whether it is surely somebody else: neither this process's user nor root.
 * Other machines' clients, and what can't be seen, are nobody else. */
bool peer_user_is_other(int fd);

#endif
