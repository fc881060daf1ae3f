/*
 * The life of a connection. Invariants: a connection is in its forward's list
 * until CONN_CLOSED; `channel` is NULL unless OPENING, OPEN or (forwarded)
 * SOCKS and DIALING; nothing is read from the socket before OPEN but a SOCKS
 * request.
 */
#include "tunnel/conn_private.h"

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "tunnel/lane.h"
#include "tunnel/server.h"

/* One for all workers: people end connections by it. */
static atomic_uint_fast64_t last_id;

static void on_poll(uv_poll_t *handle, int status, int events)
{
	struct conn *c = handle->data;

	if (c->state == CONN_CLOSED)
		return;
	if (status < 0) {
		/* The socket has an error, and libuv watches it no more. The
		 * error comes from a call on it, behind what it still has to
		 * give: so look at all of it, and watch again. */
		events = c->armed;
		c->armed = 0;
	}
	if (c->state == CONN_SOCKS && !c->is_forwarded)
		conn_socks_readable(c);
	else
		conn_relay_event(c, events);
}

void conn_arm(struct conn *c, int events)
{
	if (events == c->armed || !c->has_poll)
		return;
	c->armed = events;
	if (events == 0)
		uv_poll_stop(&c->poll);
	else
		uv_poll_start(&c->poll, events, on_poll);
}

void conn_set_fd(struct conn *c, int fd)
{
	c->fd = fd;
	if (uv_poll_init(&c->lane->loop, &c->poll, fd) == 0) {
		c->has_poll = true;
		c->poll.data = c;
	}
}

struct conn *conn_new(struct lane *lane, struct forward *f, int fd)
{
	struct conn *c = mem_zalloc(1, sizeof(*c));

	c->lane = lane;
	c->forward = f;
	c->fd = -1;
	c->since_ms = c->born_ms = uv_now(&lane->loop);
	c->id = atomic_fetch_add_explicit(&last_id, 1, memory_order_relaxed) +
		1;
	if (fd >= 0)
		conn_set_fd(c, fd);
	if (f != NULL) {
		TAILQ_INSERT_TAIL(&f->conns, c, of_forward);
		c->limiter = f->limiter;
		forward_conn_came(f);
	}
	return c;
}

void conn_set_link(struct conn *c, struct link *link)
{
	c->link = link;
	c->traffic = link_traffic(link);
	link_conn_added(link);
}

void conn_leave_link(struct conn *c)
{
	link_conn_gone(c->link, c);
	c->link = NULL;
	c->traffic = NULL;
}

bool conn_set_ready(struct conn *c, struct conn_list *list)
{
	if (c->is_ready)
		return false;
	c->is_ready = true;
	TAILQ_INSERT_TAIL(list, c, ready);
	return true;
}

void conn_unready(struct conn *c, struct conn_list *list)
{
	if (!c->is_ready)
		return;
	c->is_ready = false;
	TAILQ_REMOVE(list, c, ready);
}

uint64_t conn_id(const struct conn *c)
{
	return c->id;
}

struct conn *conn_next(struct conn *c)
{
	return TAILQ_NEXT(c, of_forward);
}

bool conn_is_waiting(const struct conn *c)
{
	return c->state == CONN_WAITING;
}

struct conn *conn_next_pending(struct conn *c)
{
	return TAILQ_NEXT(c, pending);
}

void conn_out_of_patience(
	struct conn *c, uint64_t now_ms, uint64_t link_ms, uint64_t request_ms)
{
	uint64_t waited = now_ms - c->since_ms;

	if (c->state == CONN_WAITING && waited >= link_ms)
		conn_give_up(c, ERR_TIMEOUT);
	else if (c->state == CONN_SOCKS && waited >= request_ms)
		conn_close(c);
	else if (c->state == CONN_DRAINING && waited >= link_ms)
		conn_close(c);
}

void conn_set_pending(struct conn *c, bool pending)
{
	if (c->forward == NULL || c->is_pending == pending)
		return;
	c->is_pending = pending;
	if (pending) {
		c->since_ms = uv_now(&c->lane->loop);
		TAILQ_INSERT_TAIL(&c->forward->pending, c, pending);
		forward_watch_pending(c->forward);
	} else {
		TAILQ_REMOVE(&c->forward->pending, c, pending);
	}
}

/* ---- the end ---- */

static void free_now(struct conn *c)
{
	buf_done(&c->queue);
	buf_done(&c->early);
	free(c->socks);
	free(c->originator);
	free(c->asked);
	free(c);
}

static void on_closed(uv_handle_t *handle)
{
	struct conn *c = handle->data;

	close(c->fd);
	free_now(c);
}

void conn_close(struct conn *c)
{
	if (c->state == CONN_CLOSED)
		return;
	conn_set_pending(c, false);
	c->state = CONN_CLOSED;
	if (c->limiter != NULL)
		limiter_leave(c->limiter, c);
	if (c->link != NULL)
		conn_leave_link(c);
	if (c->jumper != NULL)
		link_jump_gone(c->jumper);
	if (c->channel != NULL)
		channel_close(c->channel);
	c->channel = NULL;
	if (c->dial != NULL)
		dial_free(c->dial);
	c->dial = NULL;
	if (c->forward != NULL) {
		TAILQ_REMOVE(&c->forward->conns, c, of_forward);
		forward_conn_gone(c->forward);
	}
	if (c->has_poll) {
		uv_close((uv_handle_t *)&c->poll, on_closed);
		return;
	}
	if (c->fd >= 0)
		close(c->fd);
	free_now(c);
}

void conn_reset(struct conn *c)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};

	if (c->fd >= 0)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	conn_close(c);
}

void conn_refused(struct conn *c, int err)
{
	if (c->socks != NULL) {
		conn_socks_answer(c, err);
		conn_close(c);
	} else {
		conn_reset(c);
	}
}

void conn_give_up(struct conn *c, int err)
{
	conn_refused(c, err);
}

/* ---- beginnings ---- */

static char *peer_text(const struct sockaddr_storage *peer, uint16_t *ret_port)
{
	const struct sockaddr_in6 *in6 = (const void *)peer;
	const struct sockaddr_in *in = (const void *)peer;
	char text[INET6_ADDRSTRLEN];

	if (peer->ss_family == AF_INET &&
		uv_ip4_name(in, text, sizeof(text)) == 0) {
		*ret_port = ntohs(in->sin_port);
		return mem_strdup(text);
	}
	if (peer->ss_family == AF_INET6 &&
		uv_ip6_name(in6, text, sizeof(text)) == 0) {
		*ret_port = ntohs(in6->sin6_port);
		return mem_strdup(text);
	}
	*ret_port = 0;
	return NULL;
}

void conn_accepted(
	struct forward *f, int fd, const struct sockaddr_storage *peer)
{
	struct conn *c = conn_new(server_lane(f->server), f, fd);

	if (!c->has_poll) {
		conn_reset(c);
		return;
	}
	c->originator = peer_text(peer, &c->originator_port);
	if (f->spec.type == FORWARD_DYNAMIC)
		conn_socks_start(c);
	else
		conn_find_link(c);
}

void conn_forget_jumper(struct conn *c)
{
	c->jumper = NULL;
}
