#include "tunnel/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "tunnel/listen_path.h"
#include "tunnel/listen_port.h"
#include "tunnel/listen_trouble.h"

/* Clients taken in one go, so that a flood of them leaves the loop its turn. */
#define BATCH 64

/* Descriptors that are not for everybody: without them a link that was lost,
 * its look-up of a name and its agent would wait for clients to leave, and
 * nobody could ask the daemon what is wrong. */
#define RESERVE_MOST 16
#define RESERVE_PART 8 /* of a low limit, one in so many */

#define PAUSE_FIRST_MS 100
#define PAUSE_MOST_MS  1000

enum state { OPEN, PAUSED, CLOSING };

struct watch {
	uv_poll_t poll;
	int fd;
};

struct listener {
	enum state state;
	struct endpoint endpoint;
	struct listen_path path; /* when endpoint.path is set */
	struct watch watch[LISTEN_PORT_SOCKETS];
	size_t n;
	uv_timer_t pause;
	uint64_t pause_ms;
	int ceiling;      /* our descriptors and clients' are below it */
	unsigned handles; /* not yet closed by the loop */
	listener_accept_fn *on_accept;
	void *arg;
};

/* What accept says about one client, or about the network under it: the next
 * may well do. accept(2), "Error handling". */
static bool is_clients_own(int error)
{
	static const int errors[] = {ECONNABORTED, EINTR, EPROTO, ENOPROTOOPT,
		ENETDOWN, ENETUNREACH, EHOSTDOWN, EHOSTUNREACH, ENONET,
		EOPNOTSUPP, EPERM, ETIMEDOUT};

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i] == error)
			return true;
	return false;
}

static int find_ceiling(const struct listener_options *options)
{
	struct rlimit files;
	rlim_t reserve;

	if ((options != NULL && options->last_descriptors) ||
		getrlimit(RLIMIT_NOFILE, &files) != 0 ||
		files.rlim_cur > INT_MAX)
		return INT_MAX;
	reserve = files.rlim_cur / RESERVE_PART;
	return (int)(files.rlim_cur -
		     (reserve < RESERVE_MOST ? reserve : RESERVE_MOST));
}

