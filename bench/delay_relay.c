/*
 * delay_relay TARGET_PORT [-d ONE_WAY_MS] [-r MBIT_PER_S] [-q QUEUE_BYTES]
 *
 * A long, and if wanted narrow, path on loopback: what comes in on one side
 * goes out on the other ONE_WAY_MS later. Prints its port as JSON.
 *
 * Each direction is one line (delay_line.h) that all connections share. While
 * it is full nothing is received in that direction, so the rest waits in the
 * senders' kernels: a modem with a deep buffer.
 *
 * The two connections of a pair die together once both directions have ended.
 */
#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "delay_line.h"
#include "net.h"

#define CHUNK_FAST (128 * 1024)
/* On a narrow path a chunk takes 650 us at 200 Mbit/s: fine enough to be fair.
 */
#define CHUNK_NARROW (16 * 1024)
/* What the kernel may hold before the queue, on a narrow path. */
#define NARROW_RCVBUF (64 * 1024)
#define NS_PER_MS     1000000
#define NS_PER_S      1000000000

/* One direction of one pair. Its last chunk is an empty one. */
struct flow {
	LIST_ENTRY(flow) next;
	struct pair *pair;
	struct chunks out; /* arrived, not yet taken by the receiver */
	int way;    /* from pair->end[way] to pair->end[!way], in line[way] */
	bool ended; /* the sender has: nothing more is received */
	bool done;  /* the receiver has been told */
};

/* One of the two sockets of a pair: what epoll points to. */
struct end {
	struct pair *pair;
	int way; /* of the flow that it feeds */
	int fd;
	uint32_t events; /* asked of epoll */
};

struct pair {
	SLIST_ENTRY(pair) next; /* in path.dead */
	struct end end[2];
	struct flow flow[2];
	bool dead;
};

static struct {
	int ep, timer, listener;
	uint16_t target;
	struct line line[2];
	bool full[2]; /* as the sockets were last told */
	LIST_HEAD(, flow) flows[2];
	SLIST_HEAD(, pair) dead; /* freed when the tick ends */
	size_t chunk_max;
	struct chunk *spare;
} path;

/* The listener and the timer have no struct end: epoll tells them by these. */
static char is_listener, is_timer;

static void end_watch(struct end *e)
{
	struct pair *p = e->pair;
	struct epoll_event ev = {.data.ptr = e};

	if (!p->flow[e->way].ended && !path.full[e->way])
		ev.events |= EPOLLIN;
	if (!STAILQ_EMPTY(&p->flow[!e->way].out))
		ev.events |= EPOLLOUT;
	if (ev.events == e->events)
		return;
	e->events = ev.events;
	if (epoll_ctl(path.ep, EPOLL_CTL_MOD, e->fd, &ev) < 0)
		net_die("epoll_ctl");
}

static void check_full(int way)
{
	bool full = line_full(&path.line[way]);
	struct flow *f;

	if (full == path.full[way])
		return;
	path.full[way] = full;
	LIST_FOREACH (f, &path.flows[way], next)
		end_watch(&f->pair->end[way]);
}

static struct chunk *chunk_new(size_t size)
{
	struct chunk *c = malloc(sizeof(*c) + size);

	if (c == NULL)
		net_die("memory");
	return c;
}

/* Receives into the spare chunk, which goes down the line itself when it came
 * well filled; else a copy that fits goes. */
static struct chunk *chunk_receive(int fd, bool *ret_again)
{
	struct chunk *c = path.spare, *fit;
	ssize_t n;

	if (c == NULL)
		c = path.spare = chunk_new(path.chunk_max);
	n = recv(fd, c->data, path.chunk_max, MSG_DONTWAIT);
	*ret_again = n < 0 && errno == EAGAIN;
	if (*ret_again)
		return NULL;
	c->len = n > 0 ? (size_t)n : 0;
	c->sent = 0;
	if (c->len > path.chunk_max / 2) {
		path.spare = NULL;
		return c;
	}
	fit = chunk_new(c->len);
	memcpy(fit, c, sizeof(*c) + c->len);
	return fit;
}

static void end_receive(struct end *e)
{
	struct flow *f = &e->pair->flow[e->way];
	struct chunk *c;
	bool again;

	if (f->ended || path.full[e->way])
		return;
	c = chunk_receive(e->fd, &again);
	if (again)
		return;
	f->ended = c->len == 0;
	c->owner = f;
	line_put(&path.line[e->way], c);
	check_full(e->way);
	end_watch(e);
}

static void pair_check_dead(struct pair *p)
{
	if (p->dead || !p->flow[0].done || !p->flow[1].done)
		return;
	p->dead = true;
	for (int i = 0; i < 2; i++) {
		LIST_REMOVE(&p->flow[i], next);
		close(p->end[i].fd);
	}
	SLIST_INSERT_HEAD(&path.dead, p, next);
}

static void flow_drop_first(struct flow *f)
{
	struct chunk *c = STAILQ_FIRST(&f->out);

	f->done |= c->len == 0;
	STAILQ_REMOVE_HEAD(&f->out, next);
	line_free_chunk(&path.line[f->way], c);
}

/* The receiver is gone: what was meant for it is dropped, and its sender is
 * stopped. The end of the flow still comes down the line, behind the rest. */
static void flow_break(struct flow *f)
{
	while (!STAILQ_EMPTY(&f->out))
		flow_drop_first(f);
	shutdown(f->pair->end[f->way].fd, SHUT_RD);
}

