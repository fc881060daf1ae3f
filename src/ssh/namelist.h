/*
 * Name-lists, RFC 4251 §5: names between commas.
 */
#ifndef TAUPE_SSH_NAMELIST_H
#define TAUPE_SSH_NAMELIST_H

#include <stdbool.h>

#include "base/rd.h"

/* Takes the first name off `list` (which shrinks); false when none is left.
 * Empty names are skipped. */
bool namelist_next(struct slice *list, struct slice *ret_name);

bool namelist_has(struct slice list, struct slice name);
bool namelist_has_text(struct slice list, const char *name);

/* The first name of `wanted` that `offered` has: the client's order decides
 * (RFC 4253 §7.1). */
bool namelist_first_common(
	struct slice wanted, struct slice offered, struct slice *ret_name);

#endif
