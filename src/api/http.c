#include "api/http_private.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#define MEMORY_BYTES (16 * 1024) /* of a connection: headers, what is sent */
#define SWEEP_MS     1000

static const uint64_t patience_ms[CALLER_PHASES] = {
	[CALLER_FIRST] = 10000,
	[CALLER_IDLE] = 30000,
	[CALLER_BODY] = 30000,
	[CALLER_SERVED] = UINT64_MAX,
};

/* ---- callers ---- */

/* Those that have run out of patience are cut. Runs only while it matters. */
static void on_sweep(uv_timer_t *timer)
{
	struct http *h = timer->data;
	uint64_t now = clock_mono_ms();
	bool more = false;

	for (struct caller *c = h->callers; c != NULL; c = c->next) {
		more |= c->phase != CALLER_SERVED;
		/* The daemon sees the end, and closes. */
		if (now - c->since_ms > patience_ms[c->phase])
			shutdown(c->fd, SHUT_RDWR);
	}
	if (!more)
		uv_timer_stop(&h->sweep);
}

void http_set_phase(struct caller *caller, enum caller_phase phase)
{
	struct http *h = caller->http;

	caller->phase = phase;
	caller->since_ms = clock_mono_ms();
	if (phase != CALLER_SERVED && !h->closing &&
		!uv_is_active((uv_handle_t *)&h->sweep))
		uv_timer_start(&h->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
}

/* The Unix socket is for its owner and root. unix(7), SO_PEERCRED. */
static bool is_trusted(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
	       (peer.uid == geteuid() || peer.uid == 0);
}

static void on_caller_new(
	struct http *h, struct MHD_Connection *connection, void **context)
{
	struct caller *c = mem_zalloc(1, sizeof(*c));
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	c->http = h;
	c->fd = info->connect_fd;
	c->trusted = h->config.local && is_trusted(c->fd);
	c->next = h->callers;
	if (c->next != NULL)
		c->next->prev = c;
	h->callers = c;
	http_set_phase(c, CALLER_FIRST);
	*context = c;
}

static void on_caller(void *arg, struct MHD_Connection *connection,
	void **context, enum MHD_ConnectionNotificationCode what)
{
	struct http *h = arg;
	struct caller *c = *context;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		on_caller_new(h, connection, context);
		return;
	}
	if (c->next != NULL)
		c->next->prev = c->prev;
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		h->callers = c->next;
	free(c);
}

void http_add(struct http *h, int fd, const struct sockaddr_storage *peer)
{
	socklen_t len = peer->ss_family == AF_INET ? sizeof(struct sockaddr_in)
			: peer->ss_family == AF_INET6
				? sizeof(struct sockaddr_in6)
				: sizeof(sa_family_t);

	/* When it can't be taken it has been closed; the client comes again. */
	(void)MHD_add_connection(
		h->daemon, fd, (const struct sockaddr *)peer, len);
}

/* ---- the daemon on the loop ---- */

static void on_timer(uv_timer_t *timer);

static void run(struct http *h)
{
	MHD_UNSIGNED_LONG_LONG wait_ms;

	h->woken = false;
	(void)MHD_run(h->daemon);
	if (h->woken)
		uv_timer_start(&h->timer, on_timer, 0, 0);
	else if (MHD_get_timeout(h->daemon, &wait_ms) == MHD_YES)
		uv_timer_start(&h->timer, on_timer, wait_ms, 0);
	else
		uv_timer_stop(&h->timer);
}

void http_woken(struct http *h)
{
	if (h->woken || h->closing)
		return;
	h->woken = true;
	uv_timer_start(&h->timer, on_timer, 0, 0);
}

static void on_timer(uv_timer_t *timer)
{
	run(timer->data);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	run(poll->data);
}

__attribute__((format(printf, 2, 0))) static void on_log(
	void *arg, const char *fmt, va_list ap)
{
	char text[512];

	if (log_get_level() < LOG_DEBUG)
		return;
	vsnprintf(text, sizeof(text), fmt, ap);
	log_debug("http: %s", text);
}

static struct MHD_Daemon *start(struct http *h)
{
	const struct http_config *c = &h->config;
	struct MHD_OptionItem options[] = {
		{MHD_OPTION_CONNECTION_LIMIT, HTTP_CONNECTIONS, NULL},
		{MHD_OPTION_CONNECTION_MEMORY_LIMIT, MEMORY_BYTES, NULL},
		{MHD_OPTION_CONNECTION_TIMEOUT, HTTP_QUIET_S, NULL},
		{MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
		{c->cert != NULL ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END,
			0, (void *)c->cert},
		{MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)c->key},
		{MHD_OPTION_END, 0, NULL},
	};
	unsigned flags = MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET |
			 MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
			 (c->cert != NULL ? MHD_USE_TLS : 0);

	return MHD_start_daemon(flags, 0, NULL, NULL, http_visit_step, h,
		MHD_OPTION_EXTERNAL_LOGGER, on_log, h,
		MHD_OPTION_URI_LOG_CALLBACK, http_visit_new, h,
		MHD_OPTION_NOTIFY_COMPLETED, http_visit_done, h,
		MHD_OPTION_NOTIFY_CONNECTION, on_caller, h, MHD_OPTION_ARRAY,
		options, MHD_OPTION_END);
}

static void on_closed(uv_handle_t *handle)
{
	http_handle_closed(handle->data);
}

void http_handle_closed(struct http *h)
{
	if (--h->handles == 0)
		free(h);
}

static void close_handle(struct http *h, uv_handle_t *handle)
{
	handle->data = h;
	h->handles++;
	uv_close(handle, on_closed);
}

int http_new(const struct http_config *config, struct http **ret_http,
	struct trouble *trouble)
{
	struct http *h = mem_zalloc(1, sizeof(*h));
	const union MHD_DaemonInfo *info;

	h->config = *config;
	h->handles = 1; /* ours, until http_free */
	h->daemon = start(h);
	info = h->daemon != NULL ? MHD_get_daemon_info(
					   h->daemon, MHD_DAEMON_INFO_EPOLL_FD)
				 : NULL;
	if (info == NULL ||
		uv_poll_init(config->loop, &h->poll, info->epoll_fd) != 0) {
		if (h->daemon != NULL)
			MHD_stop_daemon(h->daemon);
		free(h);
		return trouble_say(trouble, ERR_INVALID,
			config->cert != NULL
				? "the certificate and its key don't fit"
				: "libmicrohttpd does not start");
	}
	uv_timer_init(config->loop, &h->timer);
	uv_timer_init(config->loop, &h->sweep);
	h->poll.data = h->timer.data = h->sweep.data = h;
	uv_poll_start(&h->poll, UV_READABLE, on_poll);
	run(h);
	*ret_http = h;
	return 0;
}

void http_free(struct http *h)
{
	if (h == NULL)
		return;
	h->closing = true;
	uv_poll_stop(&h->poll);
	/* The daemon must not stop while one sleeps. */
	http_visit_wake_all(h);
	(void)MHD_run(h->daemon);
	MHD_stop_daemon(h->daemon);
	close_handle(h, (uv_handle_t *)&h->poll);
	close_handle(h, (uv_handle_t *)&h->timer);
	close_handle(h, (uv_handle_t *)&h->sweep);
	http_handle_closed(h);
}
