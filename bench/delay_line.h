/*
 * One direction of a long path: what is put in comes out later, first in first
 * out.
 *
 *   put -> queue (bounded, drains at the rate) -> flight (the delay) -> take
 *
 * With no rate the queue is always empty, and only the flight remains, which
 * holds rate x delay and is bounded by LINE_FLIGHT_MAX.
 */
#ifndef BENCH_DELAY_LINE_H
#define BENCH_DELAY_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#define LINE_FLIGHT_MAX (128 * 1024 * 1024)

struct chunk {
	STAILQ_ENTRY(chunk) next;
	void *owner;        /* whose data it is: the caller's */
	int64_t leaves_ns;  /* the queue */
	int64_t arrives_ns; /* at the other end */
	size_t len, sent;
	char data[];
};
STAILQ_HEAD(chunks, chunk);

struct line {
	int64_t delay_ns;
	double ns_per_byte; /* 0: no limit */
	size_t queue_max;
	struct chunks flight; /* in the order of arrival */
	struct chunk *queued; /* the first in flight that is still queued */
	size_t queue_bytes, flight_bytes;
	int64_t free_ns; /* when the last chunk will have left the queue */
};

void line_init(
	struct line *l, int64_t delay_ns, double ns_per_byte, size_t queue_max);

/* Puts a malloc'ed chunk in and takes it over. */
void line_put(struct line *l, struct chunk *c);
/* The next chunk that has arrived by `now_ns`, or NULL. It counts as in flight
 * until line_free_chunk: a receiver that does not take it slows the line. */
struct chunk *line_take(struct line *l, int64_t now_ns);
void line_free_chunk(struct line *l, struct chunk *c);

/* No more may be put in for now. As of the last line_take. */
bool line_full(const struct line *l);
/* When line_take should be called next; 0: there is nothing to wait for. */
int64_t line_next_ns(const struct line *l);

#endif
