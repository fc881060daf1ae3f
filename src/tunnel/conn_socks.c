/*
 * The proxy handshake: with a local client over its socket (Dynamic), or with
 * one on the server's side over the channel (reverse dynamic).
 */
#include "tunnel/conn_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "tunnel/lane.h"

#define READ_BYTES 2048

void conn_socks_start(struct conn *c)
{
	c->state = CONN_SOCKS;
	c->socks = mem_zalloc(1, sizeof(*c->socks));
	c->socks->listen_host = c->forward->spec.listen.host;
	c->socks->listen_port = c->forward->bound_port;
	conn_set_pending(c, true);
	if (!c->is_forwarded)
		conn_arm(c, UV_READABLE);
}

/* To whoever speaks the proxy protocol. */
static void say(struct conn *c, struct buf *out)
{
	size_t n = buf_len(out);

	if (n != 0 && !c->is_forwarded) {
		/* A few bytes into an empty socket buffer; where they don't fit
		 * the client broke the protocol first. */
		(void)!send(c->fd, buf_ptr(out), n, MSG_NOSIGNAL);
	} else if (n != 0 && c->channel != NULL) {
		buf_put(&c->early, buf_ptr(out), n);
		link_conn_ready(c->link, c);
	}
	buf_done(out);
}

static char *text_of(const struct endpoint *e)
{
	char text[ENDPOINT_TEXT];

	endpoint_text(e, text, sizeof(text));
	return mem_strdup(text);
}

static void requested(struct conn *c)
{
	struct endpoint target = {
		.host = c->socks->host, .port = c->socks->port};

	c->asked = text_of(&target);
	if (!c->is_forwarded) {
		conn_arm(c, 0);
		conn_find_link(c);
		return;
	}
	conn_forwarded_dial(c, &target);
}

void conn_socks_end(struct conn *c)
{
	/* A last answer over the channel leaves before its CLOSE. */
	while (c->is_forwarded && buf_len(&c->early) != 0 &&
		conn_pull(c) == CONN_PULL_MORE)
		continue;
	conn_close(c);
}

/* False: the connection has ended, and its memory may be gone. */
static bool feed(struct conn *c, struct buf *in)
{
	struct buf out = BUF_INIT;
	const struct forward_spec *spec = &c->forward->spec;
	enum socks_result result = socks_input(
		c->socks, in, &out, spec->socks_user, spec->socks_password);

	say(c, &out);
	switch (result) {
	case SOCKS_MORE:
		conn_arm(c, UV_READABLE);
		return true;
	case SOCKS_CONNECT:
		conn_set_pending(c, false);
		requested(c);
		return true;
	case SOCKS_END:
		break;
	}
	conn_socks_end(c);
	return false;
}

void conn_socks_readable(struct conn *c)
{
	ssize_t n =
		recv(c->fd, buf_reserve(&c->early, READ_BYTES), READ_BYTES, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		conn_close(c);
		return;
	}
	buf_commit(&c->early, (size_t)n);
	(void)feed(c, &c->early);
}

void conn_socks_channel_data(struct conn *c, const uint8_t *p, size_t n)
{
	size_t before;

	buf_put(&c->queue, p, n);
	if (c->state != CONN_SOCKS)
		return;
	before = buf_len(&c->queue);
	/* The request is ours; what follows it waits for the target. */
	if (feed(c, &c->queue))
		channel_consumed(
			c->channel, before - buf_len(&c->queue), lane_now_us());
}

void conn_socks_answer(struct conn *c, int err)
{
	struct buf out = BUF_INIT;

	if (c->socks == NULL)
		return;
	socks_reply(c->socks, err, &out);
	say(c, &out);
	free(c->socks);
	c->socks = NULL;
}
