/*
 * What the engine is told of a server: options, and the hops on the way to it.
 *
 * Hops are flat, first hop first: those of the jump server, then the jump
 * server itself, each with its own options. A ProxyJump text makes the hops
 * that no stored server stands for.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "daemon/control_private.h"
#include "tunnel/jumps.h"
#include "tunnel/server_config.h"

int control_config_options(const struct store_server *server,
	struct options *ret_options, struct trouble *trouble)
{
	struct options *o = ret_options;
	int err = 0;

	options_init(o);
	for (size_t i = 0; i < server->options.n && err == 0; i++)
		err = options_set(o, server->options.item[i], trouble);
	if (server->port != 0)
		o->port = server->port;
	if (server->user != NULL) {
		free(o->user);
		o->user = mem_strdup(server->user);
	}
	return err;
}

static struct server_config *config_new(const struct store_server *server,
	struct trouble *trouble, int *ret_err)
{
	struct server_config *config = mem_zalloc(1, sizeof(*config));

	config->id = server->id;
	config->name = mem_strdup(server->name);
	config->host = mem_strdup(server->host);
	config->may_ask = true;
	config->may_answer_unattended = true;
	config->trace = true;
	*ret_err = control_config_options(server, &config->options, trouble);
	return config;
}

void control_config_free(struct server_config *config)
{
	server_config_free(config);
}

/* `hop` with the hops that lead to it before it, in front of the others. */
static void put_before(struct server_config *config, struct server_config *hop)
{
	size_t n = hop->n_jumps + 1, all = n + config->n_jumps;
	struct server_config *list = mem_zalloc(all, sizeof(*list));

	for (size_t i = 0; i < hop->n_jumps; i++)
		list[i] = hop->jumps[i];
	for (size_t i = 0; i < config->n_jumps; i++)
		list[n + i] = config->jumps[i];
	free(hop->jumps);
	free(config->jumps);
	hop->jumps = NULL;
	hop->n_jumps = 0;
	list[n - 1] = *hop;
	free(hop);
	config->jumps = list;
	config->n_jumps = all;
}

/* The server's options, and the hops of its ProxyJump. NULL, with the trouble:
 * they make no sense. */
static struct server_config *make_one(
	const struct store_server *server, struct trouble *trouble)
{
	struct server_config *config;
	int err;

	config = config_new(server, trouble, &err);
	if (err == 0 && server->jump_server != 0 &&
		config->options.proxy_jump != NULL)
		err = trouble_say(trouble, ERR_INVALID,
			"a jump server and ProxyJump exclude each other");
	if (err == 0)
		err = jumps_make(config, trouble);
	if (err != 0) {
		server_config_free(config);
		return NULL;
	}
	return config;
}

/* The jump server `id` of `server`, as make_one has it. */
static struct server_config *make_hop(const struct control *c,
	const struct store_server *server, uint32_t id, struct trouble *trouble)
{
	const struct control_server *via = control_server(c, id);

	if (via != NULL && id != server->id)
		return make_one(&via->want, trouble);
	(void)trouble_say(trouble, ERR_INVALID, "%s",
		via == NULL ? "there is no such jump server"
			    : "the jump servers go round in a circle");
	return NULL;
}

int control_config_make(const struct control *c,
	const struct store_server *server, struct server_config **ret_config,
	struct trouble *trouble)
{
	struct server_config *config = make_one(server, trouble), *hop;
	uint32_t next = server->jump_server;

	while (config != NULL && next != 0) {
		hop = make_hop(c, server, next, trouble);
		if (hop == NULL)
			goto fail;
		put_before(config, hop);
		next = control_server(c, next)->want.jump_server;
		if (config->n_jumps > JUMP_MAX) {
			(void)trouble_say(
				trouble, ERR_INVALID, "too many hops");
			goto fail;
		}
	}
	*ret_config = config;
	return config != NULL ? 0 : -ERR_INVALID;

fail:
	server_config_free(config);
	return -ERR_INVALID;
}

bool control_config_passes(
	const struct control *c, const struct store_server *server, uint32_t id)
{
	uint32_t next = server->jump_server;

	for (unsigned i = 0; next != 0 && i < JUMP_MAX; i++) {
		const struct control_server *via = control_server(c, next);

		if (next == id)
			return true;
		next = via != NULL ? via->want.jump_server : 0;
	}
	return false;
}
