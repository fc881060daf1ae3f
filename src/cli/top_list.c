#include "cli/top_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "cli/field.h"
#include "cli/view.h"

struct top_list {
	json_t **forward; /* owned; in the order they are shown in */
	size_t n, cap;
	const json_t **shown;
	size_t n_shown, selected;
	json_int_t selected_id; /* 0: none yet */
	enum top_order order;
	char filter[TOP_FILTER_MAX];
};

struct top_list *top_list_new(void)
{
	return mem_zalloc(1, sizeof(struct top_list));
}

static void drop_all(struct top_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		json_decref(l->forward[i]);
	l->n = 0;
}

void top_list_free(struct top_list *l)
{
	if (l == NULL)
		return;
	drop_all(l);
	free(l->forward);
	free(l->shown);
	free(l);
}

/* ---- order ---- */

const char *top_list_order_name(enum top_order order)
{
	static const char *const names[] = {
		[TOP_ORDER_LIST] = "list",
		[TOP_ORDER_NAME] = "name",
		[TOP_ORDER_STATE] = "state",
		[TOP_ORDER_SERVER] = "server",
		[TOP_ORDER_CONNECTIONS] = "connections",
		[TOP_ORDER_RATE] = "rate",
		[TOP_ORDER_BYTES] = "bytes",
	};

	return names[order];
}

bool top_list_order_parse(const char *name, enum top_order *ret_order)
{
	for (int o = 0; o < TOP_ORDERS; o++)
		if (strcmp(top_list_order_name((enum top_order)o), name) == 0) {
			*ret_order = (enum top_order)o;
			return true;
		}
	return false;
}

/* What wants a look comes first. */
static int urgency(const json_t *forward)
{
	static const char *const states[] = {
		"error", "reconnecting", "connecting", "connected"};
	const char *state = field_text(forward, "state");

	for (int i = 0; i < 4; i++)
		if (strcmp(states[i], state) == 0)
			return i;
	return 4;
}

static uint64_t sum(const json_t *f, const char *a, const char *b)
{
	return field_count(f, a) + field_count(f, b);
}

