/*
 * The forwards that `taupe top` shows: what the live stream brings, in an order
 * and through a filter, with one of them selected. The selection stays on its
 * forward while rows move. Pure.
 */
#ifndef TAUPE_CLI_TOP_LIST_H
#define TAUPE_CLI_TOP_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

enum top_order {
	TOP_ORDER_LIST, /* people's own */
	TOP_ORDER_NAME,
	TOP_ORDER_STATE, /* trouble first */
	TOP_ORDER_SERVER,
	TOP_ORDER_CONNECTIONS,
	TOP_ORDER_RATE,
	TOP_ORDER_BYTES,
	TOP_ORDERS
};

#define TOP_FILTER_MAX 128 /* bytes */

struct top_list;

struct top_list *top_list_new(void);
void top_list_free(struct top_list *l); /* NULL is fine */

/* Instead of all that were there: an array of forwards. */
void top_list_reset(struct top_list *l, const json_t *forwards);
/* A new one, or the new shape of one. */
void top_list_put(struct top_list *l, const json_t *forward);
void top_list_remove(struct top_list *l, json_int_t id);
/* The data of the stream's "traffic"; rows that make no sense are left out. */
void top_list_traffic(struct top_list *l, const json_t *rows);

/* "name" of TOP_ORDER_NAME. */
const char *top_list_order_name(enum top_order order);
/* False: there is no such order. */
bool top_list_order_parse(const char *name, enum top_order *ret_order);
enum top_order top_list_order(const struct top_list *l);
void top_list_sort(struct top_list *l, enum top_order order);
/* Shown are those with `text` in their name, server, either side or a tag,
 * whatever the case; "": all. */
void top_list_filter(struct top_list *l, const char *text);
const char *top_list_filtered(const struct top_list *l);

/* Of the shown ones, in order. Borrowed until the next change. */
size_t top_list_count(const struct top_list *l);
const json_t *top_list_at(const struct top_list *l, size_t i);
/* Where the selection is; 0 when nothing is shown. */
size_t top_list_selected(const struct top_list *l);
/* NULL: nothing is shown. */
const json_t *top_list_current(const struct top_list *l);
/* As far as there are rows. */
void top_list_move(struct top_list *l, long by);

/* Over all, shown or not. */
struct top_totals {
	size_t forwards, connected, errors;
	uint64_t rate_in, rate_out;
};
void top_list_totals(const struct top_list *l, struct top_totals *ret);

#endif
