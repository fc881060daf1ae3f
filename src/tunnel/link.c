/*
 * The life of a link. Invariant: server_link_down is called exactly once, by
 * link_down; the link is freed when its last handle is closed.
 */
#include "tunnel/link_private.h"

#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ssh/msg.h"

static const struct options *options(const struct link *l)
{
	return &l->peer->config->options;
}

/* ---- the end ---- */

static void maybe_free(struct link *l)
{
	struct server *server = l->server;

	if (l->handles != 0 || l->phase != LINK_DOWN)
		return;
	if (l->is_dirty)
		TAILQ_REMOVE(&l->lane->dirty, l, dirty);
	session_free(l->session);
	identity_free(l->identity);
	known_hosts_free(l->known_hosts);
	free(l->host_key_algs);
	free(l->methods);
	if (l->fd >= 0)
		close(l->fd);
	free(l);
	server_link_gone(server);
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct link *l = handle->data;

	l->handles--;
	maybe_free(l);
}

static void drop_transport(struct link *l)
{
	if (l->dial != NULL)
		dial_free(l->dial);
	l->dial = NULL;
	if (l->jump != NULL)
		conn_forget_jumper(l->jump);
	l->jump = NULL;
	if (l->proxy != NULL)
		proxycmd_free(l->proxy);
	l->proxy = NULL;
}

void link_down(struct link *l, const struct trouble *trouble)
{
	if (l->phase == LINK_DOWN)
		return;
	if (trouble != NULL)
		link_stage_failed(l, trouble);
	l->phase = LINK_DOWN;
	server_link_down(l->server, l, trouble);
	link_io_flush_last(l);
	drop_transport(l);
	if (l->armed != 0)
		uv_poll_stop(&l->poll);
	if (l->fd >= 0)
		uv_close((uv_handle_t *)&l->poll, on_handle_closed);
	uv_close((uv_handle_t *)&l->timer, on_handle_closed);
	uv_close((uv_handle_t *)&l->ack_timer, on_handle_closed);
}

void link_stop(struct link *l, const struct trouble *trouble)
{
	if (l->phase == LINK_DOWN)
		return;
	if (l->session != NULL && !session_is_down(l->session)) {
		/* session_ops.down calls link_down. */
		if (trouble == NULL)
			session_disconnect(l->session);
		else
			session_fail(l->session, (int)trouble->code, trouble);
		return;
	}
	link_down(l, trouble);
}

/* ---- reaching the host ---- */

static void try_again_or_fail(struct link *l, const struct trouble *trouble);

static void on_resolved(void *arg, const char *addresses)
{
	link_stage_done(arg, STAGE_DNS, addresses);
}

static void tell_connected(struct link *l, int fd)
{
	struct sockaddr_storage at;
	socklen_t len = sizeof(at);
	char host[INET6_ADDRSTRLEN + IF_NAMESIZE + 1];
	struct endpoint e = {.host = host, .port = l->peer->port};
	char text[ENDPOINT_TEXT];

	if (getpeername(fd, (struct sockaddr *)&at, &len) != 0 ||
		getnameinfo((struct sockaddr *)&at, len, host, sizeof(host),
			NULL, 0, NI_NUMERICHOST) != 0)
		snprintf(host, sizeof(host), "?");
	endpoint_text(&e, text, sizeof(text));
	link_stage_done(l, STAGE_TCP, text);
}

static void on_dialed(void *arg, int err, int fd, const struct trouble *trouble)
{
	struct link *l = arg;

	dial_free(l->dial);
	l->dial = NULL;
	if (err != 0) {
		try_again_or_fail(l, trouble);
		return;
	}
	tell_connected(l, fd);
	link_talk(l, fd);
}

static void on_proxy_exit(void *arg, int64_t status, int signal)
{
	struct link *l = arg;
	struct trouble t;

	trouble_set(
		&t, l->phase == LINK_READY ? ERR_LINK_LOST : ERR_PROXY_FAILED);
	if (signal != 0)
		trouble_arg(&t, "detail", "signal: %d", signal);
	else
		trouble_arg(&t, "detail", "exit status: %d", (int)status);
	trouble_arg(&t, "host", "%s", l->peer->recorded_name);
	/* What it wrote before it ended may still explain it. */
	if (status == 0 && signal == 0 && l->phase == LINK_READY)
		return;
	link_stop(l, &t);
}

