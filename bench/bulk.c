/*
 * bulk up|down PORT [-n BYTES] [-t SECONDS] [-s SKIP_SECONDS]
 *
 * One connection at full speed, until so many bytes or seconds, or SIGTERM. Up
 * goes to the target's sink and counts as done when the sink has seen the end;
 * down comes from its source. Prints JSON: bytes, seconds, the rate over the
 * whole time, and the steady rate: what came after the first SKIP_SECONDS.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "net.h"

#define CHUNK    (256 * 1024)
#define NS       1e9
#define STALL_S  60 /* no progress for so long: the tunnel hangs */
#define MAX_TIME 3600

struct run {
	int fd;
	uint64_t max_bytes, bytes;
	int64_t start, end, skip_until;
	int64_t skip_at;     /* when the steady part began; 0: not yet */
	uint64_t skip_bytes; /* what had gone by then */
};

static char chunk[CHUNK];
static volatile sig_atomic_t stopping;

static void on_term(int sig)
{
	stopping = 1;
}

static int wants_more(struct run *r)
{
	int64_t now = net_now_ns();

	if (r->skip_at == 0 && now >= r->skip_until) {
		r->skip_at = now;
		r->skip_bytes = r->bytes;
	}
	return r->bytes < r->max_bytes && now < r->end && !stopping;
}

static size_t next_size(const struct run *r)
{
	uint64_t left = r->max_bytes - r->bytes;

	return left < CHUNK ? (size_t)left : CHUNK;
}

static void run_up(struct run *r)
{
	char ack;

	while (wants_more(r)) {
		size_t n = next_size(r);

		if (net_send_all(r->fd, chunk, n) < 0)
			net_die("send after %llu bytes",
				(unsigned long long)r->bytes);
		r->bytes += n;
	}
	if (shutdown(r->fd, SHUT_WR) < 0 || net_recv_all(r->fd, &ack, 1) < 0)
		net_die("no acknowledgement of %llu bytes",
			(unsigned long long)r->bytes);
}

static void run_down(struct run *r)
{
	while (wants_more(r)) {
		/* MSG_TRUNC on TCP: dropped without a copy. */
		ssize_t n = recv(r->fd, NULL, next_size(r), MSG_TRUNC);

		if (n <= 0)
			net_die("receive after %llu bytes",
				(unsigned long long)r->bytes);
		r->bytes += (uint64_t)n;
	}
}

static void print_result(const struct run *r)
{
	int64_t now = net_now_ns();
	double seconds = (double)(now - r->start) / NS;
	double rate = (double)r->bytes / seconds, steady = rate;

	if (r->skip_at > r->start)
		steady = (double)(r->bytes - r->skip_bytes) /
			 ((double)(now - r->skip_at) / NS);
	printf("{\"bytes\": %llu, \"seconds\": %.6f, \"rate\": %.0f, "
	       "\"steady_rate\": %.0f}\n",
		(unsigned long long)r->bytes, seconds, rate, steady);
}

int main(int argc, char **argv)
{
	struct timeval stall = {.tv_sec = STALL_S};
	struct run r = {.max_bytes = UINT64_MAX};
	uint64_t max_seconds = MAX_TIME, skip_seconds = 0;
	int opt;

	while ((opt = getopt(argc, argv, "n:t:s:")) != -1) {
		if (opt == 'n')
			r.max_bytes = net_number(optarg, UINT64_MAX);
		else if (opt == 't')
			max_seconds = net_number(optarg, MAX_TIME);
		else if (opt == 's')
			skip_seconds = net_number(optarg, MAX_TIME);
		else
			return 2;
	}
	if (argc - optind != 2)
		return 2;
	signal(SIGTERM, on_term); /* restarts what it interrupts */
	r.fd = net_connect(net_port(argv[optind + 1]));
	setsockopt(r.fd, SOL_SOCKET, SO_RCVTIMEO, &stall, sizeof(stall));
	setsockopt(r.fd, SOL_SOCKET, SO_SNDTIMEO, &stall, sizeof(stall));
	r.start = net_now_ns();
	r.end = r.start + (int64_t)(max_seconds * (uint64_t)NS);
	r.skip_until = r.start + (int64_t)(skip_seconds * (uint64_t)NS);
	if (strcmp(argv[optind], "up") == 0)
		run_up(&r);
	else
		run_down(&r);
	print_result(&r);
	return 0;
}
