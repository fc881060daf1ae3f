/*
 * The worker's questions, put to a person one after the other: on the terminal
 * (prompt_tty.c) or through SSH_ASKPASS (prompt_askpass.c), chosen as ssh(1)
 * chooses (SSH_ASKPASS_REQUIRE). Nothing blocks: the loop goes on meanwhile.
 *
 * Life cycle: ask_new → ask_open and ask_gone as events come → ask_close, after
 * which the loop has to turn once more. Main thread.
 */
#ifndef TAUPE_CLI_ASK_H
#define TAUPE_CLI_ASK_H

#include <stdbool.h>
#include <uv.h>

#include "base/secret.h"
#include "tunnel/event.h"

struct ask;

struct ask_ops {
	/* The person's words, one a field; NULL: cancelled. Wiped after the
	 * call. */
	void (*answer)(void *arg, uint32_t prompt_id,
		const struct secret *answers, size_t n);
	/* A question is being put on the terminal (or no longer): nobody else
	 * may write there. */
	void (*on_terminal)(void *arg, bool busy);
	/* There is no way to ask: `trouble` (the prompt event's own, or
	 * ERR_NEED_INPUT) says what to do.
	 * The question is cancelled after the call. */
	void (*cannot_ask)(void *arg, const struct trouble *trouble);
};

/* `terminal`: path of the terminal to ask on, "/dev/tty". Borrowed, as `ops`.
 */
struct ask *ask_new(uv_loop_t *loop, const char *terminal,
	const struct ask_ops *ops, void *arg);

/* EVENT_PROMPT; what it needs is copied. */
void ask_open(struct ask *a, const struct event *e);
/* EVENT_PROMPT_GONE: nobody waits for the answer any more. */
void ask_gone(struct ask *a, uint32_t prompt_id);
/* Before the process is stopped by Ctrl-Z, and when it goes on. */
void ask_suspend(struct ask *a);
void ask_resume(struct ask *a);
/* Cancels what is open without an answer. Takes NULL. */
void ask_close(struct ask *a);

enum ask_how { ASK_TERMINAL, ASK_PROGRAM, ASK_NOBODY };
/* ssh(1), SSH_ASKPASS: what to use, given that `terminal` can or can't be
 * opened. ret_program: the program's path, borrowed from the environment. */
enum ask_how ask_choose(bool has_terminal, const char **ret_program);

/* Whether a question put now would reach anybody. */
bool ask_is_possible(const char *terminal);

#endif
