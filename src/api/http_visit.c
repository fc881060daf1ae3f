/*
 * A request on a connection, between libmicrohttpd and request_private.h.
 *
 * Life: the request line → the headers (step) → pieces of the body (step …) →
 * its end (step), from where an answer may be waited for (paused) → the answer
 * → done. While it sleeps the daemon does not look at the connection, so we
 * watch ourselves whether its client leaves.
 */
#include <stdlib.h>
#include <strings.h>

#include "api/http_private.h"
#include "api/peer_user.h"
#include "base/mem.h"

/* What is too much is still swallowed up to here, so that the answer arrives
 * rather than a reset. */
#define SWALLOW_MAX (16 * 1024 * 1024)

struct visit {
	struct http *http;
	struct visit *prev, *next;
	struct MHD_Connection *connection;
	struct caller *caller;
	struct request *request;
	struct request_source source;
	bool begun, ran, paused;
	uint64_t swallowed;
	/* Notices that a sleeping one's client leaves. */
	bool watched;
	uv_poll_t watch;
};

static const char *header(void *arg, const char *name)
{
	struct visit *v = arg;

	return MHD_lookup_connection_value(
		v->connection, MHD_HEADER_KIND, name);
}

static bool by_other(void *arg)
{
	struct visit *v = arg;

	return peer_user_is_other(v->caller->fd);
}

/* ---- sleeping ---- */

static void wake(void *arg)
{
	struct visit *v = arg;

	if (!v->paused)
		return;
	v->paused = false;
	MHD_resume_connection(v->connection);
	http_woken(v->http);
}

static void gone(struct visit *v)
{
	request_gone(v->request);
	if (v->request->state != REQUEST_ANSWERED)
		request_reply_error(v->request, ERR_CANCELLED, "closed");
}

static void on_left(uv_poll_t *watch, int status, int events)
{
	struct visit *v = watch->data;

	uv_poll_stop(watch);
	gone(v);
	wake(v);
}

static void watch(struct visit *v)
{
	if (v->watched || v->http->closing)
		return;
	if (uv_poll_init(v->http->config.loop, &v->watch, v->caller->fd) != 0)
		return; /* it is noticed when we write */
	v->watched = true;
	v->watch.data = v;
	uv_poll_start(&v->watch, UV_DISCONNECT, on_left);
}

static void pause_visit(void *arg)
{
	struct visit *v = arg;

	if (v->paused || v->http->closing)
		return;
	v->paused = true;
	/* libmicrohttpd (0.9.75) looks again after connections that ended as
	 * they woke only where their timeout is not the common one. */
	(void)MHD_set_connection_option(
		v->connection, MHD_CONNECTION_OPTION_TIMEOUT, HTTP_QUIET_S - 1);
	MHD_suspend_connection(v->connection);
	watch(v);
}

void http_visit_wake_all(struct http *h)
{
	for (struct visit *v = h->visits; v != NULL; v = v->next) {
		gone(v);
		wake(v);
	}
}

/* ---- life ---- */

void *http_visit_new(
	void *arg, const char *uri, struct MHD_Connection *connection)
{
	struct http *h = arg;
	struct visit *v = mem_zalloc(1, sizeof(*v));

	v->http = h;
	v->connection = connection;
	v->caller = MHD_get_connection_info(
		connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
			    ->socket_context;
	v->request = request_new(h->config.api, uri);
	v->source = (struct request_source){
		.header = header,
		.pause = pause_visit,
		.resume = wake,
		.by_other = h->config.local ? NULL : by_other,
		.arg = v,
		.local = h->config.local,
		.trusted = v->caller->trusted,
	};
	v->next = h->visits;
	if (v->next != NULL)
		v->next->prev = v;
	h->visits = v;
	return v;
}

static void on_watch_closed(uv_handle_t *handle)
{
	struct visit *v = handle->data;
	struct http *h = v->http;

	free(v);
	http_handle_closed(h);
}

void http_visit_done(void *arg, struct MHD_Connection *connection,
	void **context, enum MHD_RequestTerminationCode how)
{
	struct visit *v = *context;
	struct http *h = arg;

	if (v == NULL)
		return;
	*context = NULL;
	if (v->next != NULL)
		v->next->prev = v->prev;
	if (v->prev != NULL)
		v->prev->next = v->next;
	else
		h->visits = v->next;
	request_gone(v->request);
	request_free(v->request);
	http_set_phase(v->caller, CALLER_IDLE);
	if (v->watched) {
		h->handles++;
		uv_close((uv_handle_t *)&v->watch, on_watch_closed);
	} else {
		free(v);
	}
}

/* ---- steps ---- */

static enum MHD_Result answer(struct visit *v)
{
	struct request *r = v->request;

	http_set_phase(v->caller, CALLER_SERVED);
	return MHD_queue_response(v->connection, r->status, r->response);
}

/* Whether what the client wants to send is not worth taking, to answer it in
 * good order. */
static bool is_enough(struct visit *v)
{
	const char *length = header(v, MHD_HTTP_HEADER_CONTENT_LENGTH);

	return v->request->state == REQUEST_ANSWERED &&
	       (header(v, MHD_HTTP_HEADER_EXPECT) != NULL ||
		       (length != NULL &&
			       strtoull(length, NULL, 10) > SWALLOW_MAX));
}

static enum MHD_Result begin(struct visit *v, const char *method)
{
	v->begun = true;
	http_set_phase(v->caller, CALLER_BODY);
	request_begin(v->request, &v->source, method);
	return is_enough(v) ? answer(v) : MHD_YES;
}

static enum MHD_Result take(struct visit *v, const char *data, size_t *size)
{
	v->swallowed += *size;
	if (v->swallowed > SWALLOW_MAX)
		return MHD_NO;
	request_take(v->request, data, *size);
	*size = 0;
	return MHD_YES;
}

enum MHD_Result http_visit_step(void *arg, struct MHD_Connection *connection,
	const char *url, const char *method, const char *version,
	const char *data, size_t *data_size, void **context)
{
	struct visit *v = *context;

	if (v->http->closing)
		return MHD_NO;
	if (!v->begun)
		return begin(v, method);
	if (*data_size != 0)
		return take(v, data, data_size);
	if (!v->ran) {
		v->ran = true;
		http_set_phase(v->caller, CALLER_SERVED);
		request_run(v->request);
	}
	if (v->request->state == REQUEST_ANSWERED)
		return answer(v);
	pause_visit(v);
	return MHD_YES;
}
