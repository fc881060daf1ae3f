#include "tunnel/forward.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ssh/msg.h"
#include "tunnel/lane.h"
#include "tunnel/link.h"
#include "tunnel/listener.h"
#include "tunnel/server.h"

/* A local port that is taken may be free again soon: 5 s, 15 s … a minute. */
#define LISTEN_RETRY_FIRST_MS 5000
#define LISTEN_RETRY_STEP_MS  15000
#define LISTEN_RETRY_MOST_MS  60000
/* A port on the server that our own dead link may still hold: at first often.
 */
#define REMOTE_RETRY_FAST_MS 1000
#define REMOTE_RETRY_FAST    20
#define REMOTE_RETRY_SLOW_MS 15000
#define PATIENCE_TICK_MS     1000
#define WAIT_FOR_LINK_MS     10000
#define HANDSHAKE_MS         30000
#define TARGET_EVENT_MS      1000

static void describe_bound(const struct forward *f, struct event *e)
{
	struct endpoint at = f->spec.listen;

	if (f->listener != NULL) {
		listener_text(f->listener, e->bound, sizeof(e->bound));
		e->bound_port = listener_port(f->listener);
		return;
	}
	if (at.path == NULL && f->bound_port != 0)
		at.port = f->bound_port;
	endpoint_text(&at, e->bound, sizeof(e->bound));
	e->bound_port = f->bound_port;
}

/* The one place where a forward's state changes. */
static void set_state(struct forward *f, enum tunnel_state state,
	const struct trouble *why, uint64_t up_ms, uint64_t next_try_ms)
{
	struct event *e;

	if (state == f->state ? why == NULL
			      : !tunnel_state_may_follow(f->state, state))
		return;
	f->state = state;
	e = server_event(f->server, EVENT_FORWARD);
	e->forward_id = f->id;
	e->state = state;
	e->up_ms = up_ms;
	e->next_try_ms = next_try_ms;
	if (why != NULL)
		e->trouble = *why;
	describe_bound(f, e);
	server_emit(f->server, e);
}

static bool listens_here(const struct forward *f)
{
	return f->spec.type != FORWARD_REMOTE;
}

/* ---- listening here ---- */

static void on_accept(void *arg, int fd, const struct sockaddr_storage *peer)
{
	conn_accepted(arg, fd, peer);
}

static void settle_state(struct forward *f)
{
	enum tunnel_state state = server_state(f->server);

	/* It has said why, and nothing comes up before a person acts. */
	if (state == STATE_ERROR)
		return;
	if (state == STATE_CONNECTED || server_is_lazy(f->server))
		set_state(f, STATE_CONNECTED, NULL, 0, 0);
	else if (f->state != STATE_RECONNECTING)
		set_state(f, STATE_CONNECTING, NULL, 0, 0);
}

static void on_retry(uv_timer_t *timer);

static uint64_t listen_retry_ms(const struct forward *f)
{
	uint64_t ms = f->refusals * (uint64_t)LISTEN_RETRY_STEP_MS;

	if (ms == 0)
		return LISTEN_RETRY_FIRST_MS;
	return ms < LISTEN_RETRY_MOST_MS ? ms : LISTEN_RETRY_MOST_MS;
}

/* Looking for who holds the port costs much, so it is done and said once. */
static void listen_failed(struct forward *f, const struct trouble *why)
{
	uint64_t wait = listen_retry_ms(f);

	if (f->refusals++ == 0)
		set_state(f, STATE_ERROR, why, 0, wait);
	uv_timer_start(&f->retry, on_retry, wait, 0);
}

static void listen_here(struct forward *f)
{
	const struct options *o = server_options(f->server);
	struct listener_options how = {
		.unlink_first = o->stream_local_unlink,
		.mask = o->stream_local_mask,
	};
	struct trouble t;

	f->listener = listener_new(&f->lane->loop, &f->spec.listen, &how,
		on_accept, f, f->refusals == 0 ? &t : NULL);
	if (f->listener == NULL) {
		listen_failed(f, &t);
		return;
	}
	f->refusals = 0;
	f->bound_port = listener_port(f->listener);
	settle_state(f);
}

/* ---- listening on the server ---- */

static void ask_server(struct forward *f, struct link *l);

static void remote_refused(struct forward *f)
{
	bool soon = f->was_up && f->refusals < REMOTE_RETRY_FAST;
	uint64_t wait = soon ? REMOTE_RETRY_FAST_MS : REMOTE_RETRY_SLOW_MS;
	struct trouble t;
	char text[128];

	f->refusals++;
	endpoint_text(&f->spec.listen, text, sizeof(text));
	trouble_set(&t, ERR_REMOTE_LISTEN_REFUSED);
	trouble_arg(&t, "address", "%s", text);
	set_state(f, soon ? STATE_RECONNECTING : STATE_ERROR, &t, 0, wait);
	uv_timer_start(&f->retry, on_retry, wait, 0);
}

