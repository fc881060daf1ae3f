/*
 * When a forward needs no link: lazy ones before their first client, and those
 * that let go of it when no connection was open for a while. The listener
 * stays.
 */
#include "tunnel/forward_private.h"
#include "tunnel/lane.h"
#include "tunnel/server.h"

static void on_idle(uv_timer_t *timer)
{
	struct forward *f = timer->data;
	uint64_t idle_ms = (uint64_t)f->spec.idle_s * 1000;
	uint64_t idle_for_ms = uv_now(&f->lane->loop) - f->idle_since_ms;

	if (f->stopping || f->rests || f->n_conns != 0)
		return;
	if (idle_for_ms < idle_ms) {
		uv_timer_start(timer, on_idle, idle_ms - idle_for_ms, 0);
		return;
	}
	f->rests = true;
	server_settle_need(f->server);
}

/* The timer is not moved by each connection: it looks again when it fires. */
static void watch_idle(struct forward *f)
{
	if (f->spec.idle_s == 0 || f->spec.type == FORWARD_REMOTE ||
		f->stopping)
		return;
	f->idle_since_ms = uv_now(&f->lane->loop);
	if (!uv_is_active((uv_handle_t *)&f->idle))
		uv_timer_start(
			&f->idle, on_idle, (uint64_t)f->spec.idle_s * 1000, 0);
}

void forward_rest_init(struct forward *f)
{
	uv_timer_init(&f->lane->loop, &f->idle);
	f->idle.data = f;
	f->handles++;
	f->rests = forward_spec_rests(&f->spec);
	watch_idle(f);
}

bool forward_spec_rests(const struct forward_spec *spec)
{
	return spec->lazy && spec->type != FORWARD_REMOTE;
}

bool forward_needs_link(const struct forward *f)
{
	return !f->stopping && !f->rests;
}

void forward_wake(struct forward *f)
{
	f->rests = false;
}

void forward_conn_came(struct forward *f)
{
	f->n_conns++;
	f->conns_total++;
	server_active(f->server, f->id);
}

void forward_conn_gone(struct forward *f)
{
	if (--f->n_conns == 0)
		watch_idle(f);
}
