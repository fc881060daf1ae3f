/*
 * What an import would do to what is there, and doing it.
 *
 * A server that is there already under any name with the same host, port, user
 * and way is SAME; one whose name is taken by another is RENAMEd ("name 2").
 * A forward with the same type and endpoints on the same server, or on one that
 * is the same but for its name, is SAME. So a second run of the same text adds
 * nothing. Control thread.
 */
#ifndef TAUPE_IMPORT_IMPORT_PLAN_H
#define TAUPE_IMPORT_IMPORT_PLAN_H

#include <stdbool.h>

#include "daemon/control.h"
#include "import/import.h"

enum import_action {
	IMPORT_ADD,
	IMPORT_SAME,     /* there already; nothing is done */
	IMPORT_RENAME,   /* added under another name: `name` */
	IMPORT_CONFLICT, /* can't be added: `why` */
	IMPORT_ACTION_COUNT
};
const char *import_action_name(enum import_action action);

struct import_row {
	enum import_action action;
	char *name;  /* it will have */
	uint32_t id; /* SAME, and after import_apply */
	/* SAME as another of the set, as one found in two files is: 1 + its
	 * place. Its id is that one's. 0: none */
	size_t same_as;
	size_t jump; /* of a server: 1 + the place of its jump server; or 0 */
	struct trouble why;
	bool taken; /* import_apply does it; true at first for ADD, RENAME */
};
struct import_plan {
	struct import_row *servers, *forwards; /* as many as the set has */
};

void import_plan_make(const struct control *c, const struct import_set *set,
	struct import_plan *ret_plan);
void import_plan_done(struct import_plan *plan, const struct import_set *set);
/* After `taken` was changed: a forward takes its server along, a server those
 * on its way. */
void import_plan_complete(
	const struct import_set *set, struct import_plan *plan);
/* All that is taken, or nothing. */
int import_apply(struct control *c, const struct import_set *set,
	struct import_plan *plan, struct trouble *trouble) WARN_UNUSED;

#endif
