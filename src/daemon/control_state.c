/*
 * Where states change: the table of transitions, the stamp, the history, the
 * observers. A stop on the way to a restart is not shown, so what comes after
 * may not follow from what is shown: it goes by way of "disconnected" then.
 */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/control_private.h"

/* Up for less than that: it only came to fall again. */
#define STEADY_MS  60000
#define WRITE_EACH 10
#define FLAPS_TOLD 3

static enum err code_of(const struct control_change *change)
{
	return change->why != NULL ? change->why->code : ERR_OK;
}

/* What both kinds of view have. */
struct shown {
	enum tunnel_state *state;
	uint64_t *since_ms, *next_try_at_ms;
	struct trouble *trouble;
	struct control_repeats *repeats;
};

/* Whether something is to be seen. */
static bool apply(struct shown v, const struct control_change *change)
{
	uint64_t now_ms = clock_wall_ms();
	uint64_t next =
		change->next_try_ms != 0 ? now_ms + change->next_try_ms : 0;
	bool moved = change->state != *v.state;

	if (!moved && code_of(change) == v.trouble->code &&
		next == *v.next_try_at_ms)
		return false;
	if (moved && !tunnel_state_may_follow(*v.state, change->state))
		*v.state = STATE_DISCONNECTED;
	if (moved)
		*v.since_ms = now_ms;
	*v.state = change->state;
	*v.next_try_at_ms = next;
	if (change->why != NULL)
		*v.trouble = *change->why;
	else
		trouble_set(v.trouble, ERR_OK);
	return true;
}

/* A loss after a short while up, time and again. */
static void count_flaps(
	struct control_repeats *r, const struct control_change *change)
{
	if (change->up_ms >= STEADY_MS)
		r->flaps = 0;
	else if (change->up_ms != 0)
		r->flaps++;
}

/* Whether it is worth a row: of the same thing time and again the first and
 * then each tenth; *ret_n: how many times it has been. */
static bool is_news(struct control_repeats *r,
	const struct control_change *change, bool moved, uint64_t *ret_n)
{
	enum err code = code_of(change);

	*ret_n = 0;
	if (change->quiet)
		return false;
	count_flaps(r, change);
	if (change->state == STATE_DISCONNECTED)
		*r = (struct control_repeats){0};
	if (code == ERR_OK && change->state == STATE_CONNECTED && moved &&
		(r->flaps <= FLAPS_TOLD || r->flaps % WRITE_EACH == 0)) {
		r->code = ERR_OK;
		r->n = 0;
		return true;
	}
	if (code == ERR_OK)
		return moved && r->code == ERR_OK;
	if (code != r->code) {
		r->code = code;
		r->n = 1;
		return true;
	}
	*ret_n = ++r->n;
	return r->n % WRITE_EACH == 0;
}

static const char *level_of(const struct control_change *change)
{
	if (change->state == STATE_ERROR)
		return "error";
	return code_of(change) != ERR_OK ? "warning" : "info";
}

static struct control_row row_of(
	const struct control_change *change, uint64_t repeats)
{
	enum err code = code_of(change);

	return (struct control_row){
		.kind = "state",
		.level = level_of(change),
		.state = tunnel_state_name(change->state),
		.code = code != ERR_OK    ? err_name((int)code)
			: change->standby ? "event.standby"
					  : NULL,
		.args = change->why,
		.up_ms = change->up_ms,
		.next_ms = change->next_try_ms,
		.repeats = repeats,
	};
}

void control_state_server(
	struct kept_server *s, const struct control_change *change)
{
	struct control_server *v = &s->view;
	struct shown shown = {&v->state, &v->since_ms, &v->next_try_at_ms,
		&v->trouble, &s->repeats};
	bool moved = v->state != change->state;
	struct control_row row;
	uint64_t repeats;

	if (!apply(shown, change))
		return;
	log_debug("server %s: %s %s", v->want.name, tunnel_state_name(v->state),
		err_name((int)v->trouble.code));
	if (v->state != STATE_CONNECTED) {
		v->n_links = 0;
		v->rtt_us = 0;
	}
	if (!s->gone && is_news(&s->repeats, change, moved, &repeats)) {
		row = row_of(change, repeats);
		row.server = s;
		control_write(s->control, &row);
	}
	control_tell_server(s->control, s);
}

void control_state_forward(struct control *c, struct kept_forward *f,
	const struct control_change *change)
{
	struct control_forward *v = &f->view;
	struct shown shown = {&v->state, &v->since_ms, &v->next_try_at_ms,
		&v->trouble, &f->repeats};
	bool moved = v->state != change->state, seen;
	struct control_row row;
	uint64_t repeats;

	if (v->state == STATE_RECONNECTING && change->state == STATE_CONNECTED)
		v->reconnects++;
	seen = v->standby != change->standby;
	v->standby = change->standby;
	seen = apply(shown, change) || seen;
	if (!seen)
		return;
	log_debug("forward %s: %s %s", v->want.name,
		tunnel_state_name(v->state), err_name((int)v->trouble.code));
	if (is_news(&f->repeats, change, moved, &repeats)) {
		row = row_of(change, repeats);
		row.forward = f;
		control_write(c, &row);
	}
	control_tell_forward(c, f);
}
