/*
 * Life cycle: dial_start → (next tick) begin → resolving → connecting → over,
 * with `done` called as it gets there; dial_free closes the handles, and the
 * last one to close frees the memory. A dial that is over holds no descriptor.
 */
#include "tunnel/dial.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "base/mem.h"
#include "tunnel/dial_impl.h"

#define ADDRESSES_TEXT 512

/* ---- the end ---- */

void dial_release(struct dial *d)
{
	if (--d->holds != 0)
		return;
	free(d->attempts);
	free(d->host);
	free(d->path);
	free(d);
}

static void on_timer_closed(uv_handle_t *handle)
{
	dial_release(handle->data);
}

static void stop(struct dial *d)
{
	uv_timer_stop(&d->turn);
	uv_timer_stop(&d->deadline);
	dial_attempt_stop(d);
}

void dial_finish(struct dial *d, int err, int fd, const struct trouble *trouble)
{
	stop(d);
	d->state = DIAL_STATE_OVER;
	d->done(d->arg, err, fd, trouble);
}

static void address_text(const struct attempt *a, char *ret_text, size_t size)
{
	*ret_text = '\0';
	if (a != NULL && getnameinfo((const struct sockaddr *)&a->addr,
				 a->addr_len, ret_text, (socklen_t)size, NULL,
				 0, NI_NUMERICHOST) != 0)
		*ret_text = '\0';
}

void dial_fail(struct dial *d, int err, const struct attempt *where,
	const char *detail)
{
	double seconds = (double)(uv_hrtime() - d->start_ns) / 1e9;
	const char *host = d->path != NULL ? d->path : d->host;
	struct trouble t;
	char address[128];

	address_text(d->path == NULL ? where : NULL, address, sizeof(address));
	trouble_set(&t, err);
	trouble_arg(&t, "host", "%s", host);
	trouble_arg(&t, "address", "%s", d->path != NULL ? d->path : address);
	trouble_arg(&t, "port", "%s", d->port);
	trouble_arg(&t, "seconds", "%.0f", seconds);
	trouble_arg(&t, "detail", "%s", detail);
	dial_finish(d, err, -1, &t);
}

/* ---- addresses ---- */

static const struct addrinfo *next_of(const struct addrinfo *ai, int family)
{
	while (ai != NULL && ai->ai_family != family)
		ai = ai->ai_next;
	return ai;
}

/* Takes addresses of both families in turn, each in the resolver's order. */
static void interleave(struct dial *d, const struct addrinfo *list)
{
	const struct addrinfo *six = next_of(list, AF_INET6);
	const struct addrinfo *four = next_of(list, AF_INET);

	while ((six != NULL || four != NULL) &&
		d->n_attempts < DIAL_ADDRESSES_MAX) {
		if (six != NULL) {
			dial_attempt_add(d, six->ai_addr, six->ai_addrlen);
			six = next_of(six->ai_next, AF_INET6);
		}
		if (four != NULL && d->n_attempts < DIAL_ADDRESSES_MAX) {
			dial_attempt_add(d, four->ai_addr, four->ai_addrlen);
			four = next_of(four->ai_next, AF_INET);
		}
	}
}

static void tell_resolved(struct dial *d)
{
	char address[128], all[ADDRESSES_TEXT] = "";
	size_t at = 0;

	for (size_t i = 0; i < d->n_attempts && at < sizeof(all); i++) {
		address_text(&d->attempts[i], address, sizeof(address));
		at += (size_t)snprintf(all + at, sizeof(all) - at, "%s%s",
			i != 0 ? ", " : "", address);
	}
	d->resolved(d->arg, all);
}

static void connect_to(struct dial *d, const struct addrinfo *list)
{
	size_t n = 0;

	for (const struct addrinfo *ai = list; ai != NULL; ai = ai->ai_next)
		n++;
	dial_attempt_init(d, n < DIAL_ADDRESSES_MAX ? n : DIAL_ADDRESSES_MAX);
	interleave(d, list);
	if (d->n_attempts == 0) {
		dial_fail(d, -ERR_DNS_FAILED, NULL, strerror(EAFNOSUPPORT));
		return;
	}
	d->state = DIAL_STATE_CONNECTING;
	if (d->resolved != NULL)
		tell_resolved(d);
	dial_attempt_next(d);
}

static const char *resolve_words(int err)
{
	switch (err) {
	case UV_EAI_NONAME:
	case UV_EAI_NODATA:
		return "there is no such name";
	case UV_EAI_AGAIN:
		return "the name servers do not answer";
	default:
		return uv_strerror(err);
	}
}

