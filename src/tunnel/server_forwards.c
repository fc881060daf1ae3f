/* The forwards of a server: starting, stopping, and whose a forwarded channel
 * is. */
#include "tunnel/server_private.h"

#include <stdlib.h>

#include "ssh/channel.h"
#include "ssh/msg.h"

static void settle_all(struct server *s)
{
	struct forward *f;

	TAILQ_FOREACH (f, &s->forwards, next)
		forward_settle(f);
}

void server_start_forward(
	struct server *s, uint32_t id, struct forward_spec *spec)
{
	struct forward *f;
	bool wait;

	if (s->stopping) {
		forward_spec_done(spec);
		free(spec);
		return;
	}
	wait = forward_spec_rests(spec) && !server_is_needed(s);
	/* A forward that is started again is a person's "try again". */
	if (s->state == STATE_ERROR)
		server_set_state(s,
			wait ? STATE_DISCONNECTED : STATE_CONNECTING, NULL, 0,
			0);
	f = forward_new(s, id, spec);
	TAILQ_INSERT_TAIL(&s->forwards, f, next);
	s->n_forwards++;
	if (!wait)
		server_want(s);
	else
		settle_all(s);
}

bool server_link_has_remote(const struct server *s, const struct link *l)
{
	const struct forward *f;

	TAILQ_FOREACH (f, &s->forwards, next)
		if (f->asked == l)
			return true;
	return false;
}

void server_stop_forward(struct server *s, uint32_t id)
{
	struct forward *f;

	/* One of that number that was stopped before may not be gone yet. */
	TAILQ_FOREACH (f, &s->forwards, next)
		if (f->id == id && !f->stopping) {
			forward_stop(f);
			return;
		}
}

void server_forward_gone(struct server *s, struct forward *f)
{
	TAILQ_REMOVE(&s->forwards, f, next);
	s->n_forwards--;
	server_settle_need(s);
	server_maybe_gone(s);
}

static struct forward *forward_of(struct server *s, const struct link *l,
	struct slice host, uint32_t port, bool is_path)
{
	struct forward *f, *found = NULL, *maybe = NULL;
	unsigned n = 0;

	TAILQ_FOREACH (f, &s->forwards, next) {
		if (f->asked != l)
			continue;
		if (forward_may_match(f, port, is_path)) {
			maybe = f;
			n++;
		}
		if (!forward_matches(f, host, port, is_path))
			continue;
		/* Some servers say where they listen in other words. */
		if (found == NULL || forward_listens_at(f, host))
			found = f;
	}
	/* Never a guess between two. */
	return found == NULL && n == 1 ? maybe : found;
}

void server_forwarded(struct server *s, struct link *l, struct channel *ch,
	struct slice host, uint32_t port, bool is_path, struct slice originator,
	uint32_t originator_port)
{
	struct forward *f = forward_of(s, l, host, port, is_path);

	if (f == NULL)
		channel_refuse(ch, OPEN_ADMINISTRATIVELY_PROHIBITED,
			"no such forward was asked for");
	else if (!forward_admits_originator(f, originator, is_path))
		channel_refuse(ch, OPEN_ADMINISTRATIVELY_PROHIBITED,
			"this client may not connect");
	else
		conn_forwarded(f, l, ch, originator, originator_port);
}
