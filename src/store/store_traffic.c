/*
 * Traffic by hour and by day. Old rows go once for each new hour.
 */
#include "store/store.h"
#include "store/store_sql.h"

#define HOUR_MS  (UINT64_C(3600) * 1000)
#define DAY_MS   (24 * HOUR_MS)
#define HOURS_MS (32 * DAY_MS)
#define DAYS_MS  ((3 * 365 + 1) * DAY_MS)

static uint64_t since(uint64_t now_ms, uint64_t kept_ms)
{
	return now_ms > kept_ms ? now_ms - kept_ms : 0;
}

static int add(struct store *s, uint32_t forward, const char *span,
	uint64_t start_ms, const struct store_traffic *t,
	struct trouble *trouble)
{
	const struct store_bind binds[] = {
		bind_number(forward),
		bind_text(span),
		bind_number(start_ms),
		bind_number(t->bytes_in),
		bind_number(t->bytes_out),
		bind_number(t->connections),
	};

	return store_sql_run(s,
		"INSERT INTO traffic (forward, span, start_ms, bytes_in,"
		" bytes_out, connections) VALUES (?, ?, ?, ?, ?, ?)"
		" ON CONFLICT (forward, span, start_ms) DO UPDATE SET"
		" bytes_in = traffic.bytes_in + excluded.bytes_in,"
		" bytes_out = traffic.bytes_out + excluded.bytes_out,"
		" connections = traffic.connections + excluded.connections",
		STORE_BINDS(binds), trouble);
}

static int prune(struct store *s, uint64_t hour_ms, struct trouble *trouble)
{
	const struct store_bind binds[] = {
		bind_number(since(hour_ms, HOURS_MS)),
		bind_number(since(hour_ms, DAYS_MS)),
	};

	return store_sql_run(s,
		"DELETE FROM traffic WHERE (span = 'hour' AND start_ms < ?)"
		" OR (span = 'day' AND start_ms < ?)",
		STORE_BINDS(binds), trouble);
}

int store_add_traffic(struct store *s, uint32_t forward,
	const struct store_traffic *t, struct trouble *trouble)
{
	uint64_t hour_ms = t->start_ms - t->start_ms % HOUR_MS;
	uint64_t day_ms = t->start_ms - t->start_ms % DAY_MS;
	int err;

	store_sql_lag_begin(s);
	err = store_sql_begin(s, trouble);
	if (err != 0)
		goto out;
	err = add(s, forward, "hour", hour_ms, t, trouble);
	if (err == 0)
		err = add(s, forward, "day", day_ms, t, trouble);
	if (err == 0 && hour_ms != s->pruned_ms)
		err = prune(s, hour_ms, trouble);
	err = store_sql_end(s, err, trouble);
	if (err == 0)
		s->pruned_ms = hour_ms;
	else if (err == -ERR_IN_USE)
		err = store_sql_not_found("forward", forward, trouble);
out:
	store_sql_lag_end(s);
	return err;
}

struct walk {
	store_traffic_fn *fn;
	void *arg;
};

static int take_traffic(void *arg, sqlite3_stmt *row)
{
	const struct walk *w = arg;
	const struct store_traffic t = {
		.start_ms = column_number(row, 0),
		.bytes_in = column_number(row, 1),
		.bytes_out = column_number(row, 2),
		.connections = column_number(row, 3),
	};

	return w->fn(w->arg, &t);
}

int store_each_traffic(struct store *s, uint32_t forward, bool by_day,
	uint64_t since_ms, store_traffic_fn *fn, void *arg,
	struct trouble *trouble)
{
	uint64_t span_ms = by_day ? DAY_MS : HOUR_MS;
	const struct store_bind binds[] = {
		bind_number(forward),
		bind_text(by_day ? "day" : "hour"),
		bind_number(since_ms - since_ms % span_ms),
	};
	struct walk w = {fn, arg};

	return store_sql_each(s,
		"SELECT start_ms, bytes_in, bytes_out, connections"
		" FROM traffic WHERE forward = ? AND span = ?"
		" AND start_ms >= ? ORDER BY start_ms",
		STORE_BINDS(binds), take_traffic, &w, trouble);
}
