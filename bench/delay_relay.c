/*
 * delay_relay TARGET_PORT [-d ONE_WAY_MS] [-r MBIT_PER_S] [-q QUEUE_BYTES]
 *
 * A long, and if wanted narrow, path on loopback: what comes in on one side
 * goes out on the other ONE_WAY_MS later. Prints its port as JSON.
 *
 * Each direction is one line that all connections share, first in first out:
 *
 *   receive -> queue (QUEUE_BYTES, drains at the rate) -> flight (the delay)
 *
 * When the queue is full nothing more is received in that direction, so the
 * rest waits in the sender's kernel: a modem with a deep buffer. With no rate
 * the queue is always empty and only the flight remains, which must hold rate x
 * delay and is bounded by FLIGHT_MAX.
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

#include "net.h"

#define FLIGHT_MAX (128 * 1024 * 1024)
#define CHUNK_FAST (128 * 1024)
/* On a narrow path a chunk takes 650 us at 200 Mbit/s: fine enough to be fair.
 */
#define CHUNK_NARROW (16 * 1024)
/* What the kernel may hold besides the queue, on a narrow path. */
#define NARROW_RCVBUF (64 * 1024)
#define NS_PER_MS     1000000

struct pair;
struct flow;

struct chunk {
	STAILQ_ENTRY(chunk) next;
	struct flow *flow;
	int64_t leaves_ns;  /* out of the queue */
	int64_t arrives_ns; /* at the other end */
	size_t len, sent;   /* len 0: the end of the flow */
	char data[];
};
STAILQ_HEAD(chunks, chunk);

/* One direction of one pair. */
struct flow {
	LIST_ENTRY(flow) next; /* in line->flows */
	struct line *line;
	struct pair *pair;
	struct chunks out; /* arrived, not yet taken by the receiver */
	int from, to;      /* indexes in pair->end */
	bool ended;        /* the sender has: nothing more is received */
	bool done;         /* the end has reached the receiver */
};

/* One of the two sockets, what epoll points to. */
struct end {
	struct pair *pair;
	struct flow *in, *out; /* that it feeds, that feeds it */
	int fd;
	uint32_t events; /* asked of epoll */
};

struct pair {
	struct end end[2];
	struct flow flow[2];
	bool dead;
	SLIST_ENTRY(pair) next; /* in the list of the dead */
};

/* One direction of the path. */
struct line {
	LIST_HEAD(, flow) flows;
	struct chunks flight; /* in the order of arrival */
	struct chunk
		*queued; /* the first in flight that has not left the queue */
	size_t queue_bytes, flight_bytes;
	int64_t free_ns; /* when the last chunk has left the queue */
	bool full;
};

static struct {
	int ep, timer, listener;
	uint16_t target;
	int64_t delay_ns;
	double ns_per_byte; /* 0: no limit */
	size_t queue_max, chunk_max;
	struct line line[2];
	SLIST_HEAD(, pair) dead;
	struct chunk *spare;
} path;

/* The listener and the timer have no struct end: epoll tells them by these. */
static char is_listener, is_timer;

static void end_watch(struct end *e)
{
	uint32_t events = 0;
	struct epoll_event ev = {.data.ptr = e};

	if (!e->in->ended && !e->in->line->full)
		events |= EPOLLIN;
	if (!STAILQ_EMPTY(&e->out->out))
		events |= EPOLLOUT;
	if (events == e->events)
		return;
	e->events = ev.events = events;
	if (epoll_ctl(path.ep, EPOLL_CTL_MOD, e->fd, &ev) < 0)
		net_die("epoll_ctl");
}

static void line_set_full(struct line *l)
{
	bool full = l->queue_bytes >= path.queue_max ||
		    l->flight_bytes >= FLIGHT_MAX;
	struct flow *f;

	if (full == l->full)
		return;
	l->full = full;
	LIST_FOREACH (f, &l->flows, next)
		end_watch(&f->pair->end[f->from]);
}

static struct chunk *chunk_new(void)
{
	struct chunk *c = path.spare;