static void on_reply(void *arg, bool success, uint32_t port)
{
	struct forward *f = arg;

	f->asking = false;
	if (!success && f->spec.listen.path == NULL &&
		f->spec.listen.port == 0 && f->bound_port != 0 &&
		f->refusals >= REMOTE_RETRY_FAST) {
		/* It is not our own dead link that holds the port that the
		 * server picked last time: any other. */
		f->bound_port = 0;
		ask_server(f, f->asked);
		return;
	}
	if (!success) {
		remote_refused(f);
		return;
	}
	if (f->bound_port == 0)
		f->bound_port =
			port != 0 ? (uint16_t)port : f->spec.listen.port;
	f->granted = true;
	f->was_up = true;
	f->refusals = 0;
	set_state(f, STATE_CONNECTED, NULL, 0, 0);
}

static uint16_t asked_port(const struct forward *f)
{
	return f->spec.listen.port != 0 ? f->spec.listen.port : f->bound_port;
}

static void ask_server(struct forward *f, struct link *l)
{
	const struct endpoint *at = &f->spec.listen;

	f->asked = l;
	f->asking = true;
	f->granted = false;
	session_forward(link_session(l), at->path, at->host, asked_port(f),
		on_reply, f);
	link_dirty(l);
}

static void on_retry(uv_timer_t *timer)
{
	struct forward *f = timer->data;
	struct link *first;

	if (f->stopping)
		return;
	if (listens_here(f)) {
		listen_here(f);
		return;
	}
	first = server_first_link(f->server);
	if (first != NULL && !f->granted)
		ask_server(f, first);
}

bool forward_matches(
	const struct forward *f, struct slice host, uint32_t port, bool is_path)
{
	const struct endpoint *at = &f->spec.listen;

	if (f->spec.type != FORWARD_REMOTE || f->stopping ||
		is_path != (at->path != NULL))
		return false;
	if (is_path)
		return slice_is(host, at->path);
	return port == f->bound_port || (port != 0 && port == at->port);
}

bool forward_listens_at(const struct forward *f, struct slice host)
{
	const struct endpoint *at = &f->spec.listen;

	return slice_is(host, at->path != NULL ? at->path : at->host);
}

bool forward_may_match(const struct forward *f, uint32_t port, bool is_path)
{
	return f->spec.type == FORWARD_REMOTE && !f->stopping && !is_path &&
	       f->spec.listen.path == NULL && port == 0 &&
	       f->spec.listen.port == 0;
}

/* ---- connections that wait ---- */

static void on_patience(uv_timer_t *timer)
{
	struct forward *f = timer->data;
	uint64_t now = uv_now(&f->lane->loop);
	struct conn *c, *next;

	for (c = TAILQ_FIRST(&f->pending); c != NULL; c = next) {
		next = conn_next_pending(c);
		conn_out_of_patience(c, now, WAIT_FOR_LINK_MS, HANDSHAKE_MS);
	}
	if (TAILQ_EMPTY(&f->pending))
		uv_timer_stop(&f->patience);
}

void forward_watch_pending(struct forward *f)
{
	if (!uv_is_active((uv_handle_t *)&f->patience) && !f->stopping)
		uv_timer_start(&f->patience, on_patience, PATIENCE_TICK_MS,
			PATIENCE_TICK_MS);
}

void forward_serve_waiting(struct forward *f)
{
	struct conn *c, *next;

	for (c = TAILQ_FIRST(&f->pending); c != NULL; c = next) {
		struct link *l;

		next = conn_next_pending(c);
		if (!conn_is_waiting(c))
			continue;
		l = server_pick_link(f->server);
		if (l == NULL)
			return;
		conn_link_ready(c, l);
	}
}

/* ---- what the server does ---- */

void forward_link_up(struct forward *f, struct link *first)
{
	if (f->stopping)
		return;
	if (!listens_here(f)) {
		if (f->asked == NULL)
			ask_server(f, first);
		return;
	}
	if (f->listener != NULL)
		set_state(f, STATE_CONNECTED, NULL, 0, 0);
	forward_serve_waiting(f);
}

void forward_link_down(struct forward *f, struct link *l, struct link *first,
	const struct trouble *why)
{
	if (f->asked == l) {
		f->asked = NULL;
		f->asking = f->granted = false;
		uv_timer_stop(&f->retry);
		if (first != NULL && f->state == STATE_CONNECTED)
			set_state(f, STATE_RECONNECTING, why, 0, 0);
	}
	if (first != NULL)
		forward_link_up(f, first);
}

void forward_server_lost(struct forward *f, const struct trouble *why,
	uint64_t up_ms, uint64_t next_try_ms)
{
	if (f->stopping || (listens_here(f) && f->listener == NULL))
		return;
	if (f->state == STATE_CONNECTED || f->state == STATE_RECONNECTING)
		set_state(f, STATE_RECONNECTING, why, up_ms, next_try_ms);
	else if (f->state == STATE_CONNECTING)
		set_state(f, STATE_CONNECTING, why, up_ms, next_try_ms);
}

