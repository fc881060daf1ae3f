/*
 * Readers of the live stream, and the route that makes them.
 *
 * Life: GET /stream → the daemon of http.c asks for more (fill) → there is
 * nothing: it sleeps → a change wakes it … → the reader leaves, falls behind or
 * we stop. Only what is on its way to the socket is a reader's own.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "api/negotiate.h"
#include "api/request_private.h"
#include "api/stream_private.h"
#include "base/clock.h"
#include "base/mem.h"

#define FILL_BYTES  (16 * 1024) /* put into words at once */
#define BLOCK_BYTES 4096
#define ALIVE_MS    15000

struct stream_client {
	struct stream *stream;
	struct stream_client *prev, *next;
	struct request *request; /* NULL: it has left */
	enum lang lang;
	uint64_t seq;  /* the next message */
	uint64_t tick; /* of the last numbers */
	bool alive;    /* a sign of life is due */
	bool asleep;
	struct buf out;
};

static void wake(struct stream_client *client)
{
	const struct request_source *source;

	if (!client->asleep || client->request == NULL)
		return;
	client->asleep = false;
	source = client->request->source;
	source->resume(source->arg);
}

void stream_client_wake_all(struct stream *s)
{
	for (struct stream_client *c = s->clients; c != NULL; c = c->next)
		wake(c);
}

/* Proxies and clients give up on a silent connection. */
static void on_alive(uv_timer_t *timer)
{
	struct stream *s = timer->data;

	for (struct stream_client *c = s->clients; c != NULL; c = c->next) {
		c->alive = true;
		wake(c);
	}
}

/* ---- what it gets ---- */

/* False: what it should get is gone. */
static bool fill(struct stream_client *client)
{
	struct stream *s = client->stream;

	while (client->seq <= s->last && buf_len(&client->out) < FILL_BYTES) {
		struct stream_message *m = stream_message(s, client->seq);

		if (m == NULL)
			return false;
		if (!m->stale)
			stream_text_message(s, m, client->lang, &client->out);
		client->seq++;
	}
	if (client->tick < s->tick && buf_len(&client->out) < FILL_BYTES) {
		stream_text_traffic(s, client->tick, &client->out);
		client->tick = s->tick;
	}
	if (client->alive && buf_len(&client->out) == 0)
		buf_printf(&client->out, ":\n\n");
	client->alive = false;
	return true;
}

/* A token that is revoked, a session that has logged out, reads no further. */
static bool may_read(const struct stream_client *client)
{
	const struct request *r = client->request;

	return access_holds(r->api->access, &r->grant);
}

static ssize_t on_room(void *arg, uint64_t position, char *to, size_t max)
{
	struct stream_client *client = arg;
	const struct request_source *source;
	size_t n;

	if (client->request == NULL)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (buf_len(&client->out) == 0) {
		buf_done(&client->out); /* many sleep: none keeps its memory */
		if (!may_read(client) || !fill(client))
			return MHD_CONTENT_READER_END_WITH_ERROR;
	}
	n = buf_len(&client->out);
	if (n == 0) {
		source = client->request->source;
		client->asleep = true;
		source->pause(source->arg);
		return 0;
	}
	n = n < max ? n : max;
	memcpy(to, buf_ptr(&client->out), n);
	buf_consume(&client->out, n);
	return (ssize_t)n;
}

/* ---- life ---- */

static void on_gone(void *arg)
{
	struct stream_client *client = arg;
	struct stream *s = client->stream;

	client->request = NULL;
	if (client->next != NULL)
		client->next->prev = client->prev;
	if (client->prev != NULL)
		client->prev->next = client->next;
	else
		s->clients = client->next;
	control_watch(s->control, -1);
	if (--s->n_clients == 0) {
		s->left_ms = clock_mono_ms();
		uv_timer_stop(&s->alive);
	}
}

static void free_client(void *arg)
{
	struct stream_client *client = arg;

	buf_done(&client->out);
	free(client);
}

static struct stream_client *new_client(
	struct stream *s, struct request *r, enum lang lang)
{
	struct stream_client *client = mem_zalloc(1, sizeof(*client));

	client->stream = s;
	client->request = r;
	client->lang = lang;
	client->seq = s->last + 1;
	client->tick = s->tick;
	client->next = s->clients;
	if (client->next != NULL)
		client->next->prev = client;
	s->clients = client;
	if (s->n_clients++ == 0)
		uv_timer_start(&s->alive, on_alive, ALIVE_MS, ALIVE_MS);
	control_watch(s->control, 1);
	return client;
}

/* From the id of the last message that it got; false: it has to start anew. */
static bool resume(struct stream_client *client, const char *last_id)
{
	struct stream *s = client->stream;
	size_t n = strlen(s->epoch);
	uint64_t seq;
	char *end;

	if (last_id == NULL || strncmp(last_id, s->epoch, n) != 0 ||
		last_id[n] != '-' || last_id[n + 1] < '0' ||
		last_id[n + 1] > '9')
		return false;
	seq = strtoull(last_id + n + 1, &end, 10);
	if (*end != '\0' || seq > s->last || seq + 1 < s->first)
		return false;
	client->seq = seq + 1;
	client->tick = 0;
	return true;
}

static void say_hello(struct stream_client *client, bool resumed)
{
	struct stream *s = client->stream;

	buf_printf(&client->out,
		"retry: 1000\nid: %s-%" PRIu64 "\nevent: hello\n"
		"data: {\"id\":\"%s-%" PRIu64
		"\",\"version\":\"%s\",\"resumed\":%s}\n\n",
		s->epoch, client->seq - 1, s->epoch, client->seq - 1,
		TAUPE_VERSION, resumed ? "true" : "false");
}

static void get(struct request *r)
{
	struct stream *s = request_api(r)->stream;
	const char *lang = request_query(r, "lang"),
		   *last_id = request_header(r, "Last-Event-ID");
	struct stream_client *client;

	if (s->n_clients >= STREAM_CLIENTS) {
		request_reply_error(r, ERR_LIMIT, "too many live streams");
		return;
	}
	if (last_id == NULL)
		last_id = request_query(r, "last_id");
	client = new_client(s, r, negotiate_lang(lang, request_lang(r)));
	say_hello(client, resume(client, last_id));
	request_add_header(r, MHD_HTTP_HEADER_CONTENT_TYPE,
		"text/event-stream; charset=utf-8");
	request_reply(r, MHD_HTTP_OK,
		MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES,
			on_room, client, free_client));
	request_on_gone(r, on_gone, client);
}

const struct route routes_stream[] = {
	{"GET", "/api/v1/stream", ROUTE_READ, 0, get},
	{0},
};
