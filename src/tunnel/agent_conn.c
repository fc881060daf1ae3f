#include "tunnel/agent_conn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "base/mem.h"
#include "ssh/agent.h"

#define READ_BYTES 4096

struct agent_conn {
	uv_pipe_t pipe;
	uv_timer_t timer;
	uv_connect_t connect;
	uv_write_t write;
	unsigned handles; /* not closed yet */
	char *path;
	struct buf request, in;
	unsigned timeout_ms;
	const char *unusable; /* why there is nothing to connect to, or NULL */
	agent_conn_fn *on_answer; /* NULL: answered or cancelled */
	void *arg;
};

static void closed(uv_handle_t *handle)
{
	struct agent_conn *c = handle->data;

	if (--c->handles > 0)
		return;
	buf_done(&c->request);
	buf_done(&c->in);
	free(c->path);
	free(c);
}

void agent_conn_cancel(struct agent_conn *c)
{
	if (c == NULL)
		return;
	c->on_answer = NULL;
	uv_close((uv_handle_t *)&c->pipe, closed);
	uv_close((uv_handle_t *)&c->timer, closed);
}

static void answer(struct agent_conn *c, const struct trouble *trouble,
	struct slice payload)
{
	agent_conn_fn *on_answer = c->on_answer;

	c->on_answer = NULL;
	on_answer(c->arg, trouble, payload);
	agent_conn_cancel(c);
}

static void fail(struct agent_conn *c, const char *detail)
{
	struct trouble trouble;

	trouble_set(&trouble, ERR_AGENT);
	trouble_arg(&trouble, "path", "%s", c->path);
	trouble_arg(&trouble, "detail", "%s", detail);
	answer(c, &trouble, (struct slice){(const uint8_t *)"", 0});
}

static void timed_out(uv_timer_t *timer)
{
	struct agent_conn *c = timer->data;
	char text[64];

	if (c->unusable != NULL) {
		fail(c, c->unusable);
		return;
	}
	snprintf(text, sizeof(text), "no answer within %u s",
		c->timeout_ms / 1000);
	fail(c, text);
}

static void room(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buf)
{
	struct agent_conn *c = handle->data;

	(void)suggested;
	*ret_buf = uv_buf_init(
		(char *)buf_reserve(&c->in, READ_BYTES), READ_BYTES);
}

static void received(uv_stream_t *stream, ssize_t n, const uv_buf_t *into)
{
	struct agent_conn *c = stream->data;
	struct slice payload;
	size_t consume;
	int err;

	(void)into;
	if (n < 0) {
		fail(c, uv_strerror((int)n));
		return;
	}
	buf_commit(&c->in, (size_t)n);
	err = agent_next_reply(&c->in, &payload, &consume);
	if (err == 0)
		answer(c, NULL, payload);
	else if (err != -ERR_AGAIN)
		fail(c, "not an agent's reply");
}

static void written(uv_write_t *write, int status)
{
	struct agent_conn *c = write->data;

	if (c->on_answer != NULL && status != 0)
		fail(c, uv_strerror(status));
}

static void connected(uv_connect_t *connect, int status)
{
	struct agent_conn *c = connect->data;
	uv_stream_t *stream = (uv_stream_t *)&c->pipe;
	uv_buf_t buf = uv_buf_init(
		(char *)buf_ptr(&c->request), (unsigned)buf_len(&c->request));

	if (c->on_answer == NULL)
		return;
	if (status == 0)
		status = uv_write(&c->write, stream, &buf, 1, written);
	if (status == 0)
		status = uv_read_start(stream, room, received);
	if (status != 0)
		fail(c, uv_strerror(status));
}

struct agent_conn *agent_conn_ask(uv_loop_t *loop, const char *path,
	struct buf *request, unsigned timeout_ms, agent_conn_fn *on_answer,
	void *arg)
{
	struct agent_conn *c = mem_zalloc(1, sizeof(*c));

	c->path = mem_strdup(path != NULL ? path : "");
	c->request = *request;
	*request = (struct buf)BUF_INIT;
	c->timeout_ms = timeout_ms;
	c->on_answer = on_answer;
	c->arg = arg;
	c->pipe.data = c->timer.data = c->connect.data = c->write.data = c;
	/* Neither can fail: no descriptor is made yet. */
	(void)uv_pipe_init(loop, &c->pipe, 0);
	(void)uv_timer_init(loop, &c->timer);
	c->handles = 2;
	/* libuv cuts a long path short, and might reach another's socket. */
	if (path == NULL)
		c->unusable = "there is no agent";
	else if (strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		c->unusable = "the socket's path is too long";
	else
		uv_pipe_connect(&c->connect, &c->pipe, path, connected);
	/* The caller may have been busy since the loop last looked. */
	uv_update_time(loop);
	(void)uv_timer_start(
		&c->timer, timed_out, c->unusable != NULL ? 0 : timeout_ms, 0);
	return c;
}
