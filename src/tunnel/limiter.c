#include "tunnel/limiter.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "base/mem.h"
#include "tunnel/conn_private.h"
#include "tunnel/lane.h"

/* How often those who wait are looked at: short against what people notice. */
#define TICK_MS 20
/* What may gather while nobody takes it. */
#define BURST_PART  10 /* of a second's */
#define QUANTUM_MAX 16384

struct bucket {
	uint64_t rate; /* bytes a second; 0: no limit */
	uint64_t bytes, refilled_us;
	unsigned n_waiting;
	struct conn_list waiting;
};

struct limiter {
	uv_timer_t timer;
	struct bucket bucket[LIMITER_WAYS];
};

static uint64_t capacity(const struct bucket *b)
{
	uint64_t burst = b->rate / BURST_PART;

	return burst != 0 ? burst : 1;
}

/* Less than this is not worth a packet, unless it is all that there is. */
static uint64_t quantum(const struct bucket *b)
{
	uint64_t half = (capacity(b) + 1) / 2;

	return half < QUANTUM_MAX ? half : QUANTUM_MAX;
}

static void refill(struct bucket *b)
{
	uint64_t now = lane_now_us(), us = now - b->refilled_us, more;

	/* The bucket is full after that: more need not be counted. */
	if (us > 1000000) {
		us = 1000000;
		b->refilled_us = now - us;
	}
	more = b->rate > UINT64_MAX / 1000000 ? b->rate / 1000000 * us
					      : b->rate * us / 1000000;
	if (more == 0)
		return;
	/* The time that made no whole byte yet counts next time. */
	b->refilled_us +=
		b->rate > UINT64_MAX / 1000000 ? us : more * 1000000 / b->rate;
	b->bytes += more;
	if (b->bytes > capacity(b))
		b->bytes = capacity(b);
}

size_t limiter_allows(struct limiter *l, enum limiter_way way, size_t want)
{
	struct bucket *b = &l->bucket[way];

	if (b->rate == 0)
		return want;
	refill(b);
	if (b->bytes < want && b->bytes < quantum(b))
		return 0;
	return want < b->bytes ? want : (size_t)b->bytes;
}

void limiter_took(struct limiter *l, enum limiter_way way, size_t n)
{
	struct bucket *b = &l->bucket[way];

	b->bytes -= n < b->bytes ? n : b->bytes;
}

/* Those who wait now get their turn, while something is left; who comes back
 * for more goes to the end. */
static void serve(struct bucket *b, enum limiter_way way)
{
	unsigned n = b->n_waiting;

	refill(b);
	for (; n > 0 && b->bytes != 0 && b->n_waiting != 0; n--) {
		struct conn *c = TAILQ_FIRST(&b->waiting);

		TAILQ_REMOVE(&b->waiting, c, limited[way]);
		c->waits[way] = false;
		b->n_waiting--;
		conn_limit_over(c, way);
	}
}

static void on_tick(uv_timer_t *timer)
{
	struct limiter *l = timer->data;
	unsigned n = 0;

	for (int way = 0; way < LIMITER_WAYS; way++) {
		serve(&l->bucket[way], way);
		n += l->bucket[way].n_waiting;
	}
	if (n == 0)
		uv_timer_stop(timer);
}

void limiter_wait(struct limiter *l, enum limiter_way way, struct conn *c)
{
	struct bucket *b = &l->bucket[way];

	if (c->waits[way])
		return;
	c->waits[way] = true;
	TAILQ_INSERT_TAIL(&b->waiting, c, limited[way]);
	b->n_waiting++;
	if (!uv_is_active((uv_handle_t *)&l->timer))
		uv_timer_start(&l->timer, on_tick, TICK_MS, TICK_MS);
}

void limiter_leave(struct limiter *l, struct conn *c)
{
	for (int way = 0; way < LIMITER_WAYS; way++) {
		if (!c->waits[way])
			continue;
		c->waits[way] = false;
		TAILQ_REMOVE(&l->bucket[way].waiting, c, limited[way]);
		l->bucket[way].n_waiting--;
	}
}

struct limiter *limiter_new(
	uv_loop_t *loop, uint64_t in_bytes_s, uint64_t out_bytes_s)
{
	struct limiter *l;

	if (in_bytes_s == 0 && out_bytes_s == 0)
		return NULL;
	l = mem_zalloc(1, sizeof(*l));
	l->bucket[LIMITER_IN].rate = in_bytes_s;
	l->bucket[LIMITER_OUT].rate = out_bytes_s;
	for (int way = 0; way < LIMITER_WAYS; way++) {
		TAILQ_INIT(&l->bucket[way].waiting);
		l->bucket[way].refilled_us = lane_now_us();
	}
	uv_timer_init(loop, &l->timer);
	l->timer.data = l;
	return l;
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void limiter_free(struct limiter *l)
{
	if (l != NULL)
		uv_close((uv_handle_t *)&l->timer, on_closed);
}
