/*
 * Copies of struct server_config (worker.h), which cross to a worker's thread.
 */
#ifndef TAUPE_TUNNEL_SERVER_CONFIG_H
#define TAUPE_TUNNEL_SERVER_CONFIG_H

#include "tunnel/worker.h"

struct server_config *server_config_copy(const struct server_config *from);
void server_config_free(struct server_config *c);

#endif
