/*
 * store: events and traffic.
 */
#include "store_place.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/store_private.h"

#define HOUR_MS UINT64_C(3600000)
#define DAY_MS  (24 * HOUR_MS)
#define NOW_MS  UINT64_C(1700000000000)

/* ---- events ---- */

static uint64_t add(struct store *s, struct store_event event)
{
	struct trouble trouble = {0};

	store_place_ok(store_add_event(s, &event, &trouble), &trouble);
	return event.id;
}

struct list {
	char text[128];
	size_t n;
};

static int take(void *arg, const struct store_event *e)
{
	struct list *list = arg;
	size_t at = strlen(list->text);

	if (list->n++ < 12)
		snprintf(list->text + at, sizeof(list->text) - at, "%llu ",
			(unsigned long long)e->id);
	return 0;
}

static void events_are(
	struct store *s, struct store_event_filter filter, const char *wanted)
{
	struct trouble trouble = {0};
	struct list list = {0};

	if (filter.limit == 0)
		filter.limit = 1000;
	store_place_ok(
		store_each_event(s, &filter, take, &list, &trouble), &trouble);
	assert_string_equal(list.text, wanted);
}

static int check_whole(void *arg, const struct store_event *e)
{
	assert_int_equal(e->id, 1);
	assert_true(e->at_ms == NOW_MS);
	assert_int_equal(e->server, 1);
	assert_int_equal(e->forward, 1);
	assert_string_equal(e->kind, "state");
	assert_string_equal(e->level, "error");
	assert_string_equal(e->state, "error");
	assert_string_equal(e->code, "port_in_use");
	assert_string_equal(e->data, "{\"address\":\"127.0.0.1:3307\"}");
	return -ERR_CANCELLED;
}

static void event_comes_back_whole(void **state)
{
	struct store *s = store_place_open(*state);
	struct store_event_filter filter = {.limit = 1};
	struct trouble trouble = {0};

	store_place_forward(s, store_place_server(s, "V"), "f");
	add(s, (struct store_event){.at_ms = NOW_MS,
		       .server = 1,
		       .forward = 1,
		       .kind = "state",
		       .level = "error",
		       .state = "error",
		       .code = "port_in_use",
		       .data = "{\"address\":\"127.0.0.1:3307\"}"});
	store_close(s);
	s = store_place_open(*state);
	assert_int_equal(
		store_each_event(s, &filter, check_whole, NULL, &trouble),
		-ERR_CANCELLED);
	store_close(s);
}

static void events_are_chosen(void **state)
{
	struct store *s = store_place_open(*state);
	uint32_t a = store_place_server(s, "a"), b = store_place_server(s, "b");
	uint32_t f = store_place_forward(s, b, "f");

	add(s, (struct store_event){
		       .at_ms = 10, .kind = "daemon", .level = "info"});
	add(s, (struct store_event){
		       0, 20, a, 0, "state", "info", "connected", NULL, NULL});
	add(s, (struct store_event){0, 30, b, f, "state", "error", "error",
		       "link_lost", NULL});
	add(s, (struct store_event){0, 40, b, f, "target", "warning", NULL,
		       "target_refused", NULL});
	add(s, (struct store_event){
		       0, 25, b, 0, "banner", "info", NULL, NULL, NULL});
	events_are(s, (struct store_event_filter){0}, "5 4 3 2 1 ");
	events_are(s, (struct store_event_filter){.limit = 2}, "5 4 ");
	events_are(s, (struct store_event_filter){.before_id = 4}, "3 2 1 ");
	events_are(s, (struct store_event_filter){.after_id = 3}, "5 4 ");
	events_are(s, (struct store_event_filter){.server = b}, "5 4 3 ");
	events_are(s, (struct store_event_filter){.forward = f}, "4 3 ");
	events_are(s, (struct store_event_filter){.forward = f, .before_id = 4},
		"3 ");
	events_are(s,
		(struct store_event_filter){.since_ms = 20, .until_ms = 30},
		"5 3 2 ");
	events_are(s, (struct store_event_filter){.kind = "state"}, "3 2 ");
	events_are(s, (struct store_event_filter){.level = "info"}, "5 2 1 ");
	events_are(s,
		(struct store_event_filter){.kind = "state",
			.level = "error",
			.code = "link_lost",
			.server = b,
			.forward = f,
			.since_ms = 30,
			.until_ms = 30,
			.before_id = UINT64_MAX,
			.after_id = 1},
		"3 ");
	events_are(s, (struct store_event_filter){.code = "'; --"}, "");
	store_close(s);
}

