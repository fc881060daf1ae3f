/*
 * One question on a terminal, without blocking: the terminal stays in line
 * mode, echo off where the field says so, and is read when it has a whole line.
 * Ctrl-C is a signal as always; Ctrl-D on an empty line cancels.
 */
#ifndef TAUPE_CLI_PROMPT_TTY_H
#define TAUPE_CLI_PROMPT_TTY_H

#include <stdbool.h>
#include <uv.h>

#include "base/err.h"
#include "base/secret.h"
#include "base/trouble.h"
#include "ssh/prompt.h"

struct prompt_tty;

/* One answer a field; NULL: cancelled, or the terminal went away. It has
 * to close the prompt_tty, which wipes the secrets. */
typedef void prompt_tty_fn(void *arg, const struct secret *answers, size_t n);

/* The terminal can be opened, and asked on: not from the background. */
bool prompt_tty_possible(const char *path);

/* Shows the question. `prompt` is copied; `trouble` is the event's.
 * -ERR_SYSTEM: the terminal could not be opened. */
int prompt_tty_open(uv_loop_t *loop, const char *path,
	const struct prompt *prompt, const struct trouble *trouble,
	prompt_tty_fn *on_answer, void *arg,
	struct prompt_tty **ret_prompt) WARN_UNUSED;

/* Settings back as they were before the question (Ctrl-Z); then the field is
 * shown again. */
void prompt_tty_suspend(struct prompt_tty *p);
void prompt_tty_resume(struct prompt_tty *p);

/* Leaves the terminal as it was. Memory goes with the loop's next turn. Takes
 * NULL. */
void prompt_tty_close(struct prompt_tty *p);

#endif
