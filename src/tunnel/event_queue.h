/*
 * Events on their way from the worker's thread to the control thread's loop: a
 * queue behind a mutex, and a wake-up.
 *
 * Life cycle: event_queue_new → worker_new(event_queue_push, …) → … →
 * worker_free → event_queue_close, after which the loop has to turn once more.
 */
#ifndef TAUPE_TUNNEL_EVENT_QUEUE_H
#define TAUPE_TUNNEL_EVENT_QUEUE_H

#include <uv.h>

#include "base/err.h"
#include "tunnel/event.h"

struct event_queue;

/* On the loop's thread, in the order in which they happened. The event is freed
 * after the call. */
typedef void event_queue_fn(void *arg, const struct event *event);

/* NULL: no wake-up could be made. */
struct event_queue *event_queue_new(
	uv_loop_t *loop, event_queue_fn *on_event, void *arg);
/* A worker_event_fn; `arg` is the struct event_queue. Any thread. */
void event_queue_push(void *arg, struct event *event);
/* Frees what is queued, and the queue itself with the loop's next turn. No push
 * may follow. NULL is fine. */
void event_queue_close(struct event_queue *q);
/* Instead, when worker_free says that something has not ended: whatever is
 * pushed goes nowhere, the loop is not kept, the memory stays. */
void event_queue_abandon(struct event_queue *q);

#endif