static void start_proxy(struct link *l)
{
	struct option_tokens tokens = peer_tokens(l->peer);
	struct trouble t;
	char *command;
	int fd, err;

	if (options_expand(options(l)->proxy_command, &tokens, &command, &t) !=
		0) {
		link_down(l, &t);
		return;
	}
	err = proxycmd_start(
		&l->lane->loop, command, on_proxy_exit, l, &l->proxy, &fd, &t);
	free(command);
	if (err != 0)
		link_down(l, &t);
	else
		link_talk(l, fd);
}

static void start_jump(struct link *l)
{
	struct trouble t;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
		    pair) != 0) {
		trouble_say(&t, ERR_SYSTEM, "socketpair: %s", strerror(errno));
		link_down(l, &t);
		return;
	}
	l->jump = conn_jump(l->via, l, pair[0], l->peer->host, l->peer->port);
	if (l->jump == NULL) {
		close(pair[1]);
		trouble_say(&t, ERR_LIMIT, "too many channels");
		link_down(l, &t);
		return;
	}
	link_talk(l, pair[1]);
}

static void start_dial(struct link *l)
{
	const struct options *o = options(l);
	struct endpoint to = {.host = l->peer->host, .port = l->peer->port};
	struct dial_config config = {
		.target = &to,
		.family = o->address_family,
		.bind_address = o->bind_address,
		.timeout_ms = o->connect_timeout_s * 1000,
		.keepalive = o->tcp_keepalive,
		.resolved = on_resolved,
	};

	link_stage_begin(l, STAGE_DNS);
	l->dial = dial_start(&l->lane->loop, &config, on_dialed, l);
}

static void reach(struct link *l)
{
	l->phase = LINK_DIAL;
	/* Names behind a hop or a command are not ours to look up. */
	link_stage_begin(l, STAGE_TCP);
	if (l->via != NULL)
		start_jump(l);
	else if (options(l)->proxy_command != NULL)
		start_proxy(l);
	else
		start_dial(l);
}

static void try_again_or_fail(struct link *l, const struct trouble *trouble)
{
	if (l->attempts > 1) {
		l->attempts--;
		start_dial(l);
		return;
	}
	link_down(l, trouble);
}

/* A key that was named and can't be used, an agent that does not answer: said
 * once, and the way goes on. */
static void tell_identity_troubles(struct link *l)
{
	const struct trouble *list;
	size_t n;

	list = identity_troubles(l->identity, &n);
	for (size_t i = 0; i < n && !l->peer->troubles_told; i++) {
		struct event *e = server_event(l->server, EVENT_NOTICE);

		e->text = mem_strdup("notice.identity");
		e->trouble = list[i];
		server_emit(l->server, e);
	}
	l->peer->troubles_told = true;
}

static void on_identities(void *arg)
{
	struct link *l = arg;

	if (l->phase != LINK_GATHER)
		return;
	tell_identity_troubles(l);
	reach(l);
}

/* What RFC 4254 §5.1 reasons mean for a hop. */
static int jump_err(uint32_t reason)
{
	return reason == OPEN_ADMINISTRATIVELY_PROHIBITED
		       ? ERR_TARGET_PROHIBITED
		       : ERR_HOST_UNREACHABLE;
}

void link_jump_failed(struct link *l, uint32_t reason, const char *text)
{
	struct trouble t;

	l->jump = NULL;
	trouble_set(&t, jump_err(reason));
	trouble_arg(&t, "host", "%s", l->peer->host);
	trouble_arg(&t, "port", "%u", l->peer->port);
	trouble_arg(&t, "destination", "%s:%u", l->peer->host, l->peer->port);
	trouble_arg(&t, "detail", "%s: %s", link_peer(l->via)->name, text);
	link_stop(l, &t);
}

