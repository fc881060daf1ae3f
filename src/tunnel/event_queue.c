#include "tunnel/event_queue.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"

struct event_queue {
	pthread_mutex_t mutex;
	struct event *first, **end; /* under the mutex */
	uv_async_t wake;
	event_queue_fn *on_event;
	void *arg;
};

static struct event *take_all(struct event_queue *q)
{
	struct event *list;

	pthread_mutex_lock(&q->mutex);
	list = q->first;
	q->first = NULL;
	q->end = &q->first;
	pthread_mutex_unlock(&q->mutex);
	return list;
}

static void on_wake(uv_async_t *wake)
{
	struct event_queue *q = wake->data;
	struct event *e = take_all(q);

	while (e != NULL) {
		struct event *next = e->next;

		q->on_event(q->arg, e);
		event_free(e);
		e = next;
	}
}

struct event_queue *event_queue_new(
	uv_loop_t *loop, event_queue_fn *on_event, void *arg)
{
	struct event_queue *q = mem_zalloc(1, sizeof(*q));

	if (uv_async_init(loop, &q->wake, on_wake) < 0) {
		free(q);
		return NULL;
	}
	pthread_mutex_init(&q->mutex, NULL);
	q->end = &q->first;
	q->wake.data = q;
	q->on_event = on_event;
	q->arg = arg;
	return q;
}

void event_queue_push(void *arg, struct event *event)
{
	struct event_queue *q = arg;

	event->next = NULL;
	pthread_mutex_lock(&q->mutex);
	*q->end = event;
	q->end = &event->next;
	pthread_mutex_unlock(&q->mutex);
	uv_async_send(&q->wake);
}

static void on_closed(uv_handle_t *handle)
{
	struct event_queue *q = handle->data;

	pthread_mutex_destroy(&q->mutex);
	free(q);
}

static void drop_all(struct event_queue *q)
{
	struct event *next;

	for (struct event *e = take_all(q); e != NULL; e = next) {
		next = e->next;
		event_free(e);
	}
}

static void ignore(void *arg, const struct event *event)
{
	(void)arg;
	(void)event;
}

void event_queue_abandon(struct event_queue *q)
{
	drop_all(q);
	q->on_event = ignore;
	uv_unref((uv_handle_t *)&q->wake);
}

void event_queue_close(struct event_queue *q)
{
	if (q == NULL)
		return;
	drop_all(q);
	uv_close((uv_handle_t *)&q->wake, on_closed);
}