static void events_outlive_what_they_tell_of(void **state)
{
	struct store *s = store_place_open(*state);
	uint32_t server = store_place_server(s, "V");
	uint32_t forward = store_place_forward(s, server, "f");
	struct store_event event = {.at_ms = 1,
		.server = server,
		.forward = forward,
		.kind = "state",
		.level = "info"};
	struct trouble trouble = {0};

	add(s, event);
	store_place_ok(store_remove_forward(s, forward, &trouble), &trouble);
	events_are(s, (struct store_event_filter){.server = server}, "1 ");
	events_are(s, (struct store_event_filter){.forward = forward}, "");
	add(s, event); /* told too late */
	events_are(s, (struct store_event_filter){.server = server}, "2 1 ");
	store_place_ok(store_remove_server(s, server, &trouble), &trouble);
	events_are(s, (struct store_event_filter){.server = server}, "");
	events_are(s, (struct store_event_filter){0}, "2 1 ");
	store_close(s);
}

static void event_is_refused(void **state)
{
	struct store *s = store_place_open(*state);
	struct store_event event = {.kind = "state", .level = "loud"};
	struct trouble trouble = {0};

	assert_int_equal(store_add_event(s, &event, &trouble), -ERR_INVALID);
	assert_non_null(strstr(trouble_get(&trouble, "detail"), "event_level"));
	event.level = NULL;
	assert_int_equal(store_add_event(s, &event, &trouble), -ERR_INVALID);
	assert_int_equal(event.id, 0);
	store_close(s);
}

/* SQLite's own counter stands in for the 49,990 that came before. */
static void oldest_events_go(void **state)
{
	struct store *s = store_place_open(*state);
	struct store_event event = {.kind = "state", .level = "info"};
	struct trouble trouble = {0};

	for (int i = 0; i < 5; i++)
		add(s, event);
	assert_int_equal(sqlite3_exec(s->db,
				 "UPDATE sqlite_sequence SET seq = 49999"
				 " WHERE name = 'event'",
				 NULL, NULL, NULL),
		0);
	assert_int_equal(add(s, event), STORE_EVENTS_MAX);
	events_are(s, (struct store_event_filter){0}, "50000 5 4 3 2 1 ");
	add(s, event);
	add(s, event);
	events_are(
		s, (struct store_event_filter){0}, "50002 50001 50000 5 4 3 ");
	store_place_ok(store_begin(s, &trouble), &trouble);
	add(s, event);
	store_rollback(s);
	events_are(
		s, (struct store_event_filter){0}, "50002 50001 50000 5 4 3 ");
	store_close(s);
}

/* History may lag, what people want may not: each flush is back on. */
static void flushing_is_back(void **state)
{
	struct store *s = store_place_open(*state);
	struct store_event event = {.kind = "state", .level = "info"};
	sqlite3_stmt *stmt = NULL;

	add(s, event);
	assert_int_equal(
		sqlite3_prepare_v2(s->db, "PRAGMA synchronous", -1, &stmt, 0),
		0);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(stmt, 0), 2);
	sqlite3_finalize(stmt);
	store_close(s);
}

/* ---- traffic ---- */

static void add_traffic(struct store *s, uint32_t forward, uint64_t at_ms,
	uint64_t in, uint64_t out, uint64_t connections)
{
	const struct store_traffic t = {at_ms, in, out, connections};
	struct trouble trouble = {0};

	store_place_ok(store_add_traffic(s, forward, &t, &trouble), &trouble);
}

struct rows {
	struct store_traffic row[8];
	size_t n;
};

static int take_traffic(void *arg, const struct store_traffic *t)
{
	struct rows *rows = arg;

	assert_true(rows->n < 8);
	rows->row[rows->n++] = *t;
	return 0;
}

static void traffic_is(struct store *s, uint32_t forward, bool by_day,
	uint64_t since_ms, const struct store_traffic *wanted, size_t n)
{
	struct trouble trouble = {0};
	struct rows rows = {0};

	store_place_ok(store_each_traffic(s, forward, by_day, since_ms,
			       take_traffic, &rows, &trouble),
		&trouble);
	assert_int_equal(rows.n, n);
	for (size_t i = 0; i < n; i++) {
		assert_true(rows.row[i].start_ms == wanted[i].start_ms);
		assert_true(rows.row[i].bytes_in == wanted[i].bytes_in);
		assert_true(rows.row[i].bytes_out == wanted[i].bytes_out);
		assert_true(rows.row[i].connections == wanted[i].connections);
	}
}

