/*
 * Events on their way from the worker's thread to the main thread's loop: a
 * queue behind a mutex, and a wake-up.
 *
 * Life cycle: run_events_new → worker_new(run_events_push, …) → … → worker_free
 * → run_events_close, after which the loop has to turn once more.
 */
#ifndef TAUPE_CLI_RUN_EVENTS_H
#define TAUPE_CLI_RUN_EVENTS_H

#include <uv.h>

#include "base/err.h"
#include "tunnel/event.h"

struct run_events;

/* On the loop's thread, in the order in which they happened. The event is freed
 * after the call. */
typedef void run_events_fn(void *arg, const struct event *event);

/* NULL: no wake-up could be made. */
struct run_events *run_events_new(
	uv_loop_t *loop, run_events_fn *on_event, void *arg);
/* A worker_event_fn; `arg` is the struct run_events. Any thread. */
void run_events_push(void *arg, struct event *event);
/* Frees what is queued, and the queue itself with the loop's next turn. No push
 * may follow. NULL is fine. */
void run_events_close(struct run_events *q);

#endif
