#include "api/entrance_socket.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"

#define PAUSE_MS 100 /* when the process has no descriptor left */

struct entrance_socket {
	uv_poll_t poll;
	uv_timer_t pause;
	int fd;
	unsigned handles;
	listener_accept_fn *on_accept;
	void *arg;
};

static void on_readable(uv_poll_t *poll, int status, int events);

static void on_pause_over(uv_timer_t *timer)
{
	struct entrance_socket *s = timer->data;

	uv_poll_start(&s->poll, UV_READABLE, on_readable);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct entrance_socket *s = poll->data;
	struct sockaddr_storage peer = {0};
	socklen_t len = sizeof(peer);
	int fd = accept4(s->fd, (struct sockaddr *)&peer, &len,
		SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0) {
		s->on_accept(s->arg, fd, &peer);
	} else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
		uv_poll_stop(&s->poll);
		uv_timer_start(&s->pause, on_pause_over, PAUSE_MS, 0);
	}
}

struct entrance_socket *entrance_socket_new(
	uv_loop_t *loop, int fd, listener_accept_fn *on_accept, void *arg)
{
	struct entrance_socket *s = mem_zalloc(1, sizeof(*s));

	s->fd = fd;
	s->on_accept = on_accept;
	s->arg = arg;
	if (uv_poll_init(loop, &s->poll, fd) != 0) {
		close(fd);
		free(s);
		return NULL;
	}
	uv_timer_init(loop, &s->pause);
	s->poll.data = s->pause.data = s;
	uv_poll_start(&s->poll, UV_READABLE, on_readable);
	return s;
}

static void on_closed(uv_handle_t *handle)
{
	struct entrance_socket *s = handle->data;

	if (--s->handles == 0)
		free(s);
}

void entrance_socket_free(struct entrance_socket *s)
{
	if (s == NULL)
		return;
	s->handles = 2;
	uv_close((uv_handle_t *)&s->poll, on_closed);
	uv_close((uv_handle_t *)&s->pause, on_closed);
	close(s->fd);
}
