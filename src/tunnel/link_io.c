/*
 * The bytes of a link: socket ↔ session, turns of connections, timers.
 *
 * Back-pressure: connections fill packets only while less than queue_max is
 * unsent here, and TCP_NOTSENT_LOWAT keeps the kernel's own queue short, so
 * that what is said next does not wait behind what was said long ago.
 */
#include "tunnel/link_private.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"

/* Reads in one go before others on the loop get their turn. */
#define READS_MAX 2
/* What a link seals in one go when others wait for their turn. */
#define TURN_SHARED_BYTES (64 * 1024)
#define METER_US          100000
#define PROXY_END_US      1000000
#define ACK_MS            1
/* More than this a second is bulk. */
#define BUSY_BYTES_S (8 * 1024 * 1024)
#define SEND_IOV_MAX 16

static void on_poll(uv_poll_t *handle, int status, int events);

static void arm(struct link *l, int events)
{
	if (events == l->armed)
		return;
	l->armed = events;
	if (events == 0)
		uv_poll_stop(&l->poll);
	else
		uv_poll_start(&l->poll, events, on_poll);
}

static void set_queue(struct link *l, size_t bytes)
{
	int low = (int)bytes;

	l->queue_max = bytes;
	/* A pipe or a hop's socket has no such option, and needs none. */
	if (l->via == NULL && l->proxy == NULL)
		setsockopt(l->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &low,
			sizeof(low));
}

int link_io_start(struct link *l, int fd)
{
	if (uv_poll_init(&l->lane->loop, &l->poll, fd) != 0)
		return -ERR_SYSTEM;
	l->poll.data = l;
	l->fd = fd;
	l->handles++;
	arm(l, UV_READABLE);
	set_queue(l, LINK_QUEUE_MIN);
	return 0;
}

/* ---- the meter ---- */

static void adapt_queue(struct link *l)
{
	uint64_t want = l->meter_rate * LINK_QUEUE_US / 1000000;

	if (want < LINK_QUEUE_MIN)
		want = LINK_QUEUE_MIN;
	if (want > LINK_QUEUE_MAX)
		want = LINK_QUEUE_MAX;
	/* Small moves are not worth a system call. */
	if (want > l->queue_max + l->queue_max / 2 || want < l->queue_max / 2)
		set_queue(l, (size_t)want);
}

static void meter(struct link *l, size_t n, uint64_t now_us)
{
	uint64_t elapsed = now_us - l->meter_start_us;
	bool was = l->is_busy;

	l->meter_bytes += n;
	if (elapsed < METER_US)
		return;
	l->meter_rate = l->meter_bytes * 1000000 / elapsed;
	l->meter_start_us = now_us;
	l->meter_bytes = 0;
	adapt_queue(l);
	l->is_busy = l->meter_rate > BUSY_BYTES_S;
	if (l->is_busy && !was)
		server_link_busy(l->server);
}

bool link_is_busy(const struct link *l)
{
	/* A meter that nothing moved for a while is out of date. */
	return l->is_busy &&
	       lane_now_us() - l->meter_start_us < 3 * (uint64_t)METER_US;
}

/* ---- receiving ---- */

/* The transport is over, for `why`. */
static void transport_ended(struct link *l, const char *why)
{
	uint64_t due = lane_now_us() + PROXY_END_US;

	if (l->proxy == NULL || l->phase == LINK_READY) {
		session_input_end(l->session, why);
		return;
	}
	/* The command's exit status says more, and comes any moment. */
	if (l->proxy_ended)
		return;
	l->proxy_ended = true;
	arm(l, 0);
	if (due < l->handshake_due_us)
		l->handshake_due_us = due;
	link_io_arm_timer(l);
}

static void flush_batch(struct link *l)
{
	struct conn *c = l->batch.conn;
	int n = l->batch.n;

	l->batch.conn = NULL;
	l->batch.n = 0;
	if (c != NULL)
		conn_take(c, l->batch.iov, n);
}

void link_deliver(struct link *l, struct conn *c, const uint8_t *p, size_t n)
{
	if (l->batch.conn != c || l->batch.n == LINK_BATCH_MAX)
		flush_batch(l);
	l->batch.conn = c;
	l->batch.iov[l->batch.n].iov_base = (void *)(uintptr_t)p;
	l->batch.iov[l->batch.n].iov_len = n;
	l->batch.n++;
}

