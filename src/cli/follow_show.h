/*
 * The forwards that are followed, as they come up: lines that are painted anew
 * on a terminal, one line each in a pipe.
 */
#ifndef TAUPE_CLI_FOLLOW_SHOW_H
#define TAUPE_CLI_FOLLOW_SHOW_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

struct follow_show;

/* `quiet`: shows nothing at all. */
struct follow_show *follow_show_new(bool quiet);
void follow_show_free(struct follow_show *s);

/* One of the `n` forwards has changed. */
void follow_show_paint(
	struct follow_show *s, const json_t *const *forwards, size_t n);
/* One is as wished, or will not be. */
void follow_show_settled(struct follow_show *s, const json_t *forward);
/* Somebody else has the terminal (or no longer). */
void follow_show_hold(struct follow_show *s, bool held);

#endif
