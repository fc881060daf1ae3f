#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

void net_die(const char *fmt, ...)
{
	int err = errno;
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "%s: ", program_invocation_short_name);
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, " (%s)\n", strerror(err));
	va_end(ap);
	exit(1);
}

int64_t net_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

uint64_t net_number(const char *text, uint64_t max)
{
	char *end;
	unsigned long long n;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || n > max) {
		errno = EINVAL;
		net_die("%s", text);
	}
	return n;
}

uint16_t net_port(const char *text)
{
	return (uint16_t)net_number(text, UINT16_MAX);
}

static struct sockaddr_in loopback(uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

int net_listen(uint16_t *ret_port)
{
	struct sockaddr_in addr = loopback(0);
	socklen_t len = sizeof(addr);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, len) < 0 ||
		listen(fd, SOMAXCONN) < 0 ||
		getsockname(fd, (struct sockaddr *)&addr, &len) < 0)
		net_die("listen");
	*ret_port = ntohs(addr.sin_port);
	return fd;
}

static void set_nodelay(int fd)
{
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

int net_accept(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		net_die("accept");
	set_nodelay(fd);
	return fd;
}

static int connect_with(uint16_t port, int flags)
{
	struct sockaddr_in addr = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

	if (fd < 0)
		net_die("socket");
	set_nodelay(fd);
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 &&
		errno != EINPROGRESS)
		net_die("connect to port %u", port);
	return fd;
}

int net_connect(uint16_t port)
{
	return connect_with(port, 0);
}

int net_connect_start(uint16_t port)
{
	return connect_with(port, SOCK_NONBLOCK);
}

void net_set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		net_die("fcntl");
}

int net_send_all(int fd, const void *data, size_t n)
{
	const char *at = data;
	ssize_t k;

	for (; n > 0; at += k, n -= (size_t)k) {
		k = send(fd, at, n, MSG_NOSIGNAL);
		if (k < 0)
			return -1;
	}
	return 0;
}

int net_recv_all(int fd, void *data, size_t n)
{
	char *at = data;
	ssize_t k;

	for (; n > 0; at += k, n -= (size_t)k) {
		k = recv(fd, at, n, 0);
		if (k <= 0)
			return -1;
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

double net_quantile_us(int64_t *ns, size_t n, double q)
{
	if (n == 0)
		return 0;
	qsort(ns, n, sizeof(*ns), compare);
	return (double)ns[(size_t)(q * (double)(n - 1) + 0.5)] / 1000;
}
