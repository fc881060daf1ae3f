/*
 * The kinds of option that the table in options.c has: how a value is read into
 * its place, and what its place owns.
 *
 * One thread a place.
 */
#ifndef TAUPE_TUNNEL_OPTION_KIND_H
#define TAUPE_TUNNEL_OPTION_KIND_H

#include <stddef.h>

#include "base/err.h"
#include "base/trouble.h"
#include "tunnel/option_algs.h"

struct option_choice {
	const char *word; /* NULL ends the array */
	int value;
};

struct option_kind;

struct option_row {
	const char *name;
	const struct option_kind *kind;
	size_t offset;       /* of the place in struct options */
	const char *initial; /* as a setting; NULL: all zero */
	unsigned min, max;   /* number, port */
	const struct option_choice *choices; /* choice, flag */
	enum option_algs algs;               /* algs */
};

enum option_owns { OPTION_OWNS_NOTHING, OPTION_OWNS_TEXT, OPTION_OWNS_LIST };

struct option_kind {
	/* Reads `value`, which is neither empty nor has white space around it;
	 * `place` is untouched on failure. -ERR_INVALID with "detail". */
	int (*set)(const struct option_row *row, const char *value, void *place,
		struct trouble *trouble);
	enum option_owns owns;
};

extern const struct option_kind option_kind_choice, /* int: a word's value */
	option_kind_flag,                           /* bool: the same */
	option_kind_number,                         /* unsigned */
	option_kind_port,                           /* uint16_t */
	option_kind_time,         /* unsigned, seconds; "none" is 0 */
	option_kind_mask,         /* unsigned, octal, up to 0777 */
	option_kind_text,         /* char *: one word */
	option_kind_text_or_none, /* … or "none": NULL */
	option_kind_agent,        /* … or "SSH_AUTH_SOCK": NULL */
	option_kind_command,      /* char *: the whole value; "none": NULL */
	option_kind_jumps,        /* char *: ProxyJump's hops; "none": NULL */
	option_kind_algs,         /* char *: a resolved list */
	option_kind_texts,        /* string_list: grows by one word */
	option_kind_lines,        /* string_list: grows by the whole value */
	option_kind_words,        /* string_list: replaced by all the words */
	option_kind_rekey;        /* rekey_bytes, and rekey_s with it */

/* Frees what the place owns and clears it. */
void option_kind_release(const struct option_kind *kind, void *place);
/* Replaces what the place shares with another by a copy of its own. */
void option_kind_unshare(const struct option_kind *kind, void *place);

#endif
