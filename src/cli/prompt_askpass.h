/*
 * One question through a program with a window: ssh(1), SSH_ASKPASS. The
 * program gets the question as its argument and prints the answer; a status
 * other than 0 cancels. A question with several fields runs it several times.
 */
#ifndef TAUPE_CLI_PROMPT_ASKPASS_H
#define TAUPE_CLI_PROMPT_ASKPASS_H

#include <uv.h>

#include "base/err.h"
#include "base/secret.h"
#include "base/trouble.h"
#include "ssh/prompt.h"

/* What a program prints past this is an answer that nobody typed. */
#define PROMPT_ASKPASS_MAX 4096

struct prompt_askpass;

/* As prompt_tty_fn; it has to close the prompt_askpass. */
typedef void prompt_askpass_fn(
	void *arg, const struct secret *answers, size_t n);

/* `program` is copied. -ERR_SYSTEM: it could not be started. */
int prompt_askpass_open(uv_loop_t *loop, const char *program,
	const struct prompt *prompt, const struct trouble *trouble,
	prompt_askpass_fn *on_answer, void *arg,
	struct prompt_askpass **ret_prompt) WARN_UNUSED;

/* Ends the program if it still runs. Memory goes with the loop's next turns.
 * Takes NULL. */
void prompt_askpass_close(struct prompt_askpass *p);

#endif
