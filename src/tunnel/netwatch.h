/*
 * Watches for what may have cut every connection without a word: the machine
 * was asleep, or its network is another one now. Costs nothing while nothing
 * happens: the kernel wakes the loop (rtnetlink(7); timerfd_create(2),
 * TFD_TIMER_CANCEL_ON_SET), no timer does.
 *
 * Any thread, each watch on its loop's. The watch does not keep the loop alive.
 */
#ifndef TAUPE_TUNNEL_NETWATCH_H
#define TAUPE_TUNNEL_NETWATCH_H

#include <uv.h>

enum netwatch_change {
	NETWATCH_WOKE,    /* slept for more than about 2 s */
	NETWATCH_CLOCK,   /* the time of day was set; it did not sleep */
	NETWATCH_NETWORK, /* what changed within 250 ms is told once */
};

struct netwatch;

/* May free the watch. */
typedef void netwatch_fn(void *arg, enum netwatch_change change);

/* What the system does not let us watch is not told; a debug line says so. */
struct netwatch *netwatch_new(
	uv_loop_t *loop, netwatch_fn *on_change, void *arg);
/* No callback follows. Its memory goes with the loop's next turn. NULL is fine.
 */
void netwatch_free(struct netwatch *w);

#endif
