/* What people are shown of a connection. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clean.h"
#include "base/clock.h"
#include "tunnel/conn_private.h"
#include "tunnel/event.h"
#include "tunnel/lane.h"

static bool is_open(const struct conn *c)
{
	return c->state == CONN_OPEN || c->state == CONN_DRAINING;
}

/* The two ends of a client's socket, or its process. */
static void fill_client(const struct conn *c, struct conn_info *info)
{
	socklen_t len = sizeof(info->client);
	struct ucred who = {0};

	if (getpeername(c->fd, (struct sockaddr *)&info->client, &len) != 0)
		info->client.ss_family = AF_UNSPEC;
	len = sizeof(info->at);
	if (getsockname(c->fd, (struct sockaddr *)&info->at, &len) != 0)
		info->at.ss_family = AF_UNSPEC;
	len = sizeof(who);
	if (info->at.ss_family == AF_UNIX &&
		getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 &&
		who.pid > 0)
		info->client_pid = (uint32_t)who.pid;
}

static uint32_t local_rtt_us(int fd)
{
	struct tcp_info tcp = {0};
	socklen_t len = sizeof(tcp);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &tcp, &len) != 0)
		return 0;
	return tcp.tcpi_rtt;
}

static void fill_words(const struct conn *c, struct conn_info *info)
{
	const struct forward_spec *spec = &c->forward->spec;
	struct endpoint from = {
		.host = c->originator,
		.port = c->originator_port,
	};

	if (c->originator != NULL && c->originator[0] != '\0')
		endpoint_text(
			&from, info->client_text, sizeof(info->client_text));
	/* The server's words, and a client's. */
	clean_line(info->client_text, sizeof(info->client_text),
		info->client_text, strlen(info->client_text));
	if (c->asked != NULL)
		snprintf(info->destination, sizeof(info->destination), "%s",
			c->asked);
	else if (spec->type != FORWARD_DYNAMIC && !spec->reverse_dynamic)
		endpoint_text(&spec->target, info->destination,
			sizeof(info->destination));
	clean_line(info->destination, sizeof(info->destination),
		info->destination, strlen(info->destination));
}

void conn_info_fill(const struct conn *c, struct conn_info *ret_info)
{
	*ret_info = (struct conn_info){
		.id = c->id,
		.forward_id = c->forward->id,
		.is_open = is_open(c),
		.since_ms =
			clock_wall_ms() - (uv_now(&c->lane->loop) - c->born_ms),
		.bytes_in = c->bytes_in,
		.bytes_out = c->bytes_out,
	};
	if (c->link != NULL) {
		ret_info->link_no = link_number(c->link);
		ret_info->rtt_us = session_rtt_us(link_session(c->link));
	}
	if (c->fd >= 0) {
		if (!c->is_forwarded)
			fill_client(c, ret_info);
		ret_info->local_rtt_us = local_rtt_us(c->fd);
	}
	fill_words(c, ret_info);
}