void link_deliver_flush(struct link *l, struct conn *c)
{
	if (l != NULL && l->batch.conn == c)
		flush_batch(l);
}

static void on_ack_timer(uv_timer_t *timer)
{
	struct link *l = timer->data;
	int on = 1;

	if (l->ack_due && l->phase != LINK_DOWN)
		setsockopt(l->fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
	l->ack_due = false;
}

/* sshd leaves Nagle's algorithm on for links without a session: its next small
 * packet waits for our ACK, which the kernel puts off for up to 40 ms. Where
 * nothing that we send carries it soon, it goes alone. */
static void ack_soon(struct link *l)
{
	if (l->ack_due || l->via != NULL || l->proxy != NULL)
		return;
	l->ack_due = true;
	if (!uv_is_active((uv_handle_t *)&l->ack_timer))
		uv_timer_start(&l->ack_timer, on_ack_timer, ACK_MS, 0);
}

/* One read. False: there is no more for now, or the link is at its end. */
static bool receive(struct link *l)
{
	size_t len;
	uint8_t *room = session_input_space(l->session, &len);
	ssize_t n = recv(l->fd, room, len, 0);
	uint64_t now = lane_now_us();

	if (n == 0) {
		transport_ended(l, "the server closed the connection");
		return false;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n < 0) {
		transport_ended(l, strerror(errno));
		return false;
	}
	session_input(l->session, (size_t)n, now);
	flush_batch(l);
	if (l->phase == LINK_TALK)
		link_stage_look(l);
	meter(l, (size_t)n, now);
	link_dirty(l);
	ack_soon(l);
	return (size_t)n == len && l->phase != LINK_DOWN;
}

static void on_readable(struct link *l)
{
	for (int i = 0; i < READS_MAX && receive(l); i++)
		continue;
}

/* ---- sending ---- */

/* The peer takes no more. What it said last, which may be the reason, can still
 * wait here: nothing is added to it, so there is an end to it. */
static void sending_failed(struct link *l, int error)
{
	while (receive(l))
		continue;
	if (l->phase != LINK_DOWN)
		transport_ended(l, strerror(error));
}

/* True: all is sent. */
static bool send_output(struct link *l)
{
	while (session_output_bytes(l->session) != 0) {
		struct iovec iov[SEND_IOV_MAX];
		struct msghdr m = {.msg_iov = iov};
		ssize_t n;

		m.msg_iovlen =
			(size_t)session_output(l->session, iov, SEND_IOV_MAX);
		n = sendmsg(l->fd, &m, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return false;
		if (n < 0) {
			sending_failed(l, errno);
			return false;
		}
		l->ack_due = false;
		session_output_done(l->session, (size_t)n);
		meter(l, (size_t)n, lane_now_us());
	}
	return true;
}

static void fill(struct link *l)
{
	size_t until = session_output_bytes(l->session) + TURN_SHARED_BYTES;
	struct conn *c;

	if (until > l->queue_max || !link_is_shared(l))
		until = l->queue_max;
	while ((c = TAILQ_FIRST(&l->ready)) != NULL &&
		session_output_bytes(l->session) < until) {
		conn_unready(c, &l->ready);
		if (conn_pull(c) == CONN_PULL_MORE)
			link_conn_ready(l, c);
	}
}

static void pump(struct link *l)
{
	bool sent;

	if (l->phase == LINK_DOWN || l->session == NULL)
		return;
	fill(l);
	sent = l->proxy_ended || send_output(l);
	if (l->phase == LINK_DOWN || l->proxy_ended)
		return;
	arm(l, sent ? UV_READABLE : UV_READABLE | UV_WRITABLE);
	if (sent && !TAILQ_EMPTY(&l->ready))
		link_dirty(l);
	link_io_arm_timer(l);
}

void link_pump_dirty(struct lane *lane)
{
	struct link_list turn = TAILQ_HEAD_INITIALIZER(turn);
	struct link *l;

	/* Links leave memory between turns only, so none is in the way here. */
	TAILQ_CONCAT(&turn, &lane->dirty, dirty);
	while ((l = TAILQ_FIRST(&turn)) != NULL) {
		TAILQ_REMOVE(&turn, l, dirty);
		l->is_dirty = false;
		pump(l);
	}
}

void link_io_flush_last(struct link *l)
{
	struct iovec iov[SEND_IOV_MAX];
	struct msghdr m = {.msg_iov = iov};

	/* The batch's bytes are the session's; they can't wait. */
	flush_batch(l);
	if (l->session == NULL || l->fd < 0)
		return;
	m.msg_iovlen = (size_t)session_output(l->session, iov, SEND_IOV_MAX);
	/* DISCONNECT, if the socket takes it: nobody waits for it. */
	if (m.msg_iovlen != 0)
		(void)!sendmsg(l->fd, &m, MSG_NOSIGNAL);
}

void link_dirty(struct link *l)
{
	if (l->is_dirty || l->phase == LINK_DOWN)
		return;
	l->is_dirty = true;
	/* A keystroke's link goes before one full of bulk. */
	if (l->is_busy)
		TAILQ_INSERT_TAIL(&l->lane->dirty, l, dirty);
	else
		TAILQ_INSERT_HEAD(&l->lane->dirty, l, dirty);
}

static void on_poll(uv_poll_t *handle, int status, int events)
{
	struct link *l = handle->data;

	if (l->phase == LINK_DOWN)
		return;
	if (status < 0) {
		/* libuv watches it no more; pump watches again. */
		l->armed = 0;
		link_dirty(l);
		events |= UV_READABLE;
	}
	if ((events & UV_WRITABLE) != 0)
		link_dirty(l);
	if ((events & UV_READABLE) != 0)
		on_readable(l);
}

/* ---- connections ---- */

struct link_traffic *link_traffic(struct link *l)
{
	return &l->traffic;
}

void link_conn_added(struct link *l)
{
	if (l->n_conns++ == 0)
		l->lane->n_used++;
	l->idle_since_ms = 0;
}

void link_conn_gone(struct link *l, struct conn *c)
{
	conn_unready(c, &l->ready);
	if (l->batch.conn == c) {
		l->batch.conn = NULL;
		l->batch.n = 0;
	}
	if (--l->n_conns != 0)
		return;
	l->lane->n_used--;
	l->idle_since_ms = uv_now(&l->lane->loop);
}

bool link_is_shared(const struct link *l)
{
	return l->n_conns > 1 || l->lane->n_used > 1;
}

bool link_conn_ready(struct link *l, struct conn *c)
{
	link_dirty(l);
	return conn_set_ready(c, &l->ready);
}

/* ---- time ---- */

static uint64_t deadline_us(const struct link *l)
{
	uint64_t due = session_deadline_us(l->session);

	return due < l->handshake_due_us ? due : l->handshake_due_us;
}

static void on_timer(uv_timer_t *timer)
{
	struct link *l = timer->data;
	uint64_t now = lane_now_us();
	struct trouble t;

	l->timer_due_us = UINT64_MAX;
	if (l->phase == LINK_DOWN)
		return;
	if (now >= l->handshake_due_us && l->proxy_ended) {
		session_input_end(
			l->session, "the proxy command closed its output");
		return;
	}
	if (now >= l->handshake_due_us) {
		trouble_set(&t, ERR_CONNECT_TIMEOUT);
		trouble_arg(&t, "host", "%s", l->peer->host);
		trouble_arg(&t, "address", "%s", l->peer->host);
		trouble_arg(&t, "port", "%u", l->peer->port);
		trouble_arg(&t, "seconds", "%u",
			l->peer->config->options.connect_timeout_s);
		link_stage_explain(l, &t);
		link_stop(l, &t);
		return;
	}
	session_tick(l->session, now);
	link_dirty(l);
	link_io_arm_timer(l);
}

/* The deadline moves with every byte; the timer is only set when it comes
 * earlier, and looks again when it fires. */
void link_io_arm_timer(struct link *l)
{
	uint64_t due, now;

	if (l->phase == LINK_DOWN || l->session == NULL)
		return;
	due = deadline_us(l);
	if (due >= l->timer_due_us)
		return;
	now = lane_now_us();
	l->timer_due_us = due;
	uv_timer_start(&l->timer, on_timer,
		due > now ? (due - now + 999) / 1000 : 0, 0);
}