/* The system gives out the lowest that is free. */
static bool has_room(const struct listener *l)
{
	int fd = fcntl(l->watch[0].fd, F_DUPFD_CLOEXEC, 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0 && fd < l->ceiling;
}

static void on_pause_over(uv_timer_t *timer);

static void pause_accepting(struct listener *l, int error)
{
	if (l->pause_ms == PAUSE_FIRST_MS)
		log_warn("accepting pauses: %s", uv_strerror(-error));
	l->state = PAUSED;
	for (size_t i = 0; i < l->n; i++)
		uv_poll_stop(&l->watch[i].poll);
	uv_timer_start(&l->pause, on_pause_over, l->pause_ms, 0);
	l->pause_ms *= 2;
	if (l->pause_ms > PAUSE_MOST_MS)
		l->pause_ms = PAUSE_MOST_MS;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct listener *l = poll->data;
	const struct watch *w = (const struct watch *)poll;

	for (int i = 0; i < BATCH && l->state == OPEN; i++) {
		struct sockaddr_storage peer = {0};
		socklen_t len = sizeof(peer);
		int fd = accept4(w->fd, (struct sockaddr *)&peer, &len,
			SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			l->pause_ms = PAUSE_FIRST_MS;
			if (fd + 1 >= l->ceiling)
				pause_accepting(l, EMFILE);
			l->on_accept(l->arg, fd, &peer);
		} else if (errno == EAGAIN) {
			break;
		} else if (!is_clients_own(errno)) {
			pause_accepting(l, errno);
		}
	}
	/* libuv has stopped watching a socket that has an error. */
	if (status < 0 && l->state == OPEN)
		pause_accepting(l, -status);
}

static int start(struct listener *l)
{
	int err = 0;

	for (size_t i = 0; i < l->n && err == 0; i++)
		err = uv_poll_start(
			&l->watch[i].poll, UV_READABLE, on_readable);
	return err;
}

static void on_pause_over(uv_timer_t *timer)
{
	struct listener *l = timer->data;
	int err;

	if (!has_room(l)) {
		pause_accepting(l, EMFILE);
		return;
	}
	l->state = OPEN;
	err = start(l);
	if (err != 0)
		pause_accepting(l, -err);
}

bool listener_is_paused(const struct listener *l)
{
	return l->state == PAUSED;
}

uint16_t listener_port(const struct listener *l)
{
	return l->endpoint.port;
}

size_t listener_text(const struct listener *l, char *ret_text, size_t size)
{
	return endpoint_text(&l->endpoint, ret_text, size);
}

static void on_closed(uv_handle_t *handle)
{
	struct listener *l = handle->data;

	if (--l->handles != 0)
		return;
	endpoint_done(&l->endpoint);
	free(l);
}

void listener_free(struct listener *l)
{
	if (l == NULL || l->state == CLOSING)
		return;
	l->state = CLOSING;
	if (l->endpoint.path != NULL)
		listen_path_remove(l->endpoint.path, &l->path);
	for (size_t i = 0; i < l->n; i++) {
		uv_close((uv_handle_t *)&l->watch[i].poll, on_closed);
		close(l->watch[i].fd);
	}
	uv_close((uv_handle_t *)&l->pause, on_closed);
}

/* Takes the descriptor over on success. */
static int watch(struct listener *l, int fd)
{
	struct watch *w = &l->watch[l->n];
	int err = fd < l->ceiling ? uv_poll_init(l->pause.loop, &w->poll, fd)
				  : UV_EMFILE;

	if (err != 0)
		return err;
	w->fd = fd;
	w->poll.data = l;
	l->n++;
	l->handles++;
	return 0;
}

/* The sockets, of which a path has one, as listen_port has them. */
static int open_sockets(const struct endpoint *at,
	const struct listener_options *options, struct listen_port *ret_sockets,
	struct listen_path *ret_path, struct trouble *trouble)
{
	int err;

	if (at->path == NULL)
		return listen_port_open(
			at->host, at->port, ret_sockets, trouble);
	err = listen_path_open(at->path, options->mask, options->unlink_first,
		ret_path, trouble);
	if (err == 0)
		*ret_sockets = (struct listen_port){
			.fd = {ret_path->fd},
			.n = 1,
		};
	return err;
}

struct listener *listener_new(uv_loop_t *loop, const struct endpoint *endpoint,
	const struct listener_options *options, listener_accept_fn *on_accept,
	void *arg, struct trouble *trouble)
{
	struct listen_path path = {.fd = -1};
	struct listen_port sockets;
	struct listener *l;
	char text[ENDPOINT_HOST_MAX + 16];
	int err = 0;

	if (open_sockets(endpoint, options, &sockets, &path, trouble) != 0)
		return NULL;
	l = mem_zalloc(1, sizeof(*l));
	l->pause_ms = PAUSE_FIRST_MS;
	l->ceiling = find_ceiling(options);
	l->on_accept = on_accept;
	l->arg = arg;
	l->path = path;
	endpoint_copy(&l->endpoint, endpoint);
	l->endpoint.port = sockets.port;
	uv_timer_init(loop, &l->pause);
	l->pause.data = l;
	l->handles = 1;
	for (size_t i = 0; i < sockets.n; i++) {
		if (err == 0)
			err = watch(l, sockets.fd[i]);
		if (err != 0)
			close(sockets.fd[i]);
	}
	if (err == 0)
		err = start(l);
	if (err == 0)
		return l;
	listener_text(l, text, sizeof(text));
	listen_trouble_failed(trouble, text, -err);
	listener_free(l);
	return NULL;
}
