/*
 * Traffic over time: the last hour by minutes in memory, hours and days in the
 * store, which takes them at most once a minute and at the end.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/control_private.h"

#define MINUTE_MS 60000
#define HOUR_MS   (60 * MINUTE_MS)

static void add(struct store_traffic *to, uint64_t bytes_in, uint64_t bytes_out,
	uint64_t connections)
{
	to->bytes_in += bytes_in;
	to->bytes_out += bytes_out;
	to->connections += connections;
}

static bool is_unsaved(const struct kept_forward *f)
{
	return f->unsaved.start_ms != 0;
}

static void save(struct control *c);

void control_traffic_add(struct kept_forward *f, uint64_t bytes_in,
	uint64_t bytes_out, uint64_t connections)
{
	uint64_t now_ms = clock_wall_ms(),
		 start_ms = now_ms - now_ms % MINUTE_MS;
	struct store_traffic *minute;

	if (bytes_in == 0 && bytes_out == 0 && connections == 0)
		return;
	if (f->minutes == NULL)
		f->minutes = mem_zalloc(CONTROL_MINUTES, sizeof(*f->minutes));
	minute = &f->minutes[now_ms / MINUTE_MS % CONTROL_MINUTES];
	if (minute->start_ms != start_ms)
		*minute = (struct store_traffic){.start_ms = start_ms};
	add(minute, bytes_in, bytes_out, connections);
	/* What an hour carried is not the next one's. */
	if (is_unsaved(f) && f->unsaved.start_ms / HOUR_MS != now_ms / HOUR_MS)
		save(f->server->control);
	f->unsaved.start_ms = now_ms;
	add(&f->unsaved, bytes_in, bytes_out, connections);
}

static int save_all(struct control *c, struct trouble *trouble)
{
	int err = store_begin(c->store, trouble);

	if (err != 0)
		return err;
	for (size_t i = 0; i < c->n_forwards && err == 0; i++) {
		struct kept_forward *f = kept_forward(c->forward_list[i]);

		if (is_unsaved(f))
			err = store_add_traffic(c->store, f->view.want.id,
				&f->unsaved, trouble);
	}
	if (err == 0)
		err = store_commit(c->store, trouble);
	if (err != 0)
		store_rollback(c->store);
	return err;
}

static void save(struct control *c)
{
	struct trouble t;

	c->saved_at_ms = clock_mono_ms();
	if (save_all(c, &t) != 0) {
		/* It stays, and is tried again in a minute. */
		log_warn("traffic: %s", trouble_get(&t, "detail"));
		return;
	}
	for (size_t i = 0; i < c->n_forwards; i++)
		kept_forward(c->forward_list[i])->unsaved =
			(struct store_traffic){0};
}

void control_traffic_save(struct control *c)
{
	uint64_t now_ms = clock_mono_ms();
	bool any = false;

	if (c->saved_at_ms != 0 && now_ms - c->saved_at_ms < MINUTE_MS)
		return;
	for (size_t i = 0; i < c->n_forwards && !any; i++)
		any = is_unsaved(kept_forward(c->forward_list[i]));
	if (any)
		save(c);
}

struct store_traffic control_unsaved(const struct control *c, uint32_t forward)
{
	const struct control_forward *view = control_forward(c, forward);

	return view != NULL ? kept_forward(view)->unsaved
			    : (struct store_traffic){0};
}

size_t control_minutes(const struct control *c, uint32_t forward,
	struct store_traffic *ret_rows, size_t max)
{
	const struct control_forward *view = control_forward(c, forward);
	uint64_t now = clock_wall_ms() / MINUTE_MS;
	size_t n = max < CONTROL_MINUTES ? max : CONTROL_MINUTES;
	const struct kept_forward *f;

	if (view == NULL)
		return 0;
	f = kept_forward(view);
	for (size_t i = 0; i < n; i++) {
		uint64_t minute = now - (n - 1 - i);

		ret_rows[i] =
			(struct store_traffic){.start_ms = minute * MINUTE_MS};
		if (f->minutes != NULL &&
			f->minutes[minute % CONTROL_MINUTES].start_ms ==
				minute * MINUTE_MS)
			ret_rows[i] = f->minutes[minute % CONTROL_MINUTES];
	}
	return n;
}
