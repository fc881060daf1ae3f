/*
 * ping PORT [-k ROUNDS] [-t SECONDS] [-g GAP_US]
 *
 * 64 bytes to the target's echo and back on one connection, one at a time, with
 * a pause of GAP_US between. Prints JSON: the number of rounds, p50 and p99 in
 * microseconds. The first rounds, which open the path, do not count.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "net.h"

#define PING_BYTES 64
#define WARM_UP    5
#define STALL_S    60
#define MAX_ROUNDS 1000000

static int64_t round_trip(int fd)
{
	char data[PING_BYTES] = {0};
	int64_t start = net_now_ns();

	if (net_send_all(fd, data, sizeof(data)) < 0 ||
		net_recv_all(fd, data, sizeof(data)) < 0)
		net_die("the connection was lost");
	return net_now_ns() - start;
}

int main(int argc, char **argv)
{
	struct timeval stall = {.tv_sec = STALL_S};
	size_t rounds = MAX_ROUNDS, n = 0;
	uint64_t seconds = 60;
	useconds_t gap_us = 0;
	int64_t *took, end;
	double p50, p99;
	int fd, opt;

	while ((opt = getopt(argc, argv, "k:t:g:")) != -1) {
		if (opt == 'k')
			rounds = net_number(optarg, MAX_ROUNDS);
		else if (opt == 't')
			seconds = net_number(optarg, 3600);
		else if (opt == 'g')
			gap_us = (useconds_t)net_number(optarg, 999999);
		else
			return 2;
	}
	if (argc - optind != 1)
		return 2;
	took = calloc(rounds + 1, sizeof(*took));
	if (took == NULL)
		net_die("%zu rounds", rounds);
	fd = net_connect(net_port(argv[optind]));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &stall, sizeof(stall));
	for (int i = 0; i < WARM_UP; i++)
		(void)round_trip(fd);
	end = net_now_ns() + (int64_t)seconds * 1000000000;
	while (n < rounds && net_now_ns() < end) {
		took[n++] = round_trip(fd);
		if (gap_us != 0)
			usleep(gap_us);
	}
	p50 = net_quantile_us(took, n, 0.50);
	p99 = net_quantile_us(took, n, 0.99);
	printf("{\"rounds\": %zu, \"p50_us\": %.1f, \"p99_us\": %.1f}\n", n,
		p50, p99);
	free(took);
	return 0;
}
