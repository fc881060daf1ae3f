/*
 * How our TCP sockets are set. Any thread.
 */
#ifndef TAUPE_TUNNEL_TCP_H
#define TAUPE_TUNNEL_TCP_H

#include <sys/socket.h>

/* No Nagle: what is ready goes. And where `address` (the peer's, or the one
 * that is listened on) is this machine's own loopback, Reno in place of the
 * system's congestion control: nothing is ever lost there, and pacing (BBR's
 * timers) only costs. Accepted sockets inherit both from their listener. */
void tcp_tune(int fd, const struct sockaddr *address);

#endif
