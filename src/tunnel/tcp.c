#include "tunnel/tcp.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>

static bool is_loopback(const struct sockaddr *address)
{
	const struct sockaddr_in *in = (const void *)address;
	const struct sockaddr_in6 *in6 = (const void *)address;

	if (address->sa_family == AF_INET)
		return ntohl(in->sin_addr.s_addr) >> 24 == 127;
	return address->sa_family == AF_INET6 &&
	       IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
}

void tcp_tune(int fd, const struct sockaddr *address)
{
	static const char reno[] = "reno";
	int on = 1;

	if (address->sa_family != AF_INET && address->sa_family != AF_INET6)
		return;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (is_loopback(address))
		setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, reno,
			sizeof(reno) - 1);
}
