/*
 * The daemon's prompts, put to a person here: docs/api.md, "Prompts".
 */
#ifndef TAUPE_CLI_QUESTION_H
#define TAUPE_CLI_QUESTION_H

#include <stdbool.h>

#include <jansson.h>

#include "base/secret.h"
#include "cli/client.h"
#include "tunnel/event.h"

/* The prompt as an event for ask.h; event_free releases. NULL: it makes no
 * sense. */
struct event *question_event(const json_t *prompt);

/* ERR_NEED_INPUT, for where nobody can be asked; json_decref releases. */
json_t *question_problem(const json_t *prompt);

/* Sends the answers, or with none of them calls the prompt off. `keep`: the
 * daemon may put them into its vault. 0, -ERR_NOT_FOUND: nobody waits any more,
 * or as client_call. -ERR_INVALID: an answer is no UTF-8. */
int question_answer(struct client *c, uint32_t id, const struct secret *answers,
	size_t n, bool keep) WARN_UNUSED;

/* Appends `text` as a JSON string; whether it is UTF-8 is the daemon's to say.
 * The caller wipes. */
void question_put_secret(struct buf *out, const struct secret *text);
/* The object `body`, taken over, with one more field that is a secret: what
 * jansson holds is not wiped. */
void question_put_body(struct buf *out, json_t *body, const char *field,
	const struct secret *text);

/* Reads a secret here and keeps it for the server: `body`, taken over, says its
 * kind. 0, or the exit code, and then it is said. */
int question_keep(
	struct client *c, const json_t *server, json_t *body) WARN_UNUSED;

#endif