static void on_resolved(
	uv_getaddrinfo_t *req, int status, struct addrinfo *list)
{
	struct dial *d = req->data;

	if (d->state == DIAL_STATE_RESOLVING) {
		if (status != 0)
			dial_fail(d, -ERR_DNS_FAILED, NULL,
				resolve_words(status));
		else
			connect_to(d, list);
	}
	uv_freeaddrinfo(list);
	dial_release(d);
}

static void begin_host(struct dial *d)
{
	struct addrinfo hints = {
		.ai_family = d->family,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV | AI_NUMERICHOST,
	};
	const char *node = *d->host != '\0' ? d->host : NULL;
	struct addrinfo *list;
	int err;

	/* An address needs no thread, where slow names may stand in line. */
	if (getaddrinfo(node, d->port, &hints, &list) == 0) {
		connect_to(d, list);
		freeaddrinfo(list);
		return;
	}
	hints.ai_flags = AI_NUMERICSERV;
	d->resolve.data = d;
	err = uv_getaddrinfo(
		d->loop, &d->resolve, on_resolved, node, d->port, &hints);
	if (err == 0)
		d->holds++;
	else
		dial_fail(d, -ERR_DNS_FAILED, NULL, uv_strerror(err));
}

static void begin_unix(struct dial *d)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	size_t len = strlen(d->path);

	if (len >= sizeof(un.sun_path)) {
		dial_fail(
			d, -ERR_HOST_UNREACHABLE, NULL, strerror(ENAMETOOLONG));
		return;
	}
	memcpy(un.sun_path, d->path, len);
	dial_attempt_init(d, 1);
	dial_attempt_add(d, &un, sizeof(un));
	d->state = DIAL_STATE_CONNECTING;
	dial_attempt_next(d);
}

static void on_deadline(uv_timer_t *timer)
{
	struct dial *d = timer->data;

	if (d->state == DIAL_STATE_RESOLVING)
		dial_fail(d, -ERR_DNS_FAILED, NULL, strerror(ETIMEDOUT));
	else
		dial_fail(d, -ERR_CONNECT_TIMEOUT, dial_attempt_last(d),
			strerror(ETIMEDOUT));
}

static void on_begin(uv_timer_t *timer)
{
	struct dial *d = timer->data;

	if (d->timeout_ms != 0)
		uv_timer_start(&d->deadline, on_deadline, d->timeout_ms, 0);
	if (d->bad_bind)
		dial_fail(d, -ERR_INVALID, NULL, strerror(EADDRNOTAVAIL));
	else if (d->path != NULL)
		begin_unix(d);
	else
		begin_host(d);
}

/* ---- from outside ---- */

/* Connecting from an address leaves only its family to connect to. */
static void set_bind(struct dial *d, const char *address)
{
	struct addrinfo hints = {
		.ai_family = d->family,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST,
	};
	struct addrinfo *list;

	if (getaddrinfo(address, NULL, &hints, &list) != 0) {
		d->bad_bind = true;
		return;
	}
	memcpy(&d->bind_addr, list->ai_addr, list->ai_addrlen);
	d->bind_len = list->ai_addrlen;
	d->family = list->ai_family;
	freeaddrinfo(list);
}

static void init_timer(struct dial *d, uv_timer_t *timer)
{
	uv_timer_init(d->loop, timer);
	timer->data = d;
	d->holds++;
}

struct dial *dial_start(uv_loop_t *loop, const struct dial_config *config,
	dial_fn *done, void *arg)
{
	const struct endpoint *target = config->target;
	struct dial *d = mem_zalloc(1, sizeof(*d));

	d->loop = loop;
	d->done = done;
	d->resolved = config->resolved;
	d->arg = arg;
	if (target->path != NULL)
		d->path = mem_strdup(target->path);
	else
		d->host = mem_strdup(target->host);
	snprintf(d->port, sizeof(d->port), "%u", (unsigned)target->port);
	d->family = config->family;
	d->keepalive = config->keepalive;
	d->timeout_ms = config->timeout_ms;
	d->start_ns = uv_hrtime();
	if (config->bind_address != NULL && d->path == NULL)
		set_bind(d, config->bind_address);
	init_timer(d, &d->turn);
	init_timer(d, &d->deadline);
	uv_timer_start(&d->turn, on_begin, 0, 0);
	return d;
}

void dial_free(struct dial *d)
{
	if (d == NULL)
		return;
	stop(d);
	if (d->state == DIAL_STATE_RESOLVING)
		uv_cancel((uv_req_t *)&d->resolve);
	d->state = DIAL_STATE_CLOSING;
	uv_close((uv_handle_t *)&d->turn, on_timer_closed);
	uv_close((uv_handle_t *)&d->deadline, on_timer_closed);
}
