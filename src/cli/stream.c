#include "cli/stream.h"

#include <stdlib.h>
#include <string.h>

#include "base/catalog.h"
#include "base/mem.h"
#include "cli/client_url.h"
#include "cli/curl_late.h"
#include "cli/sse.h"

/* One socket of libcurl's on the loop. */
struct watch {
	uv_poll_t poll;
	struct stream *stream;
	curl_socket_t fd;
};

struct stream {
	CURLM *multi;
	CURL *easy;
	struct curl_slist *headers;
	uv_timer_t timer;
	uv_loop_t *loop;
	struct buf came; /* not looked at yet */
	struct sse sse;
	stream_fn *on_message;
	stream_end_fn *on_end;
	void *arg;
	unsigned depth; /* callbacks of ours that are under way */
	bool closed;    /* by its user: nothing is called any more */
};

static void on_timer_closed(uv_handle_t *handle)
{
	struct stream *s = handle->data;

	free(s);
}

/* libcurl may not be freed from inside of its own callbacks, nor this under
 * our own feet. */
static void let_go(struct stream *s)
{
	curl_multi_remove_handle(s->multi, s->easy);
	curl_easy_cleanup(s->easy);
	curl_multi_cleanup(s->multi);
	curl_slist_free_all(s->headers);
	sse_done(&s->sse);
	buf_done(&s->came);
	uv_close((uv_handle_t *)&s->timer, on_timer_closed);
}

void stream_close(struct stream *s)
{
	if (s == NULL || s->closed)
		return;
	s->closed = true;
	if (s->depth == 0)
		let_go(s);
}

static void on_event(void *arg, const char *event, const char *data, size_t n)
{
	struct stream *s = arg;
	json_t *json;

	if (s->closed)
		return;
	json = json_loadb(data, n, JSON_DECODE_ANY, NULL);
	if (json != NULL)
		s->on_message(s->arg, event, json);
	json_decref(json);
}

static bool has_ended(struct stream *s)
{
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(s->multi, &left)) != NULL)
		if (msg->msg == CURLMSG_DONE)
			return true;
	return false;
}

/* After libcurl has had its turn: what came is told, and an end. */
static void turn(struct stream *s, curl_socket_t fd, int events)
{
	struct buf came;
	bool ended;
	int running;

	curl_multi_socket_action(s->multi, fd, events, &running);
	ended = has_ended(s);
	came = s->came;
	memset(&s->came, 0, sizeof(s->came));
	s->depth++;
	if (sse_feed(&s->sse, buf_ptr(&came), buf_len(&came), on_event, s) < 0)
		ended = true;
	buf_done(&came);
	if (ended && !s->closed)
		s->on_end(s->arg);
	s->depth--;
	if (s->closed && s->depth == 0)
		let_go(s);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
	struct watch *w = poll->data;
	int what = 0;

	if (status < 0)
		what = CURL_CSELECT_ERR;
	if (events & UV_READABLE)
		what |= CURL_CSELECT_IN;
	if (events & UV_WRITABLE)
		what |= CURL_CSELECT_OUT;
	turn(w->stream, w->fd, what);
}

static void on_timeout(uv_timer_t *timer)
{
	turn(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

/* ---- libcurl's callbacks ---- */

static void on_watch_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static struct watch *watch_new(struct stream *s, curl_socket_t fd)
{
	struct watch *w = mem_zalloc(1, sizeof(*w));

	w->stream = s;
	w->fd = fd;
	if (uv_poll_init_socket(s->loop, &w->poll, fd) < 0) {
		free(w);
		return NULL;
	}
	w->poll.data = w;
	curl_multi_assign(s->multi, fd, w);
	return w;
}

static int on_socket(
	CURL *easy, curl_socket_t fd, int what, void *arg, void *assigned)
{
	struct stream *s = arg;
	struct watch *w = assigned;
	int events = 0;

	if (what == CURL_POLL_REMOVE) {
		if (w != NULL) {
			curl_multi_assign(s->multi, fd, NULL);
			uv_poll_stop(&w->poll);
			uv_close((uv_handle_t *)&w->poll, on_watch_closed);
		}
		return 0;
	}
	if (w == NULL)
		w = watch_new(s, fd);
	if (w == NULL)
		return -1;
	if (what != CURL_POLL_OUT)
		events |= UV_READABLE;
	if (what != CURL_POLL_IN)
		events |= UV_WRITABLE;
	return uv_poll_start(&w->poll, events, on_ready) < 0 ? -1 : 0;
}

static int on_timer_wanted(CURLM *multi, long ms, void *arg)
{
	struct stream *s = arg;

	if (ms < 0)
		uv_timer_stop(&s->timer);
	else
		uv_timer_start(&s->timer, on_timeout, (uint64_t)ms, 0);
	return 0;
}

static size_t on_bytes(char *text, size_t size, size_t n, void *arg)
{
	struct stream *s = arg;

	buf_put(&s->came, text, n);
	return n;
}

/* ---- life ---- */

static int prepare(struct stream *s, const char *socket_path)
{
	char *path = mem_printf(
		"/stream?lang=%s", catalog_lang_name(catalog_lang()));
	char *url = client_url_make(path);

	client_url_prepare(s->easy, socket_path, url);
	free(url);
	free(path);
	s->headers = client_url_headers(false);
	curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER, s->headers);
	curl_easy_setopt(s->easy, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(s->easy, CURLOPT_WRITEFUNCTION, on_bytes);
	curl_easy_setopt(s->easy, CURLOPT_WRITEDATA, s);
	curl_multi_setopt(s->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(s->multi, CURLMOPT_SOCKETDATA, s);
	curl_multi_setopt(s->multi, CURLMOPT_TIMERFUNCTION, on_timer_wanted);
	curl_multi_setopt(s->multi, CURLMOPT_TIMERDATA, s);
	return curl_multi_add_handle(s->multi, s->easy) == CURLM_OK ? 0 : -1;
}

struct stream *stream_open(uv_loop_t *loop, const char *socket_path,
	stream_fn *on_message, stream_end_fn *on_end, void *arg)
{
	struct stream *s = mem_zalloc(1, sizeof(*s));

	s->multi = curl_multi_init();
	s->easy = curl_easy_init();
	if (s->multi == NULL || s->easy == NULL) {
		curl_easy_cleanup(s->easy);
		if (s->multi != NULL)
			curl_multi_cleanup(s->multi);
		free(s);
		return NULL;
	}
	s->loop = loop;
	s->on_message = on_message;
	s->on_end = on_end;
	s->arg = arg;
	uv_timer_init(loop, &s->timer);
	s->timer.data = s;
	if (prepare(s, socket_path) < 0) {
		s->closed = true;
		let_go(s);
		return NULL;
	}
	return s;
}