	path.spare = NULL;
	if (c == NULL)
		c = malloc(sizeof(*c) + path.chunk_max);
	if (c == NULL)
		net_die("memory");
	return c;
}

/* A chunk that came in short gives back what it did not fill. */
static struct chunk *chunk_fit(struct chunk *c, size_t len)
{
	struct chunk *fit;

	if (len > path.chunk_max / 2)
		return c;
	fit = malloc(sizeof(*fit) + len);
	if (fit == NULL)
		net_die("memory");
	memcpy(fit->data, c->data, len);
	path.spare = c;
	return fit;
}

static void chunk_free(struct chunk *c)
{
	c->flow->line->flight_bytes -= c->len;
	free(c);
}

static void line_put(struct line *l, struct flow *f, struct chunk *c, size_t n)
{
	int64_t now = net_now_ns();

	if (l->free_ns < now)
		l->free_ns = now;
	l->free_ns += (int64_t)((double)n * path.ns_per_byte);
	c->flow = f;
	c->len = n;
	c->sent = 0;
	c->leaves_ns = l->free_ns;
	c->arrives_ns = l->free_ns + path.delay_ns;
	STAILQ_INSERT_TAIL(&l->flight, c, next);
	l->flight_bytes += n;
	if (path.ns_per_byte > 0) {
		l->queue_bytes += n;
		if (l->queued == NULL)
			l->queued = c;
	}
}

static void end_receive(struct end *e)
{
	struct flow *f = e->in;
	struct chunk *c;
	ssize_t n;

	if (f->ended || f->line->full)
		return;
	c = chunk_new();
	n = recv(e->fd, c->data, path.chunk_max, MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN) {
		path.spare = c;
		return;
	}
	if (n <= 0) {
		n = 0;
		f->ended = true;
	}
	line_put(f->line, f, chunk_fit(c, (size_t)n), (size_t)n);
	line_set_full(f->line);
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

/* The receiver is gone: what was meant for it is dropped, and its sender is
 * stopped. The end of the flow still comes down the line, behind the rest. */
static void flow_break(struct flow *f)
{
	struct chunk *c;

	while ((c = STAILQ_FIRST(&f->out)) != NULL) {
		f->done |= c->len == 0;
		STAILQ_REMOVE_HEAD(&f->out, next);
		chunk_free(c);
	}
	shutdown(f->pair->end[f->from].fd, SHUT_RD);
}

static void flow_deliver(struct flow *f)
{
	int fd = f->pair->end[f->to].fd;
	struct chunk *c;
	ssize_t n;

	while ((c = STAILQ_FIRST(&f->out)) != NULL) {
		if (c->len == 0) {
			shutdown(fd, SHUT_WR);
			f->done = true;
		} else {
			n = send(fd, c->data + c->sent, c->len - c->sent,
				MSG_NOSIGNAL | MSG_DONTWAIT);
			if (n < 0 && errno != EAGAIN) {
				flow_break(f);
				break;
			}
			c->sent += n > 0 ? (size_t)n : 0;
			if (c->sent < c->len)
				break;
		}
		STAILQ_REMOVE_HEAD(&f->out, next);
		chunk_free(c);
	}
	end_watch(&f->pair->end[f->to]);
}

/* Moves the line to `now`; returns when it has something to do next, or 0. */
static int64_t line_advance(struct line *l, int64_t now)
{
	struct chunk *c;

	while ((c = l->queued) != NULL && c->leaves_ns <= now) {
		l->queue_bytes -= c->len;
		l->queued = STAILQ_NEXT(c, next);
	}
	while ((c = STAILQ_FIRST(&l->flight)) != NULL && c->arrives_ns <= now) {
		struct flow *f = c->flow;

		STAILQ_REMOVE_HEAD(&l->flight, next);
		STAILQ_INSERT_TAIL(&f->out, c, next);
		if (STAILQ_FIRST(&f->out) == c)
			flow_deliver(f);
		pair_check_dead(f->pair);
	}
	line_set_full(l);
	c = STAILQ_FIRST(&l->flight);
	if (c == NULL)
		return 0;
	if (l->full && l->queued != NULL &&
		l->queued->leaves_ns < c->arrives_ns)
		return l->queued->leaves_ns;
	return c->arrives_ns;
}

static void path_advance(void)
{
	int64_t now = net_now_ns(), next = 0, at;
	struct itimerspec when = {0};

	for (int i = 0; i < 2; i++) {
		at = line_advance(&path.line[i], now);
		if (at != 0 && (next == 0 || at < next))
			next = at;
	}
	when.it_value.tv_sec = next / 1000000000;
	when.it_value.tv_nsec = next % 1000000000;
	timerfd_settime(path.timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static void flow_init(struct pair *p, int from)
{
	struct flow *f = &p->flow[from];

	*f = (struct flow){
		.line = &path.line[from],
		.pair = p,
		.from = from,
		.to = !from,
	};
	STAILQ_INIT(&f->out);
	LIST_INSERT_HEAD(&f->line->flows, f, next);
}

static void pair_new(void)
{
	int rcvbuf = NARROW_RCVBUF, fd[2];
	struct pair *p = calloc(1, sizeof(*p));

	if (p == NULL)
		net_die("memory");
	fd[0] = net_accept(path.listener);
	fd[1] = net_connect(path.target);
	for (int i = 0; i < 2; i++) {
		struct epoll_event ev = {
			.events = EPOLLIN, .data.ptr = &p->end[i]};

		if (path.ns_per_byte > 0)
			setsockopt(fd[i], SOL_SOCKET, SO_RCVBUF, &rcvbuf,
				sizeof(rcvbuf));
		flow_init(p, i);
		p->end[i] = (struct end){
			.pair = p,
			.in = &p->flow[i],
			.out = &p->flow[!i],
			.fd = fd[i],
			.events = EPOLLIN,
		};
		if (epoll_ctl(path.ep, EPOLL_CTL_ADD, fd[i], &ev) < 0)
			net_die("epoll_ctl");
	}
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
			flow_deliver(e->out);
		end_receive(e);
		pair_check_dead(e->pair);
	}
}

static void watch(int fd, void *what)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = what};

	if (epoll_ctl(path.ep, EPOLL_CTL_ADD, fd, &ev) < 0)
		net_die("epoll_ctl");
}

