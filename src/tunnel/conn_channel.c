/*
 * A connection's channel: opened over the link that is free for it, or that
 * comes up while it waits, and what the session then says of it.
 */
#include "tunnel/conn_private.h"

#include "tunnel/lane.h"
#include "tunnel/server.h"

static void on_opened(void *arg)
{
	struct conn *c = arg;

	conn_set_pending(c, false);
	conn_socks_answer(c, 0);
	if (c->jumper != NULL)
		link_jump_opened(c->jumper);
	conn_relay_start(c);
}

static void on_failed(void *arg, uint32_t reason, const char *text)
{
	struct conn *c = arg;
	int err;

	c->channel = NULL;
	if (c->forward == NULL) {
		if (c->jumper != NULL)
			link_jump_failed(c->jumper, reason, text);
		conn_close(c);
		return;
	}
	err = forward_target_failed(c->forward, reason, text,
		c->socks != NULL ? c->socks->host : NULL,
		c->socks != NULL ? c->socks->port : 0);
	conn_refused(c, err);
}

static void on_data(void *arg, const uint8_t *p, size_t n)
{
	struct conn *c = arg;

	if (c->state == CONN_OPEN) {
		link_deliver(c->link, c, p, n);
		return;
	}
	/* A forwarded channel talks before its target here answers. */
	conn_socks_channel_data(c, p, n);
}

static void on_eof(void *arg)
{
	struct conn *c = arg;

	link_deliver_flush(c->link, c);
	c->remote_eof = true;
	if (c->state == CONN_OPEN)
		conn_relay_settle(c);
	else if (c->state == CONN_SOCKS)
		conn_close(c); /* half a request, and no more comes */
}

/* The link fell before the server had answered: no byte was exchanged, and the
 * next link will do as well. When a server is lost, each link of its pool may
 * be found dead in turn; one that falls at every opening is not asked for ever.
 */
static bool wait_for_another(struct conn *c)
{
	if (c->state != CONN_OPENING || c->forward == NULL ||
		c->n_falls >= server_options(c->forward->server)->pool_max)
		return false;
	c->n_falls++;
	conn_leave_link(c);
	c->state = CONN_WAITING;
	conn_set_pending(c, true);
	return true;
}

static void on_channel_closed(void *arg, bool lost)
{
	struct conn *c = arg;

	c->channel = NULL;
	if (lost && wait_for_another(c))
		return;
	link_deliver_flush(c->link, c);
	/* Writing may have found the socket dead. */
	if (c->state == CONN_CLOSED)
		return;
	if (lost && !c->remote_eof) {
		conn_reset(c);
		return;
	}
	if (c->state != CONN_OPEN) {
		conn_close(c);
		return;
	}
	/* What the server sent before it closed is still the client's. */
	c->remote_eof = true;
	c->state = CONN_DRAINING;
	/* Nobody reads what comes from it now. */
	conn_arm(c, c->armed & ~UV_READABLE);
	conn_leave_link(c);
	conn_relay_settle(c);
}

static void on_writable(void *arg)
{
	struct conn *c = arg;

	if (c->state == CONN_OPEN || c->is_forwarded)
		link_conn_ready(c->link, c);
}

const struct channel_ops conn_channel_ops = {
	.opened = on_opened,
	.failed = on_failed,
	.data = on_data,
	.eof = on_eof,
	.closed = on_channel_closed,
	.writable = on_writable,
};

static struct channel *open_channel(struct conn *c, struct link *link,
	const char *host, uint16_t port, const char *path)
{
	struct session *s = link_session(link);
	const char *from = c->originator != NULL ? c->originator : "127.0.0.1";

	if (path != NULL)
		return channel_open_unix(s, path, &conn_channel_ops, c);
	return channel_open_tcp(
		s, host, port, from, c->originator_port, &conn_channel_ops, c);
}

void conn_link_ready(struct conn *c, struct link *link)
{
	const struct endpoint *target = &c->forward->spec.target;

	c->state = CONN_OPENING;
	conn_set_link(c, link);
	if (c->socks != NULL)
		c->channel = open_channel(
			c, link, c->socks->host, c->socks->port, NULL);
	else
		c->channel = open_channel(
			c, link, target->host, target->port, target->path);
	conn_set_pending(c, false);
	if (c->channel == NULL)
		conn_refused(c, ERR_LIMIT);
}

void conn_find_link(struct conn *c)
{
	struct link *link;

	forward_wake(c->forward);
	link = server_pick_link(c->forward->server);
	if (link != NULL) {
		conn_link_ready(c, link);
		return;
	}
	if (server_state(c->forward->server) == STATE_ERROR) {
		conn_refused(c, ERR_LINK_LOST);
		return;
	}
	c->state = CONN_WAITING;
	conn_set_pending(c, false);
	conn_set_pending(c, true);
}

struct conn *conn_jump(struct link *link, struct link *jumper, int fd,
	const char *host, uint16_t port)
{
	struct conn *c = conn_new(link_lane(link), NULL, fd);

	c->jumper = jumper;
	c->state = CONN_OPENING;
	conn_set_link(c, link);
	c->channel =
		c->has_poll ? open_channel(c, link, host, port, NULL) : NULL;
	if (c->channel != NULL)
		return c;
	c->jumper = NULL;
	conn_close(c);
	return NULL;
}
