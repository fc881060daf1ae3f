/*
 * History: what happened, newest first.
 */
#include "base/buf.h"
#include "store/store.h"
#include "store/store_sql.h"

#define LIMIT_MAX 1000

static int add(struct store *s, const struct store_event *event,
	int64_t *ret_id, struct trouble *trouble)
{
	/* What is gone by now leaves its event without it. */
	static const char insert[] =
		"INSERT INTO event (at_ms, server, forward, kind, level, state,"
		" code, data) VALUES (?,"
		" (SELECT id FROM server WHERE id = ?),"
		" (SELECT id FROM forward WHERE id = ?), ?, ?, ?, ?, ?)"
		" RETURNING id";
	const struct store_bind binds[] = {
		bind_number(event->at_ms),
		bind_id(event->server),
		bind_id(event->forward),
		bind_text(event->kind),
		bind_text(event->level),
		bind_text(event->state),
		bind_text(event->code),
		bind_text(event->data != NULL ? event->data : "{}"),
	};
	int err;

	err = store_sql_number(s, insert, STORE_BINDS(binds), ret_id, trouble);
	if (err == 0 && *ret_id > STORE_EVENTS_MAX) {
		const struct store_bind last[] = {
			bind_signed(*ret_id - STORE_EVENTS_MAX)};

		err = store_sql_run(s, "DELETE FROM event WHERE id <= ?",
			STORE_BINDS(last), trouble);
	}
	return err;
}

int store_add_event(
	struct store *s, struct store_event *event, struct trouble *trouble)
{
	int64_t id = 0;
	int err;

	store_sql_lag_begin(s);
	err = store_sql_begin(s, trouble);
	if (err == 0) {
		err = add(s, event, &id, trouble);
		err = store_sql_end(s, err, trouble);
	}
	store_sql_lag_end(s);
	if (err == 0)
		event->id = (uint64_t)id;
	return err;
}

struct walk {
	store_event_fn *fn;
	void *arg;
};

static int take_event(void *arg, sqlite3_stmt *row)
{
	const struct walk *w = arg;
	const struct store_event event = {
		.id = column_number(row, 0),
		.at_ms = column_number(row, 1),
		.server = (uint32_t)column_number(row, 2),
		.forward = (uint32_t)column_number(row, 3),
		.kind = column_text(row, 4),
		.level = column_text(row, 5),
		.state = column_text_or_null(row, 6),
		.code = column_text_or_null(row, 7),
		.data = column_text(row, 8),
	};

	return w->fn(w->arg, &event);
}

/* Only the conditions that are asked for, so that an index can serve them. */
int store_each_event(struct store *s, const struct store_event_filter *filter,
	store_event_fn *fn, void *arg, struct trouble *trouble)
{
	const struct {
		bool on;
		const char *sql;
		struct store_bind bind;
	} conditions[] = {
		{filter->before_id != 0, " AND id < ?",
			bind_number(filter->before_id)},
		{filter->after_id != 0, " AND id > ?",
			bind_number(filter->after_id)},
		{filter->since_ms != 0, " AND at_ms >= ?",
			bind_number(filter->since_ms)},
		{filter->until_ms != 0, " AND at_ms <= ?",
			bind_number(filter->until_ms)},
		{filter->server != 0, " AND server = ?",
			bind_number(filter->server)},
		{filter->forward != 0, " AND forward = ?",
			bind_number(filter->forward)},
		{filter->kind != NULL, " AND kind = ?",
			bind_text(filter->kind)},
		{filter->level != NULL, " AND level = ?",
			bind_text(filter->level)},
		{filter->code != NULL, " AND code = ?",
			bind_text(filter->code)},
	};
	static const char head[] = "SELECT id, at_ms, server, forward, kind,"
				   " level, state, code, data FROM event"
				   " WHERE id > 0";
	struct store_bind binds[sizeof(conditions) / sizeof(conditions[0]) + 1];
	struct walk w = {fn, arg};
	struct buf sql = {0};
	size_t n = 0;
	int err;

	buf_printf(&sql, "%s", head);
	for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++)
		if (conditions[i].on) {
			buf_printf(&sql, "%s", conditions[i].sql);
			binds[n++] = conditions[i].bind;
		}
	buf_printf(&sql, " ORDER BY id DESC LIMIT ?");
	buf_put_u8(&sql, 0);
	binds[n++] = bind_number(
		filter->limit < LIMIT_MAX ? filter->limit : LIMIT_MAX);
	err = store_sql_each_made(s, (const char *)buf_ptr(&sql), binds, n,
		take_event, &w, trouble);
	buf_done(&sql);
	return err;
}
