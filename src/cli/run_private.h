/*
 * struct run, for cmd_run.c and the run_*.c that it is made of. Main thread.
 */
#ifndef TAUPE_CLI_RUN_PRIVATE_H
#define TAUPE_CLI_RUN_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "base/trouble.h"
#include "cli/ask.h"
#include "cli/display.h"
#include "cli/exit_code.h"
#include "cli/run_args.h"
#include "cli/run_state.h"
#include "tunnel/event_queue.h"
#include "tunnel/netwatch.h"
#include "tunnel/worker.h"

/* Where questions are put. */
#define RUN_TERMINAL "/dev/tty"

enum run_phase {
	RUN_GOING,
	RUN_RESTARTING, /* the server stops, to be started anew */
	RUN_STOPPING,   /* the server stops, and then the process */
	RUN_STOPPED,
};

#define RUN_SIGNALS 6

struct run {
	uv_loop_t loop;
	uv_signal_t signal[RUN_SIGNALS];
	uv_timer_t tick, restart;
	struct run_args args;
	struct run_state state;
	struct event_queue *events;
	struct worker *worker;
	struct netwatch *watch;
	struct display *display;
	struct ask *ask; /* NULL once stopping */
	enum run_phase phase;
	bool live;      /* the display repaints on a terminal */
	bool suspended; /* by Ctrl-Z, or in the background since then */
	uint64_t restart_ms;
	uint64_t noticed_ms; /* monotonic; 0: never */
	enum exit_code code;
	struct trouble failure; /* why the process ends; ERR_OK: no failure */
	struct trouble unasked; /* a question that could not be put */
};

/* run_life.c: what starts, ends and starts over. */
void run_life_init(struct run *run);
void run_life_close(struct run *run);
void run_life_start(struct run *run);
/* In order; the loop ends with EVENT_STOPPED. */
void run_life_stop(struct run *run);
/* Before an event of the server is applied to run->state: may add to it when
 * the next try comes. */
void run_life_judge_server(struct run *run, struct event *e);
/* After an event of a forward is applied. */
void run_life_judge_forward(struct run *run, const struct event *e);
/* EVENT_STOPPED. */
void run_life_stopped(struct run *run);

/* run_watch.c: sleep and changes of the network. The worker outlives it. */
void run_watch_start(struct run *run);
void run_watch_stop(struct run *run);

/* run_terminal.c: the terminal that the display shares with the shell. */
void run_terminal_init(struct run *run);
void run_terminal_close(struct run *run);
/* What is typed does not show in the table. */
void run_terminal_hush(struct run *run);
/* Its size may have changed. */
void run_terminal_resize(struct run *run);

#endif
