/*
 * What everything on one worker's thread shares: its loop, the links that have
 * something to send, the budget of receive windows, the way events go out.
 *
 * Work that one turn of the loop brings (data of many connections) is sealed
 * and sent once, when the turn ends: links mark themselves dirty, and lane.c
 * runs them after the loop has polled and before it sleeps.
 */
#ifndef TAUPE_TUNNEL_LANE_H
#define TAUPE_TUNNEL_LANE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <uv.h>

#include "ssh/session.h"
#include "tunnel/event.h"
#include "tunnel/worker.h"

struct link;

TAILQ_HEAD(link_list, link);

struct lane {
	uv_loop_t loop;
	uv_check_t check;
	uv_prepare_t prepare;
	uv_idle_t idle; /* runs while work is left: the loop does not sleep */
	struct link_list dirty;
	unsigned n_used; /* links that carry a connection */
	struct window_budget budget;
	worker_event_fn *on_event;
	void *on_event_arg;
};

/* 0, or -ERR_SYSTEM. */
int lane_init(struct lane *l, worker_event_fn *on_event, void *arg) WARN_UNUSED;
/* Closes the lane's own handles; every other handle must be closing already.
 * Runs the loop until all are gone. Commands that have not ended after
 * `patience_ms` are killed; what is left after as long again (a name that the
 * system looks up) makes it false, and the lane stays as it is. */
bool lane_done(struct lane *l, uint64_t patience_ms);

/* Hands an event to the control thread. */
void lane_emit(struct lane *l, struct event *e);

uint64_t lane_now_us(void);

#endif
