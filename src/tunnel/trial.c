#include "tunnel/trial.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

#include "base/mem.h"
#include "ssh/channel.h"
#include "ssh/msg.h"
#include "tunnel/dial.h"
#include "tunnel/forward.h"
#include "tunnel/link.h"
#include "tunnel/peer.h"
#include "tunnel/server.h"

/* What a server may take to reach a target, and we one of ours. */
#define PATIENCE_MS 15000

struct trial {
	TAILQ_ENTRY(trial) next;
	struct server *server;
	struct forward_spec *spec;
	uint32_t request;
	struct link *link; /* that it uses, or NULL */
	unsigned link_no;
	bool started; /* it had a link */
	struct channel *channel;
	struct dial *dial;
	bool asking; /* for the port */
	bool ended;
	enum stage stage;
	uint64_t stage_us;
	uv_timer_t timer;
};

/* ---- telling ---- */

static void on_closed(uv_handle_t *handle)
{
	struct trial *t = handle->data;

	server_trial_gone(t->server, t);
	forward_spec_done(t->spec);
	free(t->spec);
	free(t);
}

static void end(struct trial *t)
{
	if (t->ended)
		return;
	t->ended = true;
	if (t->channel != NULL)
		channel_close(t->channel);
	t->channel = NULL;
	if (t->asking)
		session_forget(link_session(t->link), t);
	t->asking = false;
	dial_free(t->dial);
	t->dial = NULL;
	uv_close((uv_handle_t *)&t->timer, on_closed);
}

/* The stage that it is at has ended, and with `last` the trial. */
static void tell(struct trial *t, const char *detail, const struct trouble *why,
	bool last)
{
	struct event *e = server_event(t->server, EVENT_STAGE);

	e->stage = t->stage;
	e->stage_ms = (lane_now_us() - t->stage_us) / 1000;
	e->request = t->request;
	e->link_no = t->link_no;
	e->last = last;
	if (why != NULL)
		e->trouble = *why;
	if (detail != NULL && *detail != '\0')
		e->text = mem_strdup(detail);
	server_emit(t->server, e);
	t->stage++;
	t->stage_us = lane_now_us();
	if (last)
		end(t);
}

/* Where the channel, or our own connection, is to lead. */
static struct endpoint target(const struct trial *t)
{
	struct endpoint own = {.host = (char *)(uintptr_t) "127.0.0.1"};

	if (t->spec->type != FORWARD_DYNAMIC)
		return t->spec->target;
	if (t->link != NULL)
		own.port = link_peer(t->link)->port;
	return own;
}

static void tell_target(struct trial *t, int err, const char *detail)
{
	struct endpoint to = target(t);
	char where[ENDPOINT_TEXT];
	struct trouble why;

	endpoint_text(&to, where, sizeof(where));
	trouble_set(&why, err);
	trouble_arg(&why, "destination", "%s", where);
	if (detail != NULL)
		trouble_arg(&why, "detail", "%s", detail);
	tell(t, where, err != 0 ? &why : NULL, true);
}

/* ---- through the server ---- */

static void on_opened(void *arg)
{
	struct trial *t = arg;
	bool has_target = t->spec->type == FORWARD_LOCAL;

	tell(t, NULL, NULL, !has_target);
	if (has_target)
		tell_target(t, 0, NULL);
}

static void on_failed(void *arg, uint32_t reason, const char *text)
{
	struct trial *t = arg;

	t->channel = NULL;
	if (reason == OPEN_ADMINISTRATIVELY_PROHIBITED) {
		tell_target(t, ERR_TARGET_PROHIBITED, text);
		return;
	}
	/* That nothing answers there is no matter of permission. */
	if (t->spec->type == FORWARD_DYNAMIC) {
		tell(t, NULL, NULL, true);
		return;
	}
	tell(t, NULL, NULL, false);
	tell_target(t, forward_target_err(reason, text), text);
}

static void on_data(void *arg, const uint8_t *p, size_t n)
{
	(void)arg;
	(void)p;
	(void)n;
}

static void on_nothing(void *arg)
{
	(void)arg;
}

static void on_channel_closed(void *arg, bool lost)
{
	struct trial *t = arg;

	(void)lost;
	t->channel = NULL;
}

static const struct channel_ops ops = {
	.opened = on_opened,
	.failed = on_failed,
	.data = on_data,
	.eof = on_nothing,
	.closed = on_channel_closed,
	.writable = on_nothing,
};

