/*
 * The fields of a forward (docs/api.md) into a record of the store.
 * Control thread.
 */
#ifndef TAUPE_API_FIELDS_FORWARD_H
#define TAUPE_API_FIELDS_FORWARD_H

#include "api/fields.h"

struct fields_forward {
	struct store_forward record;
	bool has_socks_password; /* it was given; "" takes it away */
	struct secret socks_password;
};

/* Starts from `from`, or from a new forward (NULL). */
void fields_forward_init(
	struct fields_forward *f, const struct store_forward *from);
void fields_forward_done(struct fields_forward *f);

/* Reads `body` over it. What the control would refuse is among the fields, too.
 * `c` NULL: nothing is looked up, and servers that it names are left aside.
 * False: something is wrong. */
bool fields_forward_read(struct fields_forward *f, const struct control *c,
	json_t *body, struct control_fields *fields);

#endif
