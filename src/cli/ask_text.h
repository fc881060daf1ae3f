/*
 * The words of a question, and what its answers mean. Pure.
 */
#ifndef TAUPE_CLI_ASK_TEXT_H
#define TAUPE_CLI_ASK_TEXT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/secret.h"
#include "base/trouble.h"
#include "ssh/prompt.h"

/* What stands above the fields: the server's name for the round and its
 * instruction, the host key, "that was wrong". Nothing, or whole lines.
 * `trouble` is the event's: it carries the host key's type and fingerprint. */
void ask_text_head(
	const struct prompt *p, const struct trouble *trouble, struct buf *out);

/* What stands before the cursor for field `i`. */
void ask_text_field(const struct prompt *p, unsigned i, struct buf *out);

/* Turns a typed host key answer into what the engine takes: "yes" (also in the
 * person's language), "no", or the fingerprint. False: none of them. Answers to
 * other questions are left as they are. */
bool ask_text_accept(const struct prompt *p, const struct trouble *trouble,
	struct secret *answer);

/* Said after an answer that ask_text_accept refused: ends in a space. */
const char *ask_text_again(void);

#endif
