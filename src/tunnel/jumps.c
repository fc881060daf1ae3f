#include "tunnel/jumps.h"

#include <stdlib.h>
#include <strings.h>

#include "base/mem.h"

static void forget(char **text)
{
	free(*text);
	*text = NULL;
}

static bool is_set(const char *text)
{
	return text != NULL && strcasecmp(text, "none") != 0;
}

static char *hop_name(const struct destination *d)
{
	const char *user = d->user != NULL ? d->user : "";
	const char *at = d->user != NULL ? "@" : "";

	if (d->port == 0 || d->port == 22)
		return mem_printf("%s%s%s", user, at, d->host);
	return mem_printf("%s%s%s:%u", user, at, d->host, (unsigned)d->port);
}

static void hop_init(struct server_config *hop,
	const struct server_config *server, const struct destination *d)
{
	struct options *o = &hop->options;

	hop->name = hop_name(d);
	hop->host = mem_strdup(d->host);
	hop->may_ask = server->may_ask;
	hop->once = server->once;
	hop->may_answer_unattended = server->may_answer_unattended;
	hop->trace = server->trace;
	options_copy(o, &server->options);
	forget(&o->user);
	forget(&o->host_name);
	forget(&o->host_key_alias);
	forget(&o->proxy_jump);
	forget(&o->proxy_command);
	o->port = d->port != 0 ? d->port : 22;
	if (d->user != NULL)
		o->user = mem_strdup(d->user);
}

int jumps_make(struct server_config *server, struct trouble *trouble)
{
	struct options *o = &server->options;
	struct destination hops[JUMP_MAX] = {0};
	size_t n = 0;
	int r;

	if (!is_set(o->proxy_jump)) {
		forget(&o->proxy_jump);
		return 0;
	}
	if (is_set(o->proxy_command))
		return trouble_say(trouble, ERR_INVALID,
			"give ProxyJump (-J) or ProxyCommand, not both");
	r = destination_parse_jumps(o->proxy_jump, hops, &n, trouble);
	if (r < 0)
		return r;
	server->jumps = mem_zalloc(n, sizeof(*server->jumps));
	server->n_jumps = n;
	for (size_t i = 0; i < n; i++) {
		hop_init(&server->jumps[i], server, &hops[i]);
		destination_done(&hops[i]);
	}
	forget(&o->proxy_jump);
	return 0;
}

void jumps_done(struct server_config *server)
{
	for (size_t i = 0; i < server->n_jumps; i++) {
		options_done(&server->jumps[i].options);
		free((char *)server->jumps[i].name);
		free((char *)server->jumps[i].host);
	}
	free(server->jumps);
	server->jumps = NULL;
	server->n_jumps = 0;
}
