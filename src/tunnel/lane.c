#include "tunnel/lane.h"

#include "base/clock.h"
#include "tunnel/link.h"
#include "tunnel/proxycmd.h"

#define WINDOW_BUDGET_BYTES (UINT64_C(256) * 1024 * 1024)

uint64_t lane_now_us(void)
{
	return uv_hrtime() / 1000;
}

static void on_check(uv_check_t *handle)
{
	link_pump_dirty(handle->data);
}

static void on_idle(uv_idle_t *handle)
{
	(void)handle;
}

static void on_prepare(uv_prepare_t *handle)
{
	struct lane *l = handle->data;

	link_pump_dirty(l);
	if (TAILQ_EMPTY(&l->dirty))
		uv_idle_stop(&l->idle);
	else
		uv_idle_start(&l->idle, on_idle);
}

int lane_init(struct lane *l, worker_event_fn *on_event, void *arg)
{
	*l = (struct lane){
		.budget.limit_bytes = WINDOW_BUDGET_BYTES,
		.on_event = on_event,
		.on_event_arg = arg,
	};
	TAILQ_INIT(&l->dirty);
	if (uv_loop_init(&l->loop) != 0)
		return -ERR_SYSTEM;
	l->loop.data = l;
	uv_check_init(&l->loop, &l->check);
	uv_prepare_init(&l->loop, &l->prepare);
	uv_idle_init(&l->loop, &l->idle);
	l->check.data = l->prepare.data = l;
	uv_check_start(&l->check, on_check);
	uv_prepare_start(&l->prepare, on_prepare);
	return 0;
}

static void on_patience(uv_timer_t *timer)
{
	uv_stop(timer->loop);
}

bool lane_done(struct lane *l, uint64_t patience_ms)
{
	uv_timer_t patience;
	bool gone = false;

	uv_close((uv_handle_t *)&l->check, NULL);
	uv_close((uv_handle_t *)&l->prepare, NULL);
	uv_close((uv_handle_t *)&l->idle, NULL);
	uv_timer_init(&l->loop, &patience);
	/* It does not hold the loop, which ends by itself as a rule. */
	uv_unref((uv_handle_t *)&patience);
	for (unsigned i = 0; i < 2 && !gone; i++) {
		/* A ProxyCommand that does not heed signals. */
		if (i != 0)
			proxycmd_kill_freed(&l->loop);
		uv_timer_start(&patience, on_patience, patience_ms, 0);
		uv_run(&l->loop, UV_RUN_DEFAULT);
		gone = !uv_loop_alive(&l->loop);
	}
	uv_close((uv_handle_t *)&patience, NULL);
	uv_run(&l->loop, UV_RUN_NOWAIT);
	if (gone)
		uv_loop_close(&l->loop);
	return gone;
}

void lane_emit(struct lane *l, struct event *e)
{
	e->wall_ms = clock_wall_ms();
	l->on_event(l->on_event_arg, e);
}
