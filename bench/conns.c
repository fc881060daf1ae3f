/*
 * conns churn|hold PORT COUNT PARALLEL
 *
 * Opens COUNT connections to the target's echo, PARALLEL of them under way at
 * any time. A connection counts as open when a byte has come back through it:
 * both ends and everything between them have really set it up.
 *
 *   churn  closes each at once
 *   hold   keeps them all, idle, until its standard input ends
 *
 * Prints JSON when the last is open: how many, how many failed, seconds.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"

#define STALL_MS 60000 /* nothing moves for so long: give up */

struct run {
	int ep;
	uint16_t port;
	bool hold;
	uint32_t count, started, opened, failed;
};

static void start_one(struct run *r)
{
	int fd = net_connect_start(r->port);
	struct epoll_event ev = {.events = EPOLLOUT, .data.fd = fd};

	if (epoll_ctl(r->ep, EPOLL_CTL_ADD, fd, &ev) < 0)
		net_die("epoll_ctl");
	r->started++;
}

/* Connected: the byte goes out. Whether it comes back decides. */
static bool send_probe(struct run *r, int fd)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.fd = fd};

	return send(fd, "x", 1, MSG_NOSIGNAL) == 1 &&
	       epoll_ctl(r->ep, EPOLL_CTL_MOD, fd, &ev) == 0;
}

static void finish_one(struct run *r, int fd)
{
	char byte;

	if (recv(fd, &byte, 1, 0) == 1)
		r->opened++;
	else
		r->failed++;
	if (r->hold)
		epoll_ctl(r->ep, EPOLL_CTL_DEL, fd, NULL);
	else
		close(fd);
	if (r->started < r->count)
		start_one(r);
}

static void run_all(struct run *r, uint32_t parallel)
{
	struct epoll_event ready[256];
	int n;

	while (r->started < r->count && r->started < parallel)
		start_one(r);
	while (r->opened + r->failed < r->count) {
		n = epoll_wait(r->ep, ready, 256, STALL_MS);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			net_die("stuck: %u open, %u failed, of %u", r->opened,
				r->failed, r->count);
		for (int i = 0; i < n; i++) {
			int fd = ready[i].data.fd;

			if (!(ready[i].events & EPOLLOUT) || !send_probe(r, fd))
				finish_one(r, fd);
		}
	}
}

int main(int argc, char **argv)
{
	struct run r = {.ep = epoll_create1(EPOLL_CLOEXEC)};
	uint32_t parallel;
	int64_t start;
	char byte;

	if (argc != 5)
		return 2;
	r.hold = strcmp(argv[1], "hold") == 0;
	r.port = net_port(argv[2]);
	r.count = (uint32_t)net_number(argv[3], 1000000);
	parallel = (uint32_t)net_number(argv[4], 1000000);
	start = net_now_ns();
	run_all(&r, parallel);
	printf("{\"opened\": %u, \"failed\": %u, \"seconds\": %.6f}\n",
		r.opened, r.failed, (double)(net_now_ns() - start) / 1e9);
	fflush(stdout);
	while (r.hold && read(STDIN_FILENO, &byte, 1) > 0)
		continue;
	return 0;
}
