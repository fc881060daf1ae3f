/*
 * The fields of a server (docs/api.md) into a record of the store, and its
 * options by the names that the API gives them. Control thread.
 */
#ifndef TAUPE_API_FIELDS_SERVER_H
#define TAUPE_API_FIELDS_SERVER_H

#include "api/fields.h"

struct fields_server {
	struct store_server record;
	/* set when they were given */
	struct secret password, passphrase;
};

/* Starts from `from`, or from a new server (NULL). */
void fields_server_init(
	struct fields_server *f, const struct store_server *from);
void fields_server_done(struct fields_server *f);

/* Reads `body` over it. What the control would refuse is among the fields, too.
 * `c` NULL: nothing is looked up, and servers that it names are left aside.
 * False: something is wrong. */
bool fields_server_read(struct fields_server *f, const struct control *c,
	json_t *body, struct control_fields *fields);

/* What only the owner may change, told by its fields: options that have a
 * program run, or name files and sockets of this machine (`from` NULL: a new
 * server has none). */
void fields_server_check_token(const struct store_server *from,
	const struct store_server *record, struct control_fields *fields);

/* Whether the "Name=value" has a field of its own. */
bool fields_server_is_named(const char *option);

/* "ask", "strict", "accept-new" of an enum host_key_policy. */
const char *fields_server_policy(int policy);
/* "any", "inet", "inet6" of an AF_*. */
const char *fields_server_family(int family);
/* "keep", "session", "never". */
const char *fields_server_keep(enum store_keep keep);

#endif