static void flow_deliver(struct flow *f)
{
	struct end *to = &f->pair->end[!f->way];
	struct chunk *c;
	ssize_t n;

	while ((c = STAILQ_FIRST(&f->out)) != NULL) {
		if (c->len == 0) {
			shutdown(to->fd, SHUT_WR);
		} else {
			n = send(to->fd, c->data + c->sent, c->len - c->sent,
				MSG_NOSIGNAL | MSG_DONTWAIT);
			if (n < 0 && errno != EAGAIN) {
				flow_break(f);
				break;
			}
			c->sent += n > 0 ? (size_t)n : 0;
			if (c->sent < c->len)
				break;
		}
		flow_drop_first(f);
	}
	end_watch(to);
}

/* Moves one line to `now`; returns when it wants to be moved next, or 0. */
static int64_t advance(int way, int64_t now)
{
	struct line *l = &path.line[way];
	struct chunk *c;

	while ((c = line_take(l, now)) != NULL) {
		struct flow *f = c->owner;
		bool was_idle = STAILQ_EMPTY(&f->out);

		STAILQ_INSERT_TAIL(&f->out, c, next);
		if (was_idle)
			flow_deliver(f);
		pair_check_dead(f->pair);
	}
	check_full(way);
	return line_next_ns(l);
}

static void path_advance(void)
{
	int64_t now = net_now_ns(), a = advance(0, now), b = advance(1, now);
	int64_t next = a == 0 || (b != 0 && b < a) ? b : a;
	struct itimerspec when = {
		.it_value = {next / NS_PER_S, next % NS_PER_S}};

	timerfd_settime(path.timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static void watch(int fd, void *what)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = what};

	if (epoll_ctl(path.ep, EPOLL_CTL_ADD, fd, &ev) < 0)
		net_die("epoll_ctl");
}

static void end_init(struct pair *p, int way, int fd)
{
	int rcvbuf = NARROW_RCVBUF;
	struct flow *f = &p->flow[way];

	if (path.line[way].ns_per_byte > 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof(rcvbuf));
	p->end[way] = (struct end){
		.pair = p, .way = way, .fd = fd, .events = EPOLLIN};
	f->pair = p;
	f->way = way;
	STAILQ_INIT(&f->out);
	LIST_INSERT_HEAD(&path.flows[way], f, next);
	watch(fd, &p->end[way]);
}

static void pair_new(void)
{
	struct pair *p = calloc(1, sizeof(*p));

	if (p == NULL)
		net_die("memory");
	end_init(p, 0, net_accept(path.listener));
	end_init(p, 1, net_connect(path.target));
	for (int i = 0; i < 2; i++)
		end_watch(&p->end[i]);
}

static void handle(const struct epoll_event *ev)
{
	struct end *e = ev->data.ptr;
	uint64_t ticks;

	if (ev->data.ptr == &is_listener) {
		pair_new();
	} else if (ev->data.ptr == &is_timer) {
		(void)!read(path.timer, &ticks, sizeof(ticks));
	} else if (!e->pair->dead) {
		if (ev->events & EPOLLOUT)
			flow_deliver(&e->pair->flow[!e->way]);
		end_receive(e);
		pair_check_dead(e->pair);
	}
}

static void path_init(void)
{
	uint16_t port;

	path.ep = epoll_create1(EPOLL_CLOEXEC);
	path.timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	path.listener = net_listen(&port);
	watch(path.listener, &is_listener);
	watch(path.timer, &is_timer);
	/* Chunks come and go by the megabyte: keep their memory. */
	mallopt(M_MMAP_THRESHOLD, LINE_FLIGHT_MAX);
	mallopt(M_TRIM_THRESHOLD, LINE_FLIGHT_MAX);
	printf("{\"port\": %u}\n", port);
	fflush(stdout);
}

static void parse(int argc, char **argv)
{
	int64_t delay_ns = 0;
	size_t queue_max = 4 * 1024 * 1024;
	uint64_t mbit = 0;
	double ns_per_byte;
	int opt;

	while ((opt = getopt(argc, argv, "d:r:q:")) != -1) {
		if (opt == 'd')
			delay_ns =
				(int64_t)net_number(optarg, 10000) * NS_PER_MS;
		else if (opt == 'r')
			mbit = net_number(optarg, 1000000);
		else if (opt == 'q')
			queue_max = net_number(optarg, LINE_FLIGHT_MAX);
		else
			exit(2);
	}
	if (argc - optind != 1)
		exit(2);
	path.target = net_port(argv[optind]);
	path.chunk_max = mbit ? CHUNK_NARROW : CHUNK_FAST;
	ns_per_byte = mbit ? 8000.0 / (double)mbit : 0;
	for (int i = 0; i < 2; i++) {
		LIST_INIT(&path.flows[i]);
		line_init(&path.line[i], delay_ns, ns_per_byte, queue_max);
	}
}

int main(int argc, char **argv)
{
	struct epoll_event ready[64];
	struct pair *p;
	int n;

	parse(argc, argv);
	path_init();
	for (;;) {
		n = epoll_wait(path.ep, ready, 64, -1);
		if (n < 0 && errno != EINTR)
			net_die("epoll_wait");
		for (int i = 0; i < n; i++)
			handle(&ready[i]);
		path_advance();
		while ((p = SLIST_FIRST(&path.dead)) != NULL) {
			SLIST_REMOVE_HEAD(&path.dead, next);
			free(p);
		}
	}
}