static void open_channel(struct trial *t)
{
	struct session *s = link_session(t->link);
	struct endpoint to = target(t);

	if (to.path != NULL)
		t->channel = channel_open_unix(s, to.path, &ops, t);
	else
		t->channel = channel_open_tcp(
			s, to.host, to.port, "127.0.0.1", 0, &ops, t);
	if (t->channel == NULL)
		tell_target(t, ERR_LIMIT, "too many channels");
	else
		link_dirty(t->link);
}

/* ---- to us ---- */

static void on_dialed(void *arg, int err, int fd, const struct trouble *why)
{
	struct trial *t = arg;
	const char *detail = err != 0 ? trouble_get(why, "detail") : NULL;

	if (err == 0)
		close(fd);
	tell_target(t, err != 0 ? ERR_LOCAL_REFUSED : 0, detail);
}

static void may_listen(struct trial *t, const struct endpoint *at)
{
	struct dial_config config = {
		.target = &t->spec->target,
		.timeout_ms = PATIENCE_MS,
	};
	char text[ENDPOINT_TEXT];

	endpoint_text(at, text, sizeof(text));
	tell(t, text, NULL, t->spec->reverse_dynamic);
	if (t->spec->reverse_dynamic)
		return;
	uv_timer_stop(&t->timer);
	t->dial = dial_start(
		&server_lane(t->server)->loop, &config, on_dialed, t);
}

static void on_reply(void *arg, bool success, uint32_t port)
{
	struct trial *t = arg;
	struct endpoint at = t->spec->listen;
	struct trouble why;
	char text[ENDPOINT_TEXT];

	t->asking = false;
	if (!success) {
		endpoint_text(&at, text, sizeof(text));
		trouble_set(&why, ERR_REMOTE_LISTEN_REFUSED);
		trouble_arg(&why, "address", "%s", text);
		tell(t, text, &why, true);
		return;
	}
	if (at.path == NULL && at.port == 0)
		at.port = (uint16_t)port;
	session_cancel_forward(
		link_session(t->link), at.path, at.host, at.port, NULL, NULL);
	may_listen(t, &at);
}

static void ask_port(struct trial *t)
{
	const struct endpoint *at = &t->spec->listen;

	t->asking = true;
	session_forward(link_session(t->link), at->path, at->host, at->port,
		on_reply, t);
	link_dirty(t->link);
}

/* ---- life ---- */

static void on_patience(uv_timer_t *timer)
{
	struct trial *t = timer->data;
	struct trouble why;

	if (t->spec->type == FORWARD_LOCAL) {
		/* What it does not allow it refuses at once. */
		tell(t, NULL, NULL, false);
		tell_target(t, ERR_TARGET_UNREACHABLE, strerror(ETIMEDOUT));
		return;
	}
	trouble_set(&why, ERR_TIMEOUT);
	tell(t, NULL, &why, true);
}

void trial_run(struct trial *t, struct link *l, bool has_port)
{
	if (t->ended || t->started)
		return;
	t->started = true;
	t->link = l;
	t->link_no = link_number(l);
	t->stage_us = lane_now_us();
	uv_timer_start(&t->timer, on_patience, PATIENCE_MS, 0);
	if (t->spec->type != FORWARD_REMOTE)
		open_channel(t);
	else if (has_port)
		may_listen(t, &t->spec->listen);
	else
		ask_port(t);
}

void trial_lost(
	struct trial *t, const struct link *l, const struct trouble *why)
{
	if (t->ended || t->link != l)
		return;
	/* Our own target needs no link. */
	if (t->dial == NULL)
		tell(t, NULL, why, true);
	t->link = NULL;
}

void trial_stop(struct trial *t)
{
	struct trouble why;

	if (t->ended)
		return;
	trouble_set(&why, ERR_CANCELLED);
	tell(t, NULL, &why, true);
	t->link = NULL;
}

struct trial *trial_new(struct server *s, struct trial_list *list,
	struct forward_spec *spec, uint32_t request)
{
	struct trial *t = mem_zalloc(1, sizeof(*t));

	t->server = s;
	t->spec = spec;
	t->request = request;
	t->stage = STAGE_PERMISSION;
	t->stage_us = lane_now_us();
	uv_timer_init(&server_lane(s)->loop, &t->timer);
	t->timer.data = t;
	TAILQ_INSERT_TAIL(list, t, next);
	return t;
}

void trial_remove(struct trial *t, struct trial_list *list)
{
	TAILQ_REMOVE(list, t, next);
}

struct trial *trial_next(const struct trial *t)
{
	return TAILQ_NEXT(t, next);
}

const struct forward_spec *trial_spec(const struct trial *t)
{
	return t->spec;
}
