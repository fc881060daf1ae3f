#include "import/ssh_jumps.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"
#include "store/option_text.h"

/* The place of the server that the hop names; SSH_JUMPS_NONE: it is none of
 * the file's. */
static size_t find(const struct ssh_config_file *file, const size_t *servers,
	const struct destination *hop)
{
	for (size_t i = 0; i < file->n_hosts; i++)
		if (strcasecmp(file->hosts[i].name, hop->host) == 0)
			return servers[i];
	return SSH_JUMPS_NONE;
}

static void put_hop(struct buf *out, const struct destination *hop,
	const struct store_server *named)
{
	const char *user = hop->user, *host = hop->host;
	uint16_t port = hop->port;

	if (named != NULL) {
		host = named->host;
		user = user != NULL ? user : named->user;
		port = port != 0 ? port : named->port;
	}
	if (buf_len(out) != 0)
		buf_put_u8(out, ',');
	if (user != NULL)
		buf_printf(out, "%s@", user);
	buf_printf(out, strchr(host, ':') != NULL ? "[%s]" : "%s", host);
	if (port != 0)
		buf_printf(out, ":%u", port);
}

/* Each hop that is a Host, said in full. */
static void spell_out(struct import_set *set,
	const struct ssh_config_file *file, const size_t *servers, size_t i,
	const struct destination *hops, size_t n)
{
	struct string_list *options = &set->servers[i].server.options;
	struct buf text = BUF_INIT;

	for (size_t k = 0; k < n; k++) {
		size_t at = find(file, servers, &hops[k]);

		put_hop(&text, &hops[k],
			at != SSH_JUMPS_NONE ? &set->servers[at].server : NULL);
	}
	buf_put_u8(&text, 0);
	option_text_drop(options, "ProxyJump");
	option_text_add(options, "ProxyJump", (const char *)buf_ptr(&text));
	buf_done(&text);
}

static void resolve(struct import_set *set, const struct ssh_config_file *file,
	const size_t *servers, size_t i)
{
	struct import_server *s = &set->servers[i];
	struct string_list *options = &s->server.options;
	const char *text = option_text_last(options, "ProxyJump");
	struct destination hops[JUMP_MAX];
	struct trouble unused;
	size_t n = 0, at;

	if (text == NULL || strcasecmp(text, "none") == 0 ||
		destination_parse_jumps(text, hops, &n, &unused) < 0)
		return;
	at = find(file, servers, &hops[0]);
	if (n == 1 && at != SSH_JUMPS_NONE && hops[0].user == NULL &&
		hops[0].port == 0) {
		/* "Host *" with a ProxyJump names the jump server, too: it
		 * can't be on its own way. */
		option_text_drop(options, "ProxyJump");
		if (at != i)
			s->jump = mem_strdup(set->servers[at].server.name);
	} else {
		spell_out(set, file, servers, i, hops, n);
	}
	for (size_t k = 0; k < n; k++)
		destination_done(&hops[k]);
}

void ssh_jumps_resolve(struct import_set *set,
	const struct ssh_config_file *file, const size_t *servers)
{
	for (size_t i = 0; i < file->n_hosts; i++)
		if (servers[i] != SSH_JUMPS_NONE)
			resolve(set, file, servers, servers[i]);
}
