/*
 * Staying with the daemon for a while: its live stream on a loop, its prompts
 * put to the person at this terminal, signals.
 *
 * Life: attend_new → attend_run, in which the operations are called, until one
 * of them says attend_stop → attend_free. Main thread.
 */
#ifndef TAUPE_CLI_ATTEND_H
#define TAUPE_CLI_ATTEND_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "cli/client.h"

struct attend;

/* All but message may be NULL. */
struct attend_ops {
	/* One of the stream's; the first is "hello". Borrowed */
	void (*message)(void *arg, const char *event, const json_t *data);
	/* Whether this prompt is ours to ask; NULL: none is */
	bool (*wants)(void *arg, const json_t *prompt);
	/* It was ours, and there is nobody to ask. It stays open */
	void (*cannot_ask)(void *arg, const json_t *prompt);
	/* A question stands on the terminal (or no longer) */
	void (*on_terminal)(void *arg, bool busy);
	/* After attend_timer's time */
	void (*tick)(void *arg);
};

/* `keep`: answers may go into the daemon's vault. NULL: libcurl can't be used.
 */
struct attend *attend_new(
	struct client *c, const struct attend_ops *ops, void *arg, bool keep);
void attend_free(struct attend *a); /* NULL is fine */

/* Until attend_stop; its exit code. SIGINT, SIGTERM and SIGHUP end it with 128
 * + signal; the daemon's end is complained about. */
int attend_run(struct attend *a);
void attend_stop(struct attend *a, int exit_code);

void attend_timer(struct attend *a, uint64_t ms);
/* A question is open now. */
bool attend_is_asking(const struct attend *a);
/* A prompt that was there before: as if the stream had brought it. */
void attend_prompt(struct attend *a, const json_t *prompt);

#endif
