/*
 * A data plane thread: one libuv loop that carries whole servers (their pool of
 * links, their forwards' listeners and connections). Workers share nothing; the
 * control thread speaks with them by messages only.
 *
 * All functions are called on the control thread. They queue a command and
 * return at once; what happened comes back as events, in order, through the
 * callback, which runs on the worker's thread and must only hand the event over
 * (queue it, wake the control loop). The callback owns the event.
 */
#ifndef TAUPE_TUNNEL_WORKER_H
#define TAUPE_TUNNEL_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/secret.h"
#include "tunnel/event.h"
#include "tunnel/forward_spec.h"
#include "tunnel/options.h"

struct worker;

typedef void worker_event_fn(void *arg, struct event *event);

/* Starts the thread. NULL: no thread or loop could be made (errno). */
struct worker *worker_new(worker_event_fn *on_event, void *arg);
/* Stops every server in order, then the thread; blocks until it has ended.
 * False: the system still looks up a name, which can't be called off; the
 * worker's memory stays, and the process should end by _exit(2), as exit(3)
 * would wait for it. */
bool worker_free(struct worker *w);

/* How a server is reached. `name` is what people call it (for `run`: the
 * destination as typed). Each hop of `jumps` is a server of its own: verified
 * and authenticated for itself, with its own options. Copied. */
struct server_config {
	uint32_t id; /* chosen by the caller, not 0; of a hop 0: it has none */
	const char *name;
	const char *host; /* as typed: what host keys are recorded under */
	struct options options;
	struct server_config *jumps; /* first hop first */
	size_t n_jumps;
	bool may_ask; /* prompts may be raised */
	bool once;    /* no reconnecting: the first loss is the end */
	/* A question that a further link of the pool has, or any where
	 * nobody may be asked, is raised too, marked `unattended`: the control
	 * plane answers from what it knows, or cancels */
	bool may_answer_unattended;
	bool trace; /* EVENT_STAGE for each step of each link */
};

/* A server does nothing before its first forward is started. */
void worker_add_server(struct worker *w, const struct server_config *config);
/* Ends its forwards and links in order, then EVENT_STOPPED. */
void worker_stop_server(struct worker *w, uint32_t server_id);

/* `forward_id` is chosen by the caller, not 0. `spec` is copied. */
void worker_start_forward(struct worker *w, uint32_t server_id,
	uint32_t forward_id, const struct forward_spec *spec);
void worker_stop_forward(
	struct worker *w, uint32_t server_id, uint32_t forward_id);

/* Answers EVENT_PROMPT; `answers` NULL: cancelled. Copied. */
void worker_answer(struct worker *w, uint32_t server_id, uint32_t prompt_id,
	const struct secret *answers, size_t n);

/* Asks for one EVENT_STATS of the server. Also arms EVENT_ACTIVE again. */
void worker_request_stats(struct worker *w, uint32_t server_id);

/* Asks for one EVENT_CONNS: all open connections of the server, or of one of
 * its forwards (0: all). `request` comes back in it. Past CONNS_LISTED_MAX they
 * are counted only. */
void worker_request_conns(struct worker *w, uint32_t server_id,
	uint32_t forward_id, uint32_t request);
/* Resets one connection; one that is gone already is no trouble. */
void worker_kill_conn(struct worker *w, uint32_t server_id, uint64_t conn_id);

/* Tries what a forward needs of the server, on a link that is up or comes up,
 * without disturbing the forward if it runs: EVENT_STAGE permission, then
 * target, with `request` in them; the last one has `last` set.
 *   local: opens a channel to the target and closes it.
 *   remote: asks for the listening port (unless the forward has it) and gives
 *     it back, then connects to the local target.
 *   dynamic: opens a channel to the server's own SSH port, which shows whether
 *     forwarding is allowed; no target stage.
 *   NULL: brings a link up and keeps it while the server is there; the server
 *     needs no forward for that. It has no stages of its own: EVENT_SERVER
 *     tells how it went, and with `trace` the link's stages how far.
 * When the next try of a server that is away fails, so does the test, with what
 * failed. `spec` is copied. */
void worker_test_forward(struct worker *w, uint32_t server_id,
	const struct forward_spec *spec, uint32_t request);

/* A server that waits for its next try makes it now; what listens stays. */
void worker_retry(struct worker *w, uint32_t server_id);

/* Tells every link to prove that it is alive now (after sleep, a change of
 * network): those that do not answer within about a second are lost. */
void worker_probe(struct worker *w);

#endif
