/*
 * All servers and forwards in a form that others read. Without secrets. Control
 * thread.
 */
#ifndef TAUPE_API_EXPORT_H
#define TAUPE_API_EXPORT_H

#include <jansson.h>

#include "base/buf.h"
#include "daemon/control.h"

#define EXPORT_VERSION 1

/* What `taupe import json` reads: {"taupe": 1, "servers": […], "forwards": […]}
 * with the fields of docs/api.md that can be written; servers are named. */
json_t *export_json(const struct control *c);
/* The items of that. */
json_t *export_server(const struct control *c, const struct store_server *s);
json_t *export_forward(const struct control *c, const struct store_forward *f);

/* ssh_config(5), for `ssh -N -F file server`: a Host block a server, with its
 * forwards in it. What ssh does not have stands there as comments. */
void export_ssh_config(struct buf *out, const struct control *c);
/* For a shell: a comment and a command line a forward. */
void export_ssh_commands(struct buf *out, const struct control *c);

#endif
