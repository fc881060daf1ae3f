/*
 * One side of a forward, as a form has it: a text ("127.0.0.1:3307",
 * "[::1]:80",
 * "*:80", "3307", "/run/x.sock"), or host and port, or a path.
 *
 * Pure. Any thread.
 */
#ifndef TAUPE_API_FIELDS_SIDE_H
#define TAUPE_API_FIELDS_SIDE_H

#include "api/fields.h"

struct fields_side {
	/* literals: "local", "local_host", "local_port", "local_path" */
	const char *name, *host_name, *port_name, *path_name;
	char *host; /* NULL: not given; "": all interfaces */
	char *path; /* or NULL */
	bool has_port;
	uint16_t port;
	bool is_wrong; /* something of it could not be read */
};

/* The sides' names, and nothing else. */
struct fields_side fields_side_local(void);
struct fields_side fields_side_remote(void);
void fields_side_done(struct fields_side *s);

/* From a record; `host_left_out`: nobody named it. */
void fields_side_from(
	struct fields_side *s, const struct endpoint *e, bool host_left_out);
/* Whether the member is one of its four. */
bool fields_side_has(const struct fields_side *s, const char *member);
void fields_side_read(struct fields_side *s, const json_t *body,
	struct control_fields *fields);

/* Nothing of it is given. */
bool fields_side_is_absent(const struct fields_side *s);
/* Into a record, over whatever it held. A host that was left out is
 * "localhost" when listening, and missing otherwise. */
void fields_side_to(struct fields_side *s, bool listening,
	struct endpoint *ret_endpoint, bool *ret_host_left_out,
	struct control_fields *fields);

#endif