void forward_server_failed(struct forward *f, const struct trouble *why)
{
	struct conn *c, *next;

	if (f->stopping)
		return;
	set_state(f, STATE_ERROR, why, 0, 0);
	for (c = TAILQ_FIRST(&f->pending); c != NULL; c = next) {
		next = conn_next_pending(c);
		if (conn_is_waiting(c))
			conn_give_up(c, ERR_LINK_LOST);
	}
}

/* ---- destinations ---- */

static int target_err(uint32_t reason, const char *text)
{
	if (reason == OPEN_ADMINISTRATIVELY_PROHIBITED)
		return ERR_TARGET_PROHIBITED;
	if (reason != OPEN_CONNECT_FAILED)
		return ERR_TARGET_FAILED;
	return strcasestr(text, "refused") != NULL ? ERR_TARGET_REFUSED
						   : ERR_TARGET_UNREACHABLE;
}

static void emit_target(struct forward *f, const struct trouble *t)
{
	uint64_t now = uv_now(&f->lane->loop);
	struct event *e;

	if (t->code == f->last_target_err &&
		now - f->last_target_ms < TARGET_EVENT_MS)
		return;
	f->last_target_err = t->code;
	f->last_target_ms = now;
	e = server_event(f->server, EVENT_TARGET);
	e->forward_id = f->id;
	e->state = f->state;
	e->trouble = *t;
	server_emit(f->server, e);
}

/* `host` NULL: the forward's own target. */
static void put_destination(const struct forward *f, const char *host,
	uint16_t port, struct trouble *t)
{
	struct endpoint named = {.host = (char *)(uintptr_t)host, .port = port};
	char where[300];

	endpoint_text(
		host != NULL ? &named : &f->spec.target, where, sizeof(where));
	trouble_arg(t, "destination", "%s", where);
}

int forward_target_failed(struct forward *f, uint32_t reason, const char *text,
	const char *host, uint16_t port)
{
	struct trouble t;

	trouble_set(&t, target_err(reason, text));
	put_destination(f, host, port, &t);
	trouble_arg(&t, "detail", "%s", text);
	emit_target(f, &t);
	return (int)t.code;
}

void forward_local_failed(struct forward *f, const struct trouble *why,
	const char *host, uint16_t port)
{
	const char *detail = trouble_get(why, "detail");
	struct trouble t;

	trouble_set(&t, ERR_LOCAL_REFUSED);
	put_destination(f, host, port, &t);
	trouble_arg(&t, "detail", "%s",
		detail != NULL ? detail : err_name((int)why->code));
	emit_target(f, &t);
}

/* ---- life ---- */

struct forward *forward_new(
	struct server *s, uint32_t id, struct forward_spec *spec)
{
	struct forward *f = mem_zalloc(1, sizeof(*f));
	struct link *first = server_first_link(s);

	f->lane = server_lane(s);
	f->server = s;
	f->id = id;
	f->spec = *spec;
	free(spec);
	if (listens_here(f) && f->spec.bind_left_out &&
		server_options(s)->gateway_ports) {
		free(f->spec.listen.host);
		f->spec.listen.host = mem_strdup("");
	}
	TAILQ_INIT(&f->conns);
	TAILQ_INIT(&f->pending);
	uv_timer_init(&f->lane->loop, &f->retry);
	uv_timer_init(&f->lane->loop, &f->patience);
	f->retry.data = f->patience.data = f;
	f->handles = 2;
	if (listens_here(f)) {
		listen_here(f);
		return f;
	}
	set_state(f, STATE_CONNECTING, NULL, 0, 0);
	if (first != NULL)
		ask_server(f, first);
	return f;
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct forward *f = handle->data;
	struct server *s = f->server;

	if (--f->handles != 0)
		return;
	forward_spec_done(&f->spec);
	server_forward_gone(s, f);
	free(f);
}

static void release_remote(struct forward *f)
{
	struct session *s = link_session(f->asked);
	const struct endpoint *at = &f->spec.listen;
	uint16_t port = f->granted ? f->bound_port : asked_port(f);

	session_forget(s, f);
	/* Requests are met in order: one that is not answered yet is undone as
	 * well; the session does so for a port that nobody knows yet. */
	if ((f->granted || f->asking) && session_is_ready(s) &&
		(at->path != NULL || port != 0))
		session_cancel_forward(s, at->path, at->host, port, NULL, NULL);
	link_dirty(f->asked);
	f->asked = NULL;
}

void forward_stop(struct forward *f)
{
	struct conn *c;

	if (f->stopping)
		return;
	f->stopping = true;
	listener_free(f->listener);
	f->listener = NULL;
	if (f->asked != NULL)
		release_remote(f);
	while ((c = TAILQ_FIRST(&f->conns)) != NULL)
		conn_reset(c);
	set_state(f, STATE_DISCONNECTED, NULL, 0, 0);
	uv_close((uv_handle_t *)&f->retry, on_handle_closed);
	uv_close((uv_handle_t *)&f->patience, on_handle_closed);
}
