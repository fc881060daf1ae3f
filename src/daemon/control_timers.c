/*
 * What comes due: auto-off (by the wall clock, as a person set it), another try
 * after the engine gave up, the end of old tests. One timer, for the next.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/control_private.h"

/* The wall clock may be set while the timer waits. */
#define LOOK_AGAIN_MS 600000

static void sooner(uint64_t *wait_ms, uint64_t at_ms, uint64_t now_ms)
{
	uint64_t wait = at_ms > now_ms ? at_ms - now_ms : 0;

	if (at_ms != 0 && wait < *wait_ms)
		*wait_ms = wait;
}

static void stop_overdue(struct control *c, uint64_t wall_ms)
{
	uint32_t *ids = mem_zalloc(c->n_forwards + 1, sizeof(*ids));
	struct trouble t;
	size_t n = 0;

	for (size_t i = 0; i < c->n_forwards; i++) {
		const struct control_forward *f = c->forward_list[i];

		if (f->auto_off_at_ms != 0 && f->auto_off_at_ms <= wall_ms)
			ids[n++] = f->want.id;
	}
	if (n != 0 && control_act_as(c, CONTROL_DOWN, ids, n, "event.auto_off",
			      &t) != 0) {
		log_error("auto-off: %s", trouble_get(&t, "detail"));
		/* Not again at once. */
		for (size_t i = 0; i < n; i++)
			kept_forward(control_forward(c, ids[i]))
				->view.auto_off_at_ms =
				wall_ms + LOOK_AGAIN_MS / 10;
	}
	free(ids);
}

static void retry_overdue(struct control *c, uint64_t mono_ms)
{
	for (size_t i = 0; i < c->n_servers; i++) {
		struct kept_server *s = kept_server(c->server_list[i]);

		if (s->retry_at_ms == 0 || s->retry_at_ms > mono_ms)
			continue;
		s->retry_at_ms = 0;
		control_restart(c, s);
	}
}

static void on_due(uv_timer_t *timer)
{
	struct control *c = timer->data;
	uint64_t mono_ms = clock_mono_ms();

	stop_overdue(c, clock_wall_ms());
	retry_overdue(c, mono_ms);
	control_tests_expire(c, mono_ms);
	control_timers_plan(c);
}

void control_timers_plan(struct control *c)
{
	uint64_t mono_ms = clock_mono_ms(), wall_ms = clock_wall_ms();
	uint64_t none = UINT64_MAX, wait_ms = none;

	if (c->stopping)
		return;
	for (size_t i = 0; i < c->n_forwards; i++)
		sooner(&wait_ms, c->forward_list[i]->auto_off_at_ms, wall_ms);
	if (wait_ms != none && wait_ms > LOOK_AGAIN_MS)
		wait_ms = LOOK_AGAIN_MS;
	for (size_t i = 0; i < c->n_servers; i++)
		sooner(&wait_ms, kept_server(c->server_list[i])->retry_at_ms,
			mono_ms);
	sooner(&wait_ms, control_tests_due(c), mono_ms);
	if (wait_ms == none)
		uv_timer_stop(&c->due);
	else
		uv_timer_start(&c->due, on_due, wait_ms, 0);
}