static void traffic_adds_up(void **state)
{
	struct store *s = store_place_open(*state);
	uint32_t server = store_place_server(s, "V");
	uint32_t f = store_place_forward(s, server, "f");
	uint32_t g = store_place_forward(s, server, "g");
	const uint64_t day = NOW_MS - NOW_MS % DAY_MS;
	const struct store_traffic hours[] = {{day, 11, 22, 3},
		{day + HOUR_MS, 4, 5, 6}, {day + DAY_MS, 7, 8, 9}};
	const struct store_traffic days[] = {
		{day, 15, 27, 9}, {day + DAY_MS, 7, 8, 9}};
	const struct store_traffic other[] = {{day, 1, 1, 1}};
	struct trouble trouble = {0};

	add_traffic(s, f, day, 1, 2, 3);
	add_traffic(s, g, day, 1, 1, 1);
	add_traffic(s, f, day + HOUR_MS - 1, 10, 20, 0);
	add_traffic(s, f, day + HOUR_MS, 4, 5, 6);
	add_traffic(s, f, day + DAY_MS, 7, 8, 9);
	traffic_is(s, f, false, 0, hours, 3);
	traffic_is(s, f, true, 0, days, 2);
	traffic_is(s, g, true, 0, other, 1);
	/* The hour or day that holds it belongs to it. */
	traffic_is(s, f, false, day + HOUR_MS - 1, hours, 3);
	traffic_is(s, f, false, day + HOUR_MS, hours + 1, 2);
	traffic_is(s, f, true, day + DAY_MS - 1, days, 2);
	traffic_is(s, f, true, day + DAY_MS + 5, days + 1, 1);

	store_place_ok(store_remove_forward(s, f, &trouble), &trouble);
	traffic_is(s, f, false, 0, NULL, 0);
	traffic_is(s, g, true, 0, other, 1);
	assert_int_equal(
		store_add_traffic(s, f, &hours[0], &trouble), -ERR_NOT_FOUND);
	store_close(s);
}

static void old_traffic_goes(void **state)
{
	struct store *s = store_place_open(*state);
	uint32_t server = store_place_server(s, "V");
	uint32_t f = store_place_forward(s, server, "f");
	uint32_t g = store_place_forward(s, server, "g");
	const uint64_t day = NOW_MS - NOW_MS % DAY_MS;
	const uint64_t month = day + 33 * DAY_MS, later = day + 1200 * DAY_MS;
	const struct store_traffic at_month[] = {
		{day, 1, 1, 1}, {month, 1, 1, 1}};
	const struct store_traffic at_later[] = {{later, 1, 1, 1}};

	add_traffic(s, g, day, 1, 1, 1);
	add_traffic(s, f, day, 1, 1, 1);
	add_traffic(s, f, month, 1, 1, 1);
	traffic_is(s, f, false, 0, at_month + 1, 1);
	traffic_is(s, f, true, 0, at_month, 2);
	traffic_is(s, g, false, 0, NULL, 0);
	traffic_is(s, g, true, 0, at_month, 1);
	add_traffic(s, f, later, 1, 1, 1);
	traffic_is(s, f, true, 0, at_later, 1);
	traffic_is(s, g, true, 0, NULL, 0);
	store_close(s);
}

static void huge_counts_stay_counts(void **state)
{
	struct store *s = store_place_open(*state);
	uint32_t f = store_place_forward(s, store_place_server(s, "V"), "f");
	const struct store_traffic wanted[] = {{0, INT64_MAX, INT64_MAX, 1}};

	add_traffic(s, f, 0, UINT64_MAX, INT64_MAX, 1);
	traffic_is(s, f, true, 0, wanted, 1);
	store_close(s);
}

#define TEST(f)                                                                \
	cmocka_unit_test_setup_teardown(                                       \
		f, store_place_setup, store_place_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(event_comes_back_whole),
		TEST(events_are_chosen),
		TEST(events_outlive_what_they_tell_of),
		TEST(event_is_refused),
		TEST(oldest_events_go),
		TEST(flushing_is_back),
		TEST(traffic_adds_up),
		TEST(old_traffic_goes),
		TEST(huge_counts_stay_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
