/* Tests that a person asks for: of a forward, or that the server is there. */
#include "tunnel/server_private.h"

#include <stdlib.h>
#include <string.h>

static bool same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* A forward has the port on the server that the spec is about. */
static bool has_port(const struct server *s, const struct forward_spec *spec)
{
	const struct endpoint *at = &spec->listen;
	const struct forward *f;

	if (at->path == NULL && at->port == 0)
		return false;
	TAILQ_FOREACH (f, &s->forwards, next)
		if (f->spec.type == FORWARD_REMOTE &&
			(f->granted || f->asking) &&
			same(f->spec.listen.path, at->path) &&
			same(f->spec.listen.host, at->host) &&
			f->spec.listen.port == at->port)
			return true;
	return false;
}

/* A person wants to know now. */
static void come_up(struct server *s)
{
	if (s->state == STATE_ERROR)
		server_set_state(s, STATE_CONNECTING, NULL, 0, 0);
	server_retry(s);
	server_want(s);
}

/* Its configuration was of no use from the start. */
static void refuse(
	struct server *s, struct forward_spec *spec, uint32_t request)
{
	struct event *e = server_event(s, EVENT_STAGE);

	e->stage = STAGE_PERMISSION;
	e->request = request;
	e->last = true;
	trouble_set(&e->trouble, ERR_CANCELLED);
	server_emit(s, e);
	forward_spec_done(spec);
	free(spec);
}

void server_test(struct server *s, struct forward_spec *spec, uint32_t request)
{
	if (spec == NULL) {
		s->pinned = true;
		if (!s->stopping)
			come_up(s);
		return;
	}
	if (s->stopping) {
		refuse(s, spec, request);
		return;
	}
	(void)trial_new(s, &s->trials, spec, request);
	s->n_bodies++;
	come_up(s);
	server_serve_trials(s);
}

void server_serve_trials(struct server *s)
{
	struct link *l = server_first_link(s);

	if (l == NULL)
		return;
	for (struct trial *t = TAILQ_FIRST(&s->trials); t != NULL;
		t = trial_next(t))
		trial_run(t, l, has_port(s, trial_spec(t)));
}

void server_lose_trials(
	struct server *s, const struct link *l, const struct trouble *why)
{
	struct trouble t;

	if (why == NULL) {
		trouble_set(&t, ERR_CANCELLED);
		why = &t;
	}
	for (struct trial *at = TAILQ_FIRST(&s->trials); at != NULL;
		at = trial_next(at))
		trial_lost(at, l, why);
}

void server_stop_trials(struct server *s)
{
	for (struct trial *t = TAILQ_FIRST(&s->trials); t != NULL;
		t = trial_next(t))
		trial_stop(t);
}

void server_trial_gone(struct server *s, struct trial *t)
{
	trial_remove(t, &s->trials);
	s->n_bodies--;
	server_settle_need(s);
	server_maybe_gone(s);
}
