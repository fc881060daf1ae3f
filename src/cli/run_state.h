/*
 * What `taupe run` knows about its server and forwards: the sum of the events
 * so far. The displays show it, cmd_run decides by it. Pure; the time comes in.
 */
#ifndef TAUPE_CLI_RUN_STATE_H
#define TAUPE_CLI_RUN_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tunnel/event.h"
#include "tunnel/forward_spec.h"

struct run_forward {
	uint32_t id;
	const struct forward_spec *spec; /* borrowed */
	char *listen;                    /* with the port that was picked */
	char *target;                    /* "SOCKS" for a dynamic one */
	enum tunnel_state state;
	bool was_up; /* since the start */
	struct trouble trouble;
	enum err failed_with; /* since it was last up; ERR_OK: it did not */
	bool repeats;         /* the last event says what the one before did */
	uint32_t connections;
	uint64_t bytes_in, bytes_out;
	uint64_t rate_in, rate_out; /* bytes a second, between two stats */
};

struct run_state {
	const char *server; /* as typed; borrowed */
	enum tunnel_state state;
	bool was_up; /* since the start */
	struct trouble trouble;
	uint64_t next_try_at_ms; /* monotonic; 0: none is planned */
	uint64_t up_since_ms;    /* wall clock; 0: down */
	uint32_t links, rtt_us;
	char cipher[64];
	uint64_t stats_at_ms; /* monotonic */
	/* Of the last event or tick. */
	uint64_t now_ms, wall_ms;
	struct run_forward *forward;
	size_t n_forwards;
};

/* `specs` and `server` outlive the state. Forward i has the id i + 1. */
void run_state_init(struct run_state *s, const char *server,
	const struct forward_spec *specs, size_t n);
void run_state_done(struct run_state *s);

void run_state_apply(
	struct run_state *s, const struct event *e, uint64_t now_ms);
/* Time went by without an event. */
void run_state_tick(struct run_state *s, uint64_t now_ms, uint64_t wall_ms);

/* NULL: no such forward. */
struct run_forward *run_state_forward(const struct run_state *s, uint32_t id);

/* No forward was ever up, and each of them is in error. */
bool run_state_all_failed(const struct run_state *s);

/* "127.0.0.1:3307 → 127.0.0.1:3306"; as snprintf. */
size_t run_state_route(
	const struct run_forward *f, char *ret_text, size_t size);

#endif
