/* A remote forward's port on the server: asked for, refused, given back; and
 * whose a channel is that the server opens. */
#include <stdio.h>

#include "base/mem.h"
#include "tunnel/forward_private.h"
#include "tunnel/lane.h"
#include "tunnel/link.h"
#include "tunnel/server.h"

/* A port that our own dead link may still hold: at first often. */
#define REMOTE_RETRY_FAST_MS 1000
#define REMOTE_RETRY_FAST    20
#define REMOTE_RETRY_SLOW_MS 15000

/* The server let us have it before, so it is not a matter of permission: until
 * it notices that our last link is gone, that link keeps the port. */
static void tell_held(struct forward *f, const char *address, uint64_t wait_ms)
{
	struct event *e = server_event(f->server, EVENT_NOTICE);

	e->forward_id = f->id;
	e->next_try_ms = wait_ms;
	e->text = mem_strdup("notice.remote_port_held_by_old_link");
	trouble_set(&e->trouble, ERR_REMOTE_LISTEN_REFUSED);
	trouble_arg(&e->trouble, "address", "%s", address);
	trouble_arg(&e->trouble, "seconds", "%u", (unsigned)(wait_ms / 1000));
	server_emit(f->server, e);
}

static void remote_refused(struct forward *f)
{
	bool soon = f->was_up && f->refusals < REMOTE_RETRY_FAST;
	uint64_t wait = soon ? REMOTE_RETRY_FAST_MS : REMOTE_RETRY_SLOW_MS;
	struct trouble t;
	struct endpoint at = f->spec.listen;
	char text[ENDPOINT_TEXT];

	if (at.path == NULL && at.port == 0)
		at.port = f->bound_port;
	endpoint_text(&at, text, sizeof(text));
	if (soon && f->refusals == 0)
		tell_held(f, text, wait);
	f->refusals++;
	trouble_set(&t, ERR_REMOTE_LISTEN_REFUSED);
	trouble_arg(&t, "address", "%s", text);
	forward_set_state(
		f, soon ? STATE_RECONNECTING : STATE_ERROR, &t, 0, wait);
	forward_retry_in(f, wait);
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
		forward_remote_ask(f, f->asked);
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
	forward_set_state(f, STATE_CONNECTED, NULL, 0, 0);
}

static uint16_t asked_port(const struct forward *f)
{
	return f->spec.listen.port != 0 ? f->spec.listen.port : f->bound_port;
}

void forward_remote_ask(struct forward *f, struct link *l)
{
	const struct endpoint *at = &f->spec.listen;

	f->asked = l;
	f->asking = true;
	f->granted = false;
	session_forward(link_session(l), at->path, at->host, asked_port(f),
		on_reply, f);
	link_dirty(l);
}

void forward_remote_release(struct forward *f)
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
