/*
 * The hot path: bytes between socket and channel.
 */
#include "tunnel/conn_private.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "tunnel/lane.h"

#define DISCARD_BYTES 16384
/* Packets that one turn of a connection fills at most: its quantum, alone and
 * beside others. */
#define PULL_PACKETS        8
#define PULL_PACKETS_SHARED 2

static bool would_block(int err)
{
	return err == EAGAIN || err == EWOULDBLOCK || err == EINTR;
}

/* ---- ends ---- */

/* What can end, ends: the socket is told that no more comes once all is
 * written, and nothing holds a connection of which both directions are over. */
void conn_relay_settle(struct conn *c)
{
	if (!c->remote_eof || buf_len(&c->queue) != 0)
		return;
	if (c->local_eof) {
		conn_close(c);
		return;
	}
	if (!c->shut) {
		c->shut = true;
		shutdown(c->fd, SHUT_WR);
	}
	if (c->state != CONN_DRAINING)
		return;
	/* Closing now, with bytes of the client's unread, would be a reset,
	 * which may take what it was sent from it. It has a while to finish. */
	conn_set_pending(c, true);
	conn_arm(c, UV_READABLE);
}

/* The channel is gone: what the client still says goes nowhere. */
static void discard(struct conn *c)
{
	uint8_t waste[DISCARD_BYTES];
	ssize_t n = recv(c->fd, waste, sizeof(waste), 0);

	if (n == 0 || (n < 0 && !would_block(errno)))
		conn_close(c);
}

static void end_local(struct conn *c)
{
	if (c->forward == NULL) {
		/* A link never half-closes: it is gone, and the far end may be
		 * one that does not notice. */
		conn_close(c);
		return;
	}
	c->local_eof = true;
	channel_eof(c->channel);
	conn_arm(c, c->armed & ~UV_READABLE);
	conn_relay_settle(c);
}

/* ---- socket → channel ---- */

static void count_out(struct conn *c, size_t n)
{
	c->bytes_out += n;
	c->traffic->bytes_out += n;
	if (c->forward != NULL)
		c->forward->bytes_out += n;
}

static enum conn_pull pull_early(struct conn *c, const struct iovec *room)
{
	size_t n = buf_len(&c->early);

	if (n > room->iov_len)
		n = room->iov_len;
	memcpy(room->iov_base, buf_ptr(&c->early), n);
	buf_consume(&c->early, n);
	channel_commit(c->channel, n);
	count_out(c, n);
	if (buf_len(&c->early) == 0)
		buf_done(&c->early);
	return CONN_PULL_MORE;
}

static size_t total(const struct iovec *iov, int n)
{
	size_t sum = 0;

	while (n-- > 0)
		sum += iov[n].iov_len;
	return sum;
}

static int quantum(const struct conn *c)
{
	if (!c->is_bulk)
		return 1;
	return link_is_shared(c->link) ? PULL_PACKETS_SHARED : PULL_PACKETS;
}

static enum conn_pull pull_socket(
	struct conn *c, const struct iovec *room, int packets)
{
	ssize_t n = packets == 1 ? recv(c->fd, room->iov_base, room->iov_len, 0)
				 : readv(c->fd, room, packets);

	if (n > 0) {
		c->is_bulk = (size_t)n >= room->iov_len;
		channel_commit(c->channel, (size_t)n);
		count_out(c, (size_t)n);
		if ((size_t)n == total(room, packets))
			return CONN_PULL_MORE;
		conn_arm(c, c->armed | UV_READABLE);
	} else if (n == 0) {
		end_local(c);
	} else if (would_block(errno)) {
		conn_arm(c, c->armed | UV_READABLE);
	} else {
		conn_reset(c);
	}
	return CONN_PULL_DRAINED;
}

/* Reads no more than the limit leaves room for. */
static enum conn_pull pull_limited(
	struct conn *c, struct iovec *room, int packets)
{
	struct limiter *limiter = c->limiter;
	size_t left =
		limiter_allows(limiter, LIMITER_OUT, total(room, packets));
	uint64_t before = c->bytes_out;
	enum conn_pull pull;
	int n = 0;

	if (left == 0) {
		conn_arm(c, c->armed & ~UV_READABLE);
		limiter_wait(limiter, LIMITER_OUT, c);
		return CONN_PULL_DRAINED;
	}
	for (; n < packets && left != 0; n++) {
		if (room[n].iov_len > left)
			room[n].iov_len = left;
		left -= room[n].iov_len;
	}
	pull = pull_socket(c, room, n);
	limiter_took(limiter, LIMITER_OUT, c->bytes_out - before);
	return pull;
}

enum conn_pull conn_pull(struct conn *c)
{
	struct iovec room[PULL_PACKETS];
	bool early = buf_len(&c->early) != 0 &&
		     (c->state == CONN_OPEN || c->is_forwarded);
	int packets;

