#include "delay_line.h"

#include <stdlib.h>

#include "net.h"

void line_init(
	struct line *l, int64_t delay_ns, double ns_per_byte, size_t queue_max)
{
	*l = (struct line){
		.delay_ns = delay_ns,
		.ns_per_byte = ns_per_byte,
		.queue_max = queue_max,
	};
	STAILQ_INIT(&l->flight);
}

void line_put(struct line *l, struct chunk *c)
{
	int64_t now = net_now_ns();

	if (l->free_ns < now)
		l->free_ns = now;
	l->free_ns += (int64_t)((double)c->len * l->ns_per_byte);
	c->leaves_ns = l->free_ns;
	c->arrives_ns = l->free_ns + l->delay_ns;
	STAILQ_INSERT_TAIL(&l->flight, c, next);
	l->flight_bytes += c->len;
	l->queue_bytes += c->len;
	if (l->queued == NULL)
		l->queued = c;
}

struct chunk *line_take(struct line *l, int64_t now_ns)
{
	struct chunk *c;

	while ((c = l->queued) != NULL && c->leaves_ns <= now_ns) {
		l->queue_bytes -= c->len;
		l->queued = STAILQ_NEXT(c, next);
	}
	c = STAILQ_FIRST(&l->flight);
	if (c == NULL || c->arrives_ns > now_ns)
		return NULL;
	STAILQ_REMOVE_HEAD(&l->flight, next);
	return c;
}

void line_free_chunk(struct line *l, struct chunk *c)
{
	l->flight_bytes -= c->len;
	free(c);
}

bool line_full(const struct line *l)
{
	if (l->ns_per_byte > 0 && l->queue_bytes >= l->queue_max)
		return true;
	return l->flight_bytes >= LINE_FLIGHT_MAX;
}

int64_t line_next_ns(const struct line *l)
{
	const struct chunk *c = STAILQ_FIRST(&l->flight);

	if (c == NULL)
		return 0;
	if (line_full(l) && l->queued != NULL &&
		l->queued->leaves_ns < c->arrives_ns)
		return l->queued->leaves_ns;
	return c->arrives_ns;
}
