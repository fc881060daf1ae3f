/*
 * A test of what a forward needs of its server and of its target: EVENT_STAGE
 * permission and target (worker_test_forward). It disturbs no forward.
 *
 *   trial_new → [a link comes up] → trial_run → told → server_trial_gone
 *
 * It frees itself once its timer is closed, after server_trial_gone. Worker
 * thread only.
 */
#ifndef TAUPE_TUNNEL_TRIAL_H
#define TAUPE_TUNNEL_TRIAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/trouble.h"
#include "tunnel/forward_spec.h"

struct link;
struct server;
struct trial;

TAILQ_HEAD(trial_list, trial);

/* `spec` is taken over. At the end of `list`. */
struct trial *trial_new(struct server *s, struct trial_list *list,
	struct forward_spec *spec, uint32_t request);
void trial_remove(struct trial *t, struct trial_list *list);
struct trial *trial_next(const struct trial *t);

/* A link is there; no effect when it has one. `has_port`: the server listens
 * for a forward of ours already where this one would. */
void trial_run(struct trial *t, struct link *l, bool has_port);
const struct forward_spec *trial_spec(const struct trial *t);
/* `l` went, or (NULL) none comes: it can't go on. */
void trial_lost(
	struct trial *t, const struct link *l, const struct trouble *why);
/* The server is told to stop. */
void trial_stop(struct trial *t);

#endif
