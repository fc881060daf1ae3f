/*
 * Connections that come from the server's side: the target is here.
 */
#include "tunnel/conn_private.h"

#include "base/mem.h"
#include "ssh/msg.h"
#include "tunnel/lane.h"
#include "tunnel/server.h"

#define DIAL_TIMEOUT_MS 30000

static void on_dialed(void *arg, int err, int fd, const struct trouble *t)
{
	struct conn *c = arg;

	dial_free(c->dial);
	c->dial = NULL;
	if (err != 0) {
		forward_local_failed(c->forward, t,
			c->socks != NULL ? c->socks->host : NULL,
			c->socks != NULL ? c->socks->port : 0);
		if (c->socks == NULL) {
			channel_refuse(
				c->channel, OPEN_CONNECT_FAILED, err_name(err));
			c->channel = NULL;
		} else {
			conn_socks_answer(c, err == -ERR_CONNECT_REFUSED
						     ? ERR_TARGET_REFUSED
						     : ERR_TARGET_UNREACHABLE);
		}
		conn_socks_end(c);
		return;
	}
	conn_set_fd(c, fd);
	if (!c->has_poll) {
		conn_close(c);
		return;
	}
	if (c->socks == NULL)
		channel_accept(c->channel);
	else
		conn_socks_answer(c, 0);
	conn_relay_start(c);
}

void conn_forwarded_dial(struct conn *c, const struct endpoint *target)
{
	struct dial_config config = {
		.target = target,
		.timeout_ms = DIAL_TIMEOUT_MS,
	};

	c->state = CONN_DIALING;
	c->dial = dial_start(&c->lane->loop, &config, on_dialed, c);
}

void conn_forwarded(struct forward *f, struct link *link, struct channel *ch,
	struct slice originator, uint32_t originator_port)
{
	struct conn *c = conn_new(server_lane(f->server), f, -1);

	c->is_forwarded = true;
	c->channel = ch;
	c->originator = mem_dup(originator.p, originator.len);
	c->originator_port = (uint16_t)originator_port;
	conn_set_link(c, link);
	channel_claim(ch, &conn_channel_ops, c);
	if (!f->spec.reverse_dynamic) {
		conn_forwarded_dial(c, &f->spec.target);
		return;
	}
	channel_accept(ch);
	conn_socks_start(c);
}
