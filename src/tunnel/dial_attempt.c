/*
 * The attempts of a dial: one socket an address. Each has a poll handle of its
 * own and is started once, as a uv_poll handle cannot be used again before it
 * has closed.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "tunnel/dial_impl.h"
#include "tunnel/tcp.h"

#define STAGGER_MS 250 /* RFC 8305 §5, Connection Attempt Delay */
/* A Unix socket whose backlog is full says EAGAIN and cannot be polled for. */
#define UNIX_RETRY_MS 20

static int error_of(int failure)
{
	switch (failure) {
	case ECONNREFUSED:
		return -ERR_CONNECT_REFUSED;
	case ETIMEDOUT:
		return -ERR_CONNECT_TIMEOUT;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		return -ERR_SYSTEM;
	default:
		return -ERR_HOST_UNREACHABLE;
	}
}

/* A refusal tells more than silence, silence more than a missing route, which
 * is what IPv6 gives on half of the machines. */
static int weight(int failure)
{
	switch (error_of(failure)) {
	case -ERR_SYSTEM:
		return 4;
	case -ERR_CONNECT_REFUSED:
		return 3;
	case -ERR_CONNECT_TIMEOUT:
		return 2;
	default:
		return 1;
	}
}

static void note_failure(struct dial *d, const struct attempt *a, int failure)
{
	if (d->failure != 0 && weight(failure) < weight(d->failure))
		return;
	d->failure = failure;
	d->failed = a;
}

static void on_poll_closed(uv_handle_t *handle)
{
	struct attempt *a = handle->data;

	dial_release(a->dial);
}

/* Stops watching; returns the descriptor. Closing a poll handle takes it out of
 * the loop's epoll at once. */
static int attempt_take(struct attempt *a)
{
	int fd = a->fd;

	a->fd = -1;
	a->dial->live--;
	uv_close((uv_handle_t *)&a->poll, on_poll_closed);
	return fd;
}

static void on_turn(uv_timer_t *timer)
{
	dial_attempt_next(timer->data);
}

static void on_writable(uv_poll_t *poll, int status, int events)
{
	struct attempt *a = poll->data;
	struct dial *d = a->dial;
	int failure, fd = attempt_take(a);
	socklen_t len = sizeof(failure);

	/* libuv says EBADF for any error of the socket. */
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &len) != 0)
		failure = errno;
	if (failure == 0 && status != 0)
		failure = -status;
	if (failure == 0) {
		dial_finish(d, 0, fd, NULL);
		return;
	}
	close(fd);
	note_failure(d, a, failure);
	dial_attempt_next(d);
}

/* Sends `fd` on its way; 0 or an errno. */
static int set_out(const struct attempt *a, int fd)
{
	const struct dial *d = a->dial;

	if (d->bind_len != 0 && bind(fd, (const struct sockaddr *)&d->bind_addr,
					d->bind_len) != 0)
		return errno;
	if (connect(fd, (const struct sockaddr *)&a->addr, a->addr_len) == 0 ||
		errno == EINPROGRESS || errno == EINTR)
		return 0;
	return errno;
}

/* 0 or an errno. A connect that is through already is reported by the poll like
 * any other. */
static int attempt_begin(struct attempt *a)
{
	struct dial *d = a->dial;
	int fd, failure, on = 1;

	fd = socket(a->addr.ss_family,
		SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return errno;
	tcp_tune(fd, (const struct sockaddr *)&a->addr);
	if (d->keepalive && a->addr.ss_family != AF_UNIX)
		setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	failure = set_out(a, fd);
	if (failure == 0)
		failure = -uv_poll_init(d->loop, &a->poll, fd);
	if (failure != 0) {
		close(fd);
		return failure;
	}
	a->poll.data = a;
	a->fd = fd;
	d->holds++;
	d->live++;
	failure = -uv_poll_start(&a->poll, UV_WRITABLE, on_writable);
	if (failure != 0)
		close(attempt_take(a));
	return failure;
}

void dial_attempt_init(struct dial *d, size_t n)
{
	d->attempts = mem_zalloc(n, sizeof(*d->attempts));
}

void dial_attempt_add(struct dial *d, const void *addr, size_t len)
{
	struct attempt *a = &d->attempts[d->n_attempts++];

	a->dial = d;
	a->fd = -1;
	a->addr_len = (socklen_t)len;
	memcpy(&a->addr, addr, len);
}

void dial_attempt_next(struct dial *d)
{
	while (d->next < d->n_attempts) {
		struct attempt *a = &d->attempts[d->next];
		int failure = attempt_begin(a);

		if (failure == EAGAIN && a->addr.ss_family == AF_UNIX) {
			uv_timer_start(&d->turn, on_turn, UNIX_RETRY_MS, 0);
			return;
		}
		d->next++;
		if (failure == 0) {
			uv_timer_start(&d->turn, on_turn, STAGGER_MS, 0);
			return;
		}
		note_failure(d, a, failure);
	}
	uv_timer_stop(&d->turn);
	if (d->live == 0)
		dial_fail(d, error_of(d->failure), d->failed,
			strerror(d->failure));
}

void dial_attempt_stop(struct dial *d)
{
	for (size_t i = 0; i < d->next; i++)
		if (d->attempts[i].fd != -1)
			close(attempt_take(&d->attempts[i]));
}

const struct attempt *dial_attempt_last(const struct dial *d)
{
	for (size_t i = d->next; i-- > 0;)
		if (d->attempts[i].fd != -1)
			return &d->attempts[i];
	return NULL;
}
