/*
 * Patterns as ssh_config(5) and sshd(8) have them: "*" stands for any run of
 * bytes, "?" for one; a list is comma-separated and a leading "!" negates an
 * entry. ASCII case makes no difference. Any thread.
 */
#ifndef TAUPE_BASE_MATCH_H
#define TAUPE_BASE_MATCH_H

#include <stdbool.h>

#include "base/rd.h"

enum match_verdict {
	MATCH_NONE,    /* no entry fits */
	MATCH_FOUND,   /* one does, and no negated one */
	MATCH_NEGATED, /* a negated entry fits: it wins over all others */
};

/* Takes time in proportion to the two lengths' product at worst. */
bool match_pattern(struct slice text, struct slice pattern);
enum match_verdict match_list(struct slice text, struct slice list);

/* Whether `list` is one literal name: no wildcard, negation or comma. */
bool match_is_literal(struct slice list);

#endif