	if (c->channel == NULL ||
		(!early && (c->state != CONN_OPEN || c->local_eof)))
		return CONN_PULL_DRAINED;
	packets = channel_reserve(c->channel, room, quantum(c));
	if (packets == 0) {
		/* on_writable comes; until then the socket may stay full. */
		conn_arm(c, c->armed & ~UV_READABLE);
		return CONN_PULL_DRAINED;
	}
	if (early)
		return pull_early(c, room);
	if (c->limiter != NULL)
		return pull_limited(c, room, packets);
	return pull_socket(c, room, packets);
}

/* ---- channel → socket ---- */

static void consumed(struct conn *c, size_t n)
{
	c->bytes_in += n;
	if (c->forward != NULL)
		c->forward->bytes_in += n;
	if (c->traffic != NULL)
		c->traffic->bytes_in += n;
	if (c->channel != NULL)
		channel_consumed(c->channel, n, lane_now_us());
}

static void keep_rest(
	struct conn *c, const struct iovec *iov, int n, size_t written)
{
	for (int i = 0; i < n; i++) {
		size_t len = iov[i].iov_len;

		if (written >= len) {
			written -= len;
			continue;
		}
		buf_put(&c->queue, (const uint8_t *)iov[i].iov_base + written,
			len - written);
		written = 0;
	}
}

static ssize_t send_iov(int fd, struct iovec *iov, int n)
{
	struct msghdr m = {.msg_iov = iov, .msg_iovlen = (size_t)n};

	if (n == 1)
		return send(fd, iov->iov_base, iov->iov_len, MSG_NOSIGNAL);
	return sendmsg(fd, &m, MSG_NOSIGNAL);
}

/* How much of the queue may go now; 0: it waits for its limit. */
static size_t may_write(struct conn *c)
{
	size_t n = buf_len(&c->queue);

	if (c->limiter == NULL)
		return n;
	n = limiter_allows(c->limiter, LIMITER_IN, n);
	if (n == 0) {
		conn_arm(c, c->armed & ~UV_WRITABLE);
		limiter_wait(c->limiter, LIMITER_IN, c);
	}
	return n;
}

/* Writes what is queued; false: the connection is gone. */
static bool write_queue(struct conn *c)
{
	while (buf_len(&c->queue) != 0) {
		size_t most = may_write(c);
		ssize_t n;

		if (most == 0)
			return true;
		n = send(c->fd, buf_ptr(&c->queue), most, MSG_NOSIGNAL);
		if (n < 0 && would_block(errno)) {
			conn_arm(c, c->armed | UV_WRITABLE);
			return true;
		}
		if (n < 0) {
			conn_reset(c);
			return false;
		}
		buf_consume(&c->queue, (size_t)n);
		if (c->limiter != NULL)
			limiter_took(c->limiter, LIMITER_IN, (size_t)n);
		consumed(c, (size_t)n);
	}
	buf_done(&c->queue);
	conn_arm(c, c->armed & ~UV_WRITABLE);
	return true;
}

static void take_limited(struct conn *c, const struct iovec *iov, int n)
{
	keep_rest(c, iov, n, 0);
	if (write_queue(c))
		conn_relay_settle(c);
}

void conn_take(struct conn *c, struct iovec *iov, int n)
{
	ssize_t sent = 0;

	if (c->state == CONN_CLOSED)
		return;
	if (c->limiter != NULL) {
		take_limited(c, iov, n);
		return;
	}
	if (buf_len(&c->queue) == 0) {
		sent = send_iov(c->fd, iov, n);
		if (sent < 0 && !would_block(errno)) {
			conn_reset(c);
			return;
		}
		if (sent < 0)
			sent = 0;
		if (sent > 0)
			consumed(c, (size_t)sent);
	}
	keep_rest(c, iov, n, (size_t)sent);
	if (buf_len(&c->queue) != 0)
		conn_arm(c, c->armed | UV_WRITABLE);
	conn_relay_settle(c);
}

/* ---- events ---- */

void conn_relay_start(struct conn *c)
{
	c->state = CONN_OPEN;
	if (buf_len(&c->queue) != 0 && !write_queue(c))
		return;
	conn_relay_settle(c);
	if (c->state == CONN_OPEN)
		link_conn_ready(c->link, c);
}

void conn_relay_event(struct conn *c, int events)
{
	if ((events & UV_WRITABLE) != 0) {
		if (!write_queue(c))
			return;
		conn_relay_settle(c);
	}
	if ((events & UV_READABLE) == 0)
		return;
	if (c->state == CONN_DRAINING && c->shut)
		discard(c);
	if (c->state != CONN_OPEN)
		return;
	/* It is in its turn already, or held up by the channel: look away until
	 * conn_pull looks again. */
	if (!link_conn_ready(c->link, c))
		conn_arm(c, c->armed & ~UV_READABLE);
}

void conn_limit_over(struct conn *c, enum limiter_way way)
{
	if (way == LIMITER_OUT) {
		if (c->state == CONN_OPEN)
			link_conn_ready(c->link, c);
		return;
	}
	if (write_queue(c))
		conn_relay_settle(c);
}
