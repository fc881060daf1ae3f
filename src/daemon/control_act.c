/*
 * Start, stop, start anew: into the store in one transaction, then done. What a
 * person starts is tried at once, whatever pause there was.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "daemon/control_private.h"

static const char *const action_keys[] = {
	[CONTROL_UP] = "event.forward_started",
	[CONTROL_DOWN] = "event.forward_stopped",
	[CONTROL_RESTART] = "event.forward_restarted",
};

static int check_all(const struct control *c, const uint32_t *forwards,
	size_t n, struct trouble *trouble)
{
	for (size_t i = 0; i < n; i++)
		if (control_forward(c, forwards[i]) == NULL)
			return trouble_say(trouble, ERR_NOT_FOUND, "forward %u",
				forwards[i]);
	return 0;
}

static int store_all(struct control *c, bool wanted, const uint32_t *forwards,
	size_t n, uint64_t now_ms, struct trouble *trouble)
{
	int err = store_begin(c->store, trouble);

	if (err != 0)
		return err;
	for (size_t i = 0; i < n && err == 0; i++) {
		const struct control_forward *f =
			control_forward(c, forwards[i]);

		if (f->want.wanted != wanted)
			err = store_set_wanted(c->store, forwards[i], wanted,
				wanted ? now_ms : f->want.wanted_since_ms,
				wanted ? NULL : c->boot, trouble);
	}
	if (err == 0)
		err = store_commit(c->store, trouble);
	if (err != 0)
		store_rollback(c->store);
	return err;
}

void control_want(struct control *c, struct kept_forward *f, bool wanted,
	uint64_t since_ms)
{
	struct store_forward *want = &f->view.want;

	f->server->view.n_wanted -= want->wanted;
	f->server->view.n_wanted += wanted;
	want->wanted = wanted;
	want->wanted_since_ms = since_ms;
	free(want->stopped_boot);
	want->stopped_boot = wanted ? NULL : mem_strdup(c->boot);
	f->view.auto_off_at_ms = wanted && want->auto_off_s != 0
					 ? since_ms + want->auto_off_s * 1000ull
					 : 0;
}

bool control_server_waits(const struct kept_server *s)
{
	return s->view.state == STATE_ERROR || s->view.next_try_at_ms != 0;
}

static void apply(struct control *c, struct kept_forward *f,
	enum control_action action, uint64_t now_ms, const char *key)
{
	struct kept_server *s = f->server;
	bool was = f->view.want.wanted, wanted = action != CONTROL_DOWN;
	bool failed = was && wanted && f->view.state == STATE_ERROR;

	s->touched = true;
	if (wanted && control_server_waits(s))
		s->again = true;
	if (was && (action == CONTROL_RESTART || failed))
		control_stop_forward(c, f);
	if (was == wanted && action != CONTROL_RESTART && !failed)
		return;
	if (wanted)
		control_fresh_start(f);
	if (was != wanted)
		control_want(c, f, wanted,
			wanted ? now_ms : f->view.want.wanted_since_ms);
	control_write(c, &(struct control_row){.kind = "change",
				 .level = "info",
				 .code = key,
				 .forward = f});
}

/* A pause is cut short, and what listens stays; an error needs a new start, and
 * so does another way to it. */
static void try_again(struct control *c, struct kept_server *s)
{
	if (s->phase != CONTROL_RUNNING || s->view.state == STATE_ERROR ||
		s->stale) {
		control_restart(c, s);
		return;
	}
	worker_retry(s->worker->worker, s->view.want.id);
	control_reconcile(c, s);
}

static void reconcile_touched(struct control *c)
{
	for (size_t i = 0; i < c->n_servers; i++) {
		struct kept_server *s = kept_server(c->server_list[i]);
		bool again = s->again;

		if (!s->touched)
			continue;
		s->touched = s->again = false;
		if (again)
			try_again(c, s);
		else
			control_reconcile(c, s);
		control_tell_server(c, s);
	}
	control_timers_plan(c);
}

static void carry_out(struct control *c, enum control_action action,
	const uint32_t *forwards, size_t n, uint64_t now_ms, const char *key)
{
	for (size_t i = 0; i < n; i++)
		apply(c, kept_forward(control_forward(c, forwards[i])), action,
			now_ms, key);
	reconcile_touched(c);
}

void control_act_stored(struct control *c, enum control_action action,
	const uint32_t *forwards, size_t n, uint64_t now_ms)
{
	carry_out(c, action, forwards, n, now_ms, action_keys[action]);
}

int control_act_as(struct control *c, enum control_action action,
	const uint32_t *forwards, size_t n, const char *key,
	struct trouble *trouble)
{
	uint64_t now_ms = clock_wall_ms();
	int err = check_all(c, forwards, n, trouble);

	if (err == 0 && n != 0)
		err = store_all(c, action != CONTROL_DOWN, forwards, n, now_ms,
			trouble);
	if (err != 0)
		return err;
	carry_out(c, action, forwards, n, now_ms, key);
	return 0;
}

int control_act(struct control *c, enum control_action action,
	const uint32_t *forwards, size_t n, struct trouble *trouble)
{
	return control_act_as(
		c, action, forwards, n, action_keys[action], trouble);
}

int control_reconnect(
	struct control *c, uint32_t server, struct trouble *trouble)
{
	const struct control_server *s = control_server(c, server);

	if (s == NULL)
		return trouble_say(trouble, ERR_NOT_FOUND, "server %u", server);
	control_write(c, &(struct control_row){.kind = "change",
				 .level = "info",
				 .code = "event.server_reconnect",
				 .server = kept_server(s)});
	control_restart(c, kept_server(s));
	return 0;
}
