/*
 * The destination of the tunnels under test: three ports, whose numbers it
 * prints as JSON. It does as little as it can, to leave the processor to what
 * is being measured.
 *
 *   sink    drops what comes; answers one byte after the end of input
 *   source  sends until the other side goes away
 *   echo    sends back what comes
 *
 * Lives until it is killed or its standard input ends.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"

enum kind { SINK, SOURCE, ECHO, KIND_COUNT, PARENT };

#define CHUNK (256 * 1024)
static char zeros[CHUNK];

/* kind, whether it is a listener, and fd in epoll's 64 bits: no allocation for
 * a connection. */
static uint64_t tag(enum kind kind, bool listener, int fd)
{
	return (uint64_t)kind << 40 | (uint64_t)listener << 32 | (uint32_t)fd;
}

static void watch(int ep, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event ev = {.events = events, .data.u64 = data};

	if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) < 0)
		net_die("epoll_ctl");
}

static bool serve_sink(int fd)
{
	/* MSG_TRUNC on TCP: the kernel drops the bytes without a copy. */
	ssize_t n = recv(fd, NULL, 4 * CHUNK, MSG_TRUNC | MSG_DONTWAIT);

	if (n > 0 || (n < 0 && errno == EAGAIN))
		return true;
	if (n == 0)
		(void)send(fd, zeros, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	return false;
}

static bool serve_source(int fd)
{
	ssize_t n = send(fd, zeros, CHUNK, MSG_NOSIGNAL | MSG_DONTWAIT);

	return n > 0 || errno == EAGAIN;
}

static bool serve_echo(int fd)
{
	char data[4096];
	ssize_t n = recv(fd, data, sizeof(data), MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN)
		return true;
	return n > 0 && net_send_all(fd, data, (size_t)n) == 0;
}

static bool serve(enum kind kind, int fd, uint32_t events)
{
	if (kind == SINK)
		return serve_sink(fd);
	if (kind == ECHO)
		return serve_echo(fd);
	/* Nothing is expected from a source's client: input is its end. */
	return (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0 &&
	       serve_source(fd);
}

static void handle(int ep, const struct epoll_event *ev)
{
	enum kind kind = (enum kind)(ev->data.u64 >> 40);
	int fd = (int)(uint32_t)ev->data.u64;

	if (ev->data.u64 >> 32 & 1) {
		fd = net_accept(fd);
		watch(ep, fd, kind == SOURCE ? EPOLLIN | EPOLLOUT : EPOLLIN,
			tag(kind, false, fd));
	} else if (!serve(kind, fd, ev->events)) {
		close(fd);
	}
}

int main(void)
{
	struct epoll_event ready[256];
	uint16_t port[KIND_COUNT];
	int ep = epoll_create1(EPOLL_CLOEXEC), fd, n;

	for (int kind = 0; kind < KIND_COUNT; kind++) {
		fd = net_listen(&port[kind]);
		watch(ep, fd, EPOLLIN, tag((enum kind)kind, true, fd));
	}
	watch(ep, STDIN_FILENO, EPOLLIN, tag(PARENT, false, STDIN_FILENO));
	printf("{\"sink\": %u, \"source\": %u, \"echo\": %u}\n", port[SINK],
		port[SOURCE], port[ECHO]);
	fflush(stdout);
	for (;;) {
		n = epoll_wait(ep, ready, 256, -1);
		if (n < 0 && errno != EINTR)
			net_die("epoll_wait");
		for (int i = 0; i < n; i++) {
			if (ready[i].data.u64 >> 40 == PARENT)
				return 0;
			handle(ep, &ready[i]);
		}
	}
}