static void path_init(void)
{
	uint16_t port;

	path.chunk_max = path.ns_per_byte > 0 ? CHUNK_NARROW : CHUNK_FAST;
	path.ep = epoll_create1(EPOLL_CLOEXEC);
	path.timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	path.listener = net_listen(&port);
	for (int i = 0; i < 2; i++) {
		LIST_INIT(&path.line[i].flows);
		STAILQ_INIT(&path.line[i].flight);
	}
	watch(path.listener, &is_listener);
	watch(path.timer, &is_timer);
	/* Chunks come and go by the megabyte: keep their memory. */
	mallopt(M_MMAP_THRESHOLD, FLIGHT_MAX);
	mallopt(M_TRIM_THRESHOLD, FLIGHT_MAX);
	printf("{\"port\": %u}\n", port);
	fflush(stdout);
}

static void parse(int argc, char **argv)
{
	uint64_t mbit;
	int opt;

	path.queue_max = 4 * 1024 * 1024;
	while ((opt = getopt(argc, argv, "d:r:q:")) != -1) {
		if (opt == 'd') {
			path.delay_ns =
				(int64_t)net_number(optarg, 10000) * NS_PER_MS;
		} else if (opt == 'r') {
			mbit = net_number(optarg, 1000000);
			path.ns_per_byte = mbit ? 8000.0 / (double)mbit : 0;
		} else if (opt == 'q') {
			path.queue_max = net_number(optarg, FLIGHT_MAX);
		} else {
			exit(2);
		}
	}
	if (argc - optind != 1)
		exit(2);
	path.target = net_port(argv[optind]);
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
