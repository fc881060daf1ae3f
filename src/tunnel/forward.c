#include "tunnel/forward_private.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "tunnel/lane.h"
#include "tunnel/link.h"
#include "tunnel/listener.h"
#include "tunnel/server.h"

/* A local port that is taken may be free again soon: 5 s, 15 s … a minute. */
#define LISTEN_RETRY_FIRST_MS 5000
#define LISTEN_RETRY_STEP_MS  15000
#define LISTEN_RETRY_MOST_MS  60000
#define PATIENCE_TICK_MS      1000
#define WAIT_FOR_LINK_MS      10000
#define HANDSHAKE_MS          30000

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

static void enter(struct forward *f, enum tunnel_state state, bool standby,
	const struct trouble *why, uint64_t up_ms, uint64_t next_try_ms)
{
	struct event *e;

	if (state == f->state ? why == NULL && standby == f->standby
			      : !tunnel_state_may_follow(f->state, state))
		return;
	f->state = state;
	f->standby = standby;
	e = server_event(f->server, EVENT_FORWARD);
	e->forward_id = f->id;
	e->state = state;
	e->standby = standby;
	e->up_ms = up_ms;
	e->next_try_ms = next_try_ms;
	if (why != NULL)
		e->trouble = *why;
	describe_bound(f, e);
	server_emit(f->server, e);
}

void forward_set_state(struct forward *f, enum tunnel_state state,
	const struct trouble *why, uint64_t up_ms, uint64_t next_try_ms)
{
	enter(f, state, false, why, up_ms, next_try_ms);
}

static bool listens_here(const struct forward *f)
{
	return f->spec.type != FORWARD_REMOTE;
}

/* ---- listening here ---- */

static void refuse(int fd)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

static void on_accept(void *arg, int fd, const struct sockaddr_storage *peer)
{
	if (forward_admits(arg, peer))
		conn_accepted(arg, fd, peer);
	else
		refuse(fd);
}

void forward_settle(struct forward *f)
{
	enum tunnel_state state = server_state(f->server);

	/* In error it has said why, and nothing comes up before a person acts.
	 */
	if (f->stopping || f->listener == NULL || state == STATE_ERROR)
		return;
	if (state == STATE_CONNECTED)
		forward_set_state(f, STATE_CONNECTED, NULL, 0, 0);
	else if (f->rests && !server_is_wanted(f->server))
		enter(f, STATE_DISCONNECTED, true, NULL, 0, 0);
	else if (f->state != STATE_RECONNECTING)
		forward_set_state(f, STATE_CONNECTING, NULL, 0, 0);
}

static void on_retry(uv_timer_t *timer);

void forward_retry_in(struct forward *f, uint64_t ms)
{
	uv_timer_start(&f->retry, on_retry, ms, 0);
}

static uint64_t listen_retry_ms(const struct forward *f)
{
	uint64_t ms = f->refusals * (uint64_t)LISTEN_RETRY_STEP_MS;

	if (ms == 0)
		return LISTEN_RETRY_FIRST_MS;
	return ms < LISTEN_RETRY_MOST_MS ? ms : LISTEN_RETRY_MOST_MS;
}

/* Looking for who holds the port costs much, so it is done once; after that
 * only the next try is news. `why` NULL: as before. */
static void listen_failed(struct forward *f, const struct trouble *why)
{
	uint64_t wait = listen_retry_ms(f);

	if (why != NULL) {
		free(f->no_port);
		f->no_port = mem_dup(why, sizeof(*why));
	}
	f->refusals++;
	/* A server that has failed stays the reason that is shown. */
	if (why != NULL || server_state(f->server) != STATE_ERROR)
		forward_set_state(f, STATE_ERROR, f->no_port, 0, wait);
	forward_retry_in(f, wait);
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
		listen_failed(f, f->refusals == 0 ? &t : NULL);
		return;
	}
	f->refusals = 0;
	f->bound_port = listener_port(f->listener);
	forward_settle(f);
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
		forward_remote_ask(f, first);
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
			forward_remote_ask(f, first);
		return;
	}
	if (f->listener != NULL)
		forward_set_state(f, STATE_CONNECTED, NULL, 0, 0);
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
			forward_set_state(f, STATE_RECONNECTING, why, 0, 0);
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
		forward_set_state(
			f, STATE_RECONNECTING, why, up_ms, next_try_ms);
	else if (f->state == STATE_CONNECTING)
		forward_set_state(f, STATE_CONNECTING, why, up_ms, next_try_ms);
}

void forward_server_failed(struct forward *f, const struct trouble *why)
{
	struct conn *c, *next;

	if (f->stopping)
		return;
	forward_set_state(f, STATE_ERROR, why, 0, 0);
	for (c = TAILQ_FIRST(&f->pending); c != NULL; c = next) {
		next = conn_next_pending(c);
		if (conn_is_waiting(c))
			conn_give_up(c, ERR_LINK_LOST);
	}
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
	forward_rest_init(f);
	forward_allow_init(f);
	f->limiter = limiter_new(&f->lane->loop, f->spec.limit_in_bytes_s,
		f->spec.limit_out_bytes_s);
	if (listens_here(f)) {
		listen_here(f);
		return f;
	}
	forward_set_state(f, STATE_CONNECTING, NULL, 0, 0);
	if (first != NULL)
		forward_remote_ask(f, first);
	return f;
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct forward *f = handle->data;
	struct server *s = f->server;

	if (--f->handles != 0)
		return;
	allow_free(f->allow);
	free(f->no_port);
	forward_spec_done(&f->spec);
	server_forward_gone(s, f);
	free(f);
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
		forward_remote_release(f);
	while ((c = TAILQ_FIRST(&f->conns)) != NULL)
		conn_reset(c);
	limiter_free(f->limiter);
	f->limiter = NULL;
	forward_set_state(f, STATE_DISCONNECTED, NULL, 0, 0);
	uv_close((uv_handle_t *)&f->retry, on_handle_closed);
	uv_close((uv_handle_t *)&f->patience, on_handle_closed);
	uv_close((uv_handle_t *)&f->idle, on_handle_closed);
}
