/* Whether a server is to be up: while anything needs it. */
#include "tunnel/server_private.h"

void server_want(struct server *s)
{
	bool rested = !s->wanted;
	struct forward *f;

	if (s->stopping || s->state == STATE_ERROR)
		return;
	s->wanted = true;
	if (s->n_links == 0 && !uv_is_active((uv_handle_t *)&s->retry))
		server_advance(s);
	if (!rested)
		return;
	TAILQ_FOREACH (f, &s->forwards, next)
		forward_settle(f);
}

bool server_is_needed(const struct server *s)
{
	const struct forward *f;

	if (s->pinned || !TAILQ_EMPTY(&s->trials))
		return true;
	TAILQ_FOREACH (f, &s->forwards, next)
		if (forward_needs_link(f))
			return true;
	return false;
}

void server_settle_need(struct server *s)
{
	struct forward *f;

	/* An error stays in sight as long as there is a forward to show it. */
	if (s->stopping || server_is_needed(s) ||
		(s->state == STATE_ERROR && s->n_forwards != 0))
		return;
	s->wanted = false;
	uv_timer_stop(&s->retry);
	pool_stop_all(s, NULL);
	server_set_state(s, STATE_DISCONNECTED, NULL, 0, 0);
	s->ever_up = false;
	s->up_since_ms = 0;
	s->backoff_ms = SERVER_BACKOFF_FIRST_MS;
	TAILQ_FOREACH (f, &s->forwards, next)
		forward_settle(f);
}
