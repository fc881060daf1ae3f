/*
 * What the bench's load tools share: loopback sockets, the clock, numbers from
 * the command line. They are single-purpose programs: anything that fails ends
 * them with one line on stderr.
 */
#ifndef BENCH_NET_H
#define BENCH_NET_H

#include <stddef.h>
#include <stdint.h>

_Noreturn void net_die(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

int64_t net_now_ns(void); /* monotonic */

/* A decimal number in 0..max; anything else ends the program. */
uint64_t net_number(const char *text, uint64_t max);
uint16_t net_port(const char *text);

/* Listens on a free port of 127.0.0.1. The sockets block. */
int net_listen(uint16_t *ret_port);
/* Takes the next connection, with TCP_NODELAY. */
int net_accept(int listener);
/* Connects to 127.0.0.1, with TCP_NODELAY. */
int net_connect(uint16_t port);

void net_set_nonblocking(int fd);
/* As net_connect, without waiting; the socket does not block. */
int net_connect_start(uint16_t port);

/* Whole buffers on blocking sockets; 0, or -1 when the other side went away. */
int net_send_all(int fd, const void *data, size_t n);
int net_recv_all(int fd, void *data, size_t n);

/* Sorts `ns` and returns the q-quantile (0..1) in microseconds; 0 of none. */
double net_quantile_us(int64_t *ns, size_t n, double q);

#endif