static int by_number(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int by_order(const json_t *a, const json_t *b, enum top_order order)
{
	switch (order) {
	case TOP_ORDER_NAME:
		return strcasecmp(field_text(a, "name"), field_text(b, "name"));
	case TOP_ORDER_STATE:
		return urgency(a) - urgency(b);
	case TOP_ORDER_SERVER:
		return strcasecmp(
			field_text(a, "server"), field_text(b, "server"));
	case TOP_ORDER_CONNECTIONS:
		return by_number(field_count(b, "connections"),
			field_count(a, "connections"));
	case TOP_ORDER_RATE:
		return by_number(sum(b, "rate_in", "rate_out"),
			sum(a, "rate_in", "rate_out"));
	case TOP_ORDER_BYTES:
		return by_number(sum(b, "bytes_in", "bytes_out"),
			sum(a, "bytes_in", "bytes_out"));
	case TOP_ORDER_LIST:
	case TOP_ORDERS:
		break;
	}
	return by_number(
		field_count(a, "position"), field_count(b, "position"));
}

/* Never 0 for two forwards: rows of equal worth keep their places. */
static int compare(const void *pa, const void *pb, void *arg)
{
	const json_t *a = *(json_t *const *)pa, *b = *(json_t *const *)pb;
	int r = by_order(a, b, *(const enum top_order *)arg);

	if (r == 0)
		r = by_order(a, b, TOP_ORDER_LIST);
	return r != 0 ? r
		      : by_number(field_count(a, "id"), field_count(b, "id"));
}

/* ---- what is shown ---- */

static bool has_text(const json_t *forward, const char *text)
{
	const char *const places[] = {field_text(forward, "name"),
		field_text(forward, "server"), view_local(forward),
		view_remote(forward)};
	const json_t *tag;
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (strcasestr(places[i], text) != NULL)
			return true;
	json_array_foreach(json_object_get(forward, "tags"), i,
		tag) if (json_is_string(tag) &&
			 strcasestr(json_string_value(tag), text) !=
				 NULL) return true;
	return false;
}

/* After every change: the rows, and the selection on its forward; where that
 * is gone, on the one that took its place. */
static void refresh(struct top_list *l)
{
	size_t at = l->selected;

	if (l->n > 1)
		qsort_r(l->forward, l->n, sizeof(*l->forward), compare,
			&l->order);
	l->n_shown = 0;
	for (size_t i = 0; i < l->n; i++) {
		const json_t *f = l->forward[i];

		if (*l->filter != '\0' && !has_text(f, l->filter))
			continue;
		if (l->selected_id != 0 && field_int(f, "id") == l->selected_id)
			at = l->n_shown;
		l->shown[l->n_shown++] = f;
	}
	if (at >= l->n_shown)
		at = l->n_shown != 0 ? l->n_shown - 1 : 0;
	l->selected = at;
	if (l->n_shown != 0)
		l->selected_id = field_int(l->shown[at], "id");
}

static json_t **find(struct top_list *l, json_int_t id)
{
	for (size_t i = 0; i < l->n; i++)
		if (field_int(l->forward[i], "id") == id)
			return &l->forward[i];
	return NULL;
}

static void add(struct top_list *l, const json_t *forward)
{
	if (l->n == l->cap) {
		l->cap = l->cap * 2 + 16;
		l->forward =
			mem_realloc(l->forward, l->cap, sizeof(*l->forward));
		l->shown = mem_realloc(l->shown, l->cap, sizeof(*l->shown));
	}
	l->forward[l->n++] = json_deep_copy(forward);
}

void top_list_reset(struct top_list *l, const json_t *forwards)
{
	const json_t *one;
	size_t i;

	drop_all(l);
	json_array_foreach(forwards, i, one) if (json_is_object(one))
		add(l, one);
	refresh(l);
}

void top_list_put(struct top_list *l, const json_t *forward)
{
	json_t **old = find(l, field_int(forward, "id"));

	if (old == NULL) {
		add(l, forward);
	} else {
		json_decref(*old);
		*old = json_deep_copy(forward);
	}
	refresh(l);
}

void top_list_remove(struct top_list *l, json_int_t id)
{
	json_t **old = find(l, id);

	if (old == NULL)
		return;
	json_decref(*old);
	*old = l->forward[--l->n];
	refresh(l);
}

void top_list_traffic(struct top_list *l, const json_t *rows)
{
	static const char *const names[] = {"connections", "connections_total",
		"bytes_in", "bytes_out", "rate_in", "rate_out", "rtt_us"};
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		json_t **f =
			find(l, json_integer_value(json_array_get(row, 0)));

		for (size_t n = 0; f != NULL && n < 7; n++)
			json_object_set(
				*f, names[n], json_array_get(row, n + 1));
	}
	refresh(l);
}

enum top_order top_list_order(const struct top_list *l)
{
	return l->order;
}

void top_list_sort(struct top_list *l, enum top_order order)
{
	l->order = order;
	refresh(l);
}

void top_list_filter(struct top_list *l, const char *text)
{
	snprintf(l->filter, sizeof(l->filter), "%s", text);
	refresh(l);
}

const char *top_list_filtered(const struct top_list *l)
{
	return l->filter;
}

size_t top_list_count(const struct top_list *l)
{
	return l->n_shown;
}

const json_t *top_list_at(const struct top_list *l, size_t i)
{
	return i < l->n_shown ? l->shown[i] : NULL;
}

size_t top_list_selected(const struct top_list *l)
{
	return l->selected;
}

const json_t *top_list_current(const struct top_list *l)
{
	return top_list_at(l, l->selected);
}

void top_list_move(struct top_list *l, long by)
{
	long at = (long)l->selected, last = (long)l->n_shown - 1;

	if (last < 0)
		return;
	if (by < -at)
		by = -at;
	if (by > last - at)
		by = last - at;
	l->selected = (size_t)(at + by);
	l->selected_id = field_int(l->shown[l->selected], "id");
}

void top_list_totals(const struct top_list *l, struct top_totals *ret)
{
	struct top_totals t = {.forwards = l->n};

	for (size_t i = 0; i < l->n; i++) {
		const json_t *f = l->forward[i];
		const char *state = field_text(f, "state");

		t.connected += strcmp(state, "connected") == 0;
		t.errors += strcmp(state, "error") == 0;
		t.rate_in += field_count(f, "rate_in");
		t.rate_out += field_count(f, "rate_out");
	}
	*ret = t;
}
