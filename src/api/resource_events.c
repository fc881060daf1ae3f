/*
 * /api/v1/events and a forward's traffic, see docs/api.md: history.
 */
#include "api/fields.h"
#include "api/fresh.h"
#include "api/member.h"
#include "api/query.h"
#include "api/request.h"

#define LIMIT_MAX     1000
#define LIMIT_INITIAL 100
#define MINUTES       60
#define HOUR_MS       UINT64_C(3600000)
#define DAY_MS        (24 * HOUR_MS)

/* ---- events ---- */

struct listing {
	const struct control *control;
	enum lang lang;
	json_t *list;
};

static int add_event(void *arg, const struct store_event *e)
{
	struct listing *l = arg;

	member_append(l->list, json_event(l->control, e, l->lang));
	return 0;
}

static struct store_event_filter read_filter(
	const struct request *r, struct control_fields *fields)
{
	static const char *const levels[] = {"info", "warning", "error", NULL};
	static const char *const kinds[] = {"state", "link", "target", "notice",
		"banner", "prompt", "change", "daemon", NULL};
	struct store_event_filter filter = {
		.before_id = query_number(r, "before", INT64_MAX, 0, fields),
		.after_id = query_number(r, "after", INT64_MAX, 0, fields),
		.since_ms = query_time(r, "since", fields),
		.until_ms = query_time(r, "until", fields),
		.server = query_id(r, "server_id", fields),
		.forward = query_id(r, "forward_id", fields),
		.kind = query_word(r, "kind", kinds, fields),
		.level = query_word(r, "level", levels, fields),
		.code = request_query(r, "code"),
		.limit = (unsigned)query_number(
			r, "limit", LIMIT_MAX, LIMIT_INITIAL, fields),
	};

	if (filter.limit == 0)
		fields_wrong(fields, "limit", "it is out of range (1..1000)");
	return filter;
}

static void events(struct request *r)
{
	struct control_fields fields = {0};
	struct store_event_filter filter = read_filter(r, &fields);
	struct listing l = {request_control(r), request_lang(r), NULL};
	struct trouble trouble;

	if (query_is_wrong(r, &fields))
		return;
	l.list = member_array();
	if (store_each_event(control_store(l.control), &filter, add_event, &l,
		    &trouble) == 0) {
		request_reply_json(r, 200, l.list);
		return;
	}
	json_decref(l.list);
	request_reply_trouble(r, &trouble, NULL);
}

/* ---- traffic ---- */

static int add_traffic(void *arg, const struct store_traffic *t)
{
	json_t *o = member_object();

	member_time(o, "start", t->start_ms);
	member_number(o, "bytes_in", t->bytes_in);
	member_number(o, "bytes_out", t->bytes_out);
	member_number(o, "connections", t->connections);
	member_append(arg, o);
	return 0;
}

/* Hours or days of the store, and what it has not been given yet. */
struct spans {
	json_t *list;
	struct store_traffic rest; /* start_ms: of its span; 0: none */
};

static int add_span(void *arg, const struct store_traffic *t)
{
	struct spans *s = arg;
	struct store_traffic sum = *t;

	if (t->start_ms == s->rest.start_ms) {
		sum.bytes_in += s->rest.bytes_in;
		sum.bytes_out += s->rest.bytes_out;
		sum.connections += s->rest.connections;
		s->rest.start_ms = 0;
	}
	return add_traffic(s->list, &sum);
}

static int add_spans(const struct control *c, uint32_t forward, bool by_day,
	uint64_t since_ms, json_t *list, struct trouble *trouble)
{
	struct spans s = {list, control_unsaved(c, forward)};
	uint64_t span_ms = by_day ? DAY_MS : HOUR_MS;
	int err;

	s.rest.start_ms -= s.rest.start_ms % span_ms;
	err = store_each_traffic(control_store(c), forward, by_day, since_ms,
		add_span, &s, trouble);
	if (err == 0 && s.rest.start_ms != 0 &&
		s.rest.start_ms + span_ms > since_ms)
		err = add_traffic(list, &s.rest);
	return err;
}

static void add_minutes(const struct control *c, uint32_t forward,
	uint64_t since_ms, json_t *list)
{
	struct store_traffic rows[MINUTES];
	size_t n = control_minutes(c, forward, rows, MINUTES);

	for (size_t i = 0; i < n; i++)
		if (rows[i].start_ms >= since_ms)
			add_traffic(list, &rows[i]);
}

static void traffic_fresh(struct request *r)
{
	static const char *const words[] = {"minute", "hour", "day", NULL};
	const struct control *c = request_control(r);
	struct control_fields fields = {0};
	const char *by = query_word(r, "by", words, &fields);
	uint64_t since_ms = query_time(r, "since", &fields);
	uint32_t id = request_id(r);
	struct trouble trouble;
	json_t *list;

	if (query_is_wrong(r, &fields))
		return;
	if (control_forward(c, id) == NULL) {
		request_reply_error(
			r, ERR_NOT_FOUND, "there is no such forward");
		return;
	}
	list = member_array();
	if (by == NULL || by == words[0]) {
		add_minutes(c, id, since_ms, list);
	} else if (add_spans(c, id, by == words[2], since_ms, list, &trouble) !=
		   0) {
		json_decref(list);
		request_reply_trouble(r, &trouble, NULL);
		return;
	}
	request_reply_json(r, 200, list);
}

/* What flowed since the numbers were last asked for belongs to it. */
static void traffic(struct request *r)
{
	fresh_reply(r, traffic_fresh);
}

const struct route routes_events[] = {
	{"GET", "/api/v1/events", ROUTE_READ, 0, events},
	{"GET", "/api/v1/forwards/{id}/traffic", ROUTE_READ, 0, traffic},
	{0},
};