void link_jump_opened(struct link *l)
{
	char text[ENDPOINT_TEXT];

	snprintf(text, sizeof(text), "%s", link_peer(l->via)->name);
	link_stage_done(l, STAGE_TCP, text);
}

void link_jump_gone(struct link *l)
{
	l->jump = NULL;
}

/* ---- talking ---- */

void link_talk(struct link *l, int fd)
{
	struct trouble t;

	if (link_io_start(l, fd) != 0) {
		close(fd);
		trouble_say(&t, ERR_SYSTEM, "epoll");
		link_down(l, &t);
		return;
	}
	l->phase = LINK_TALK;
	link_session_config(l);
	l->session = session_new(&l->config, &link_session_ops, l);
	/* A server that says nothing is as good as none. */
	if (options(l)->connect_timeout_s != 0)
		l->handshake_due_us =
			lane_now_us() +
			(uint64_t)options(l)->connect_timeout_s * 1000000;
	session_start(l->session, lane_now_us());
	link_dirty(l);
	link_io_arm_timer(l);
}

struct link *link_new(struct server *server, struct peer *peer,
	struct link *via, unsigned number, enum link_asks asks)
{
	struct link *l = mem_zalloc(1, sizeof(*l));
	struct option_tokens tokens = peer_tokens(peer);

	l->lane = server_lane(server);
	l->server = server;
	l->peer = peer;
	l->via = via;
	l->number = number;
	l->asks = asks;
	l->fd = -1;
	l->attempts = options(l)->connection_attempts;
	l->handshake_due_us = UINT64_MAX;
	l->timer_due_us = UINT64_MAX;
	link_stage_begin(l, STAGE_DNS);
	TAILQ_INIT(&l->ready);
	uv_timer_init(&l->lane->loop, &l->timer);
	uv_timer_init(&l->lane->loop, &l->ack_timer);
	l->timer.data = l->ack_timer.data = l;
	l->handles = 2;
	l->known_hosts = peer_load_known_hosts(peer);
	l->identity = identity_new(
		&l->lane->loop, options(l), &tokens, on_identities, l);
	return l;
}

void link_insert(struct link *l, struct link_of_server *list)
{
	TAILQ_INSERT_TAIL(list, l, of_server);
}

void link_remove(struct link *l, struct link_of_server *list)
{
	TAILQ_REMOVE(list, l, of_server);
}

struct link *link_next(const struct link *l)
{
	return TAILQ_NEXT(l, of_server);
}

/* ---- facts ---- */

struct lane *link_lane(const struct link *l)
{
	return l->lane;
}

struct peer *link_peer(const struct link *l)
{
	return l->peer;
}

struct link *link_via(const struct link *l)
{
	return l->via;
}

struct session *link_session(const struct link *l)
{
	return l->session;
}

unsigned link_number(const struct link *l)
{
	return l->number;
}

enum link_asks link_asks(const struct link *l)
{
	return l->asks;
}

bool link_is_ready(const struct link *l)
{
	return l->phase == LINK_READY;
}

uint64_t link_up_since_ms(const struct link *l)
{
	return l->up_since_ms;
}

uint64_t link_up_ms(const struct link *l)
{
	return l->up_since_ms != 0 ? clock_mono_ms() - l->up_mono_ms : 0;
}

uint64_t link_idle_since_ms(const struct link *l)
{
	return l->idle_since_ms;
}

size_t link_conns(const struct link *l)
{
	return l->n_conns;
}

void link_probe(struct link *l)
{
	uint64_t slow_us;

	if (l->phase != LINK_READY)
		return;
	/* Far away, or behind a full queue, an answer takes longer. */
	slow_us = LINK_PROBE_RTTS * (uint64_t)session_rtt_us(l->session);
	if (slow_us > LINK_PROBE_SLOW_MAX_US)
		slow_us = LINK_PROBE_SLOW_MAX_US;
	session_probe(l->session, lane_now_us(), LINK_PROBE_US + slow_us);
	link_io_arm_timer(l);
}
