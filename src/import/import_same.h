/*
 * What of an import is there already, under whatever name: looked for by where
 * it leads, not by comparing each with each. For import_plan.c, on the control
 * thread; good as long as neither the control nor the set changes.
 */
#ifndef TAUPE_IMPORT_IMPORT_SAME_H
#define TAUPE_IMPORT_IMPORT_SAME_H

#include "daemon/control.h"
#include "import/import.h"
#include "import/row_index.h"

struct import_same {
	const struct control *c;
	const struct import_set *set;
	struct row_index servers, forwards; /* the control's, by their way */
	struct row_index set_servers, set_forwards; /* by name */
};

void import_same_init(struct import_same *x, const struct control *c,
	const struct import_set *set);
void import_same_done(struct import_same *x);

/* Leads to the same place in the same way. */
bool import_same_way(const struct store_server *a, const struct store_server *b,
	uint32_t jump_server);
bool import_same_ends(
	const struct forward_spec *a, const struct forward_spec *b);

/* The control's server that is the same, the one of that name rather than
 * another; 0: there is none. */
uint32_t import_same_server(const struct import_same *x,
	const struct store_server *s, uint32_t jump_server);
/* The control's forward that is the same on that server, or on one that is the
 * same but for its name; the one of that name rather than another. NULL. */
const struct control_forward *import_same_forward(const struct import_same *x,
	const struct store_forward *f, const struct store_server *on);

/* Those of the set that have that name, in order: the first one, and the next
 * after `i`. ROW_INDEX_NONE. */
size_t import_same_set_server(const struct import_same *x, const char *name);
size_t import_same_set_server_next(const struct import_same *x, size_t i);
size_t import_same_set_forward(const struct import_same *x, const char *name);
size_t import_same_set_forward_next(const struct import_same *x, size_t i);

#endif
