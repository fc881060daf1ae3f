/*
 * What is known of this machine's network, and whether a message of the kernel
 * changes it: which interfaces carry, which addresses they have, which routes
 * lead to the world. Messages that repeat what is known (a Wi-Fi scan, a router
 * that advertises itself again) are no news. Pure: fed with datagrams of
 * rtnetlink(7).
 *
 * Not news either: loopback, the ports of bridges and bonds (their master
 * counts), addresses that are only good on their own link, routes to single
 * networks.
 */
#ifndef TAUPE_TUNNEL_NETFACTS_H
#define TAUPE_TUNNEL_NETFACTS_H

#include <stddef.h>
#include <stdint.h>

struct netfacts;

/* Knows nothing. */
struct netfacts *netfacts_new(void);
void netfacts_free(struct netfacts *f);
void netfacts_forget(struct netfacts *f);

/* Something is not as it was known. */
#define NETFACTS_CHANGED 1u
/* A list that was asked for is complete, or was refused. */
#define NETFACTS_LISTED 2u

/* Takes a datagram in and returns NETFACTS_*. `own_port` is the reader's
 * netlink address: what it asked for is taken for known, not for news. Of a
 * datagram that breaks off, the messages that are whole count. */
unsigned netfacts_read(
	struct netfacts *f, const void *p, size_t n, uint32_t own_port);

#endif
