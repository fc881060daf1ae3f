/*
 * What went wrong, in a form that can be said in any language.
 *
 * A trouble is an error's code with named arguments: `error.<code>` in the
 * catalogue is its sentence, `offer.<code>` what to do next. One with the
 * argument `step` may have words of its own, `error.<code>.<step>` and
 * `offer.<code>.<step>`, where the same trouble means something else. It owns
 * nothing, so it is copied by assignment and crosses threads in messages.
 */
#ifndef TAUPE_BASE_TROUBLE_H
#define TAUPE_BASE_TROUBLE_H

#include <stddef.h>

#include "base/catalog.h"
#include "base/err.h"

#define TROUBLE_ARGS  6
#define TROUBLE_VALUE 192

struct trouble {
	enum err code; /* ERR_OK: none */
	unsigned n_args;
	struct {
		const char *name; /* a literal */
		char value[TROUBLE_VALUE];
	} arg[TROUBLE_ARGS];
};

/* Starts a trouble over. `code` may be ERR_X or -ERR_X. */
void trouble_set(struct trouble *t, int code);

/* Adds an argument (or replaces the one of that name); past TROUBLE_ARGS it is
 * dropped. Cut at TROUBLE_VALUE and made one safe line (clean.h), as peers'
 * words are among them. `name` must be a literal. */
void trouble_arg(struct trouble *t, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* trouble_set with the one argument `detail`; returns -code, so that
 * `return trouble_say(t, ERR_PROTOCOL, "…");` reads well. `t` may be NULL. */
int trouble_say(struct trouble *t, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

const char *trouble_get(
	const struct trouble *t, const char *name); /* or NULL */

#define TROUBLE_KEY 96
/* The catalogue's key of an error's sentence ("error") or offer ("offer"), with
 * the error's name; `step` may be NULL. It may be one that nothing is found
 * under. */
void trouble_key(const char *prefix, const char *name, const char *step,
	char ret_key[TROUBLE_KEY]);

/* The sentence, and what to do next (empty when there is no offer), in the
 * process's language. As snprintf. */
size_t trouble_text(const struct trouble *t, char *ret_text, size_t size);
size_t trouble_offer(const struct trouble *t, char *ret_text, size_t size);
/* Another sentence of the catalogue with the trouble's arguments. In all three,
 * the arguments' words pass through catalog_words(). */
size_t trouble_format(
	const struct trouble *t, const char *key, char *ret_text, size_t size);
/* The same in a language of the reader's own. */
size_t trouble_text_in(
	const struct trouble *t, enum lang lang, char *ret_text, size_t size);
size_t trouble_offer_in(
	const struct trouble *t, enum lang lang, char *ret_text, size_t size);
size_t trouble_format_in(const struct trouble *t, enum lang lang,
	const char *key, char *ret_text, size_t size);

#endif
