/*
 * What was typed, field by field: the rules of names, ports, hosts, options.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/clean.h"
#include "daemon/control_private.h"
#include "tunnel/listen_port.h"

#define NAME_MAX_CHARACTERS 64
#define TAG_MAX_CHARACTERS  32
#define TAGS_MAX            32
#define OPTIONS_MAX         256
#define OPTION_MAX_BYTES    8192
#define NOTE_MAX_CHARACTERS 4096
#define WORD_MAX_BYTES      255

void control_fields_add(struct control_fields *fields, const char *field,
	const struct trouble *trouble)
{
	for (unsigned i = 0; i < fields->n; i++)
		if (strcmp(fields->item[i].field, field) == 0)
			return;
	if (fields->n == CONTROL_FIELDS_MAX)
		return;
	fields->item[fields->n].field = field;
	fields->item[fields->n++].trouble = *trouble;
}

static void say(
	struct control_fields *fields, const char *field, const char *detail)
{
	struct trouble t;

	(void)trouble_say(&t, ERR_INVALID, "%s", detail);
	control_fields_add(fields, field, &t);
}

/* ---- texts ---- */

static size_t characters(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

/* Whether it is fit to be shown in one line as it is. */
static bool is_clean(const char *text)
{
	char clean[4 * NAME_MAX_CHARACTERS + 1];
	size_t len = strlen(text);

	return len < sizeof(clean) &&
	       clean_line(clean, sizeof(clean), text, len) == len &&
	       memcmp(clean, text, len) == 0;
}

static void check_name(struct control_fields *fields, const char *name)
{
	size_t n = name != NULL ? characters(name) : 0;

	if (n == 0 || n > NAME_MAX_CHARACTERS)
		say(fields, "name", "a name has 1 to 64 characters");
	else if (!is_clean(name) || isspace((unsigned char)name[0]) ||
		 isspace((unsigned char)name[strlen(name) - 1]))
		say(fields, "name",
			"it has spaces at its ends or control characters");
	else if (name[strspn(name, "0123456789")] == '\0')
		say(fields, "name",
			"a name of digits only would be taken for an id");
}

static void check_note(struct control_fields *fields, const char *note)
{
	if (note != NULL && characters(note) > NOTE_MAX_CHARACTERS)
		say(fields, "note", "it is too long");
}

static void taken(struct control_fields *fields, const char *name)
{
	struct trouble t;

	trouble_set(&t, ERR_CONFLICT);
	trouble_arg(&t, "name", "%s", name);
	control_fields_add(fields, "name", &t);
}

/* ---- servers ---- */

/* The options that have a field of their own in the API. */
static const char *field_of(const char *option)
{
	static const struct {
		const char *option, *field;
	} table[] = {
		{"ProxyJump", "proxy_jump"},
		{"ProxyCommand", "proxy_command"},
		{"IdentityFile", "identity_files"},
		{"CertificateFile", "certificate_files"},
		{"IdentitiesOnly", "identities_only"},
		{"IdentityAgent", "identity_agent"},
		{"PreferredAuthentications", "auth_methods"},
		{"UserKnownHostsFile", "known_hosts"},
		{"StrictHostKeyChecking", "host_key_policy"},
		{"ServerAliveInterval", "keep_alive_s"},
		{"ServerAliveCountMax", "keep_alive_count"},
		{"ConnectTimeout", "connect_timeout_s"},
		{"TaupePool", "pool"},
		{"Ciphers", "ciphers"},
		{"MACs", "macs"},
		{"KexAlgorithms", "kex_algorithms"},
		{"HostKeyAlgorithms", "host_key_algorithms"},
		{"AddressFamily", "address_family"},
	};
	size_t n = strcspn(option, "= \t");

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strlen(table[i].option) == n &&
			strncasecmp(table[i].option, option, n) == 0)
			return table[i].field;
	return "options";
}

static void check_options(
	struct control_fields *fields, const struct string_list *list)
{
	struct options o;
	struct trouble t;

	if (list->n > OPTIONS_MAX) {
		say(fields, "options", "there are too many");
		return;
	}
	options_init(&o);
	for (size_t i = 0; i < list->n; i++)
		if (strlen(list->item[i]) > OPTION_MAX_BYTES)
			say(fields, field_of(list->item[i]), "it is too long");
		else if (options_set(&o, list->item[i], &t) != 0)
			control_fields_add(fields, field_of(list->item[i]), &t);
	options_done(&o);
}

static void check_way(const struct control *c, struct control_fields *fields,
	const struct store_server *server)
{
	struct server_config *config;
	struct trouble t;

	if (server->jump_server != 0 &&
		control_server(c, server->jump_server) == NULL) {
		say(fields, "jump_server", "there is no such jump server");
		return;
	}
	if (server->id != 0 && control_config_passes(c, server, server->id)) {
		say(fields, "jump_server",
			"the jump servers go round in a circle");
		return;
	}
	if (fields->n != 0)
		return;
	if (control_config_make(c, server, &config, &t) != 0)
		control_fields_add(fields,
			server->jump_server != 0 ? "jump_server" : "proxy_jump",
			&t);
	else
		control_config_free(config);
}

bool control_check_server(const struct control *c,
	const struct store_server *server, struct control_fields *fields)
{
	const struct control_server *other = NULL;
	unsigned before = fields->n;

	check_name(fields, server->name);
	if (server->name != NULL)
		other = control_server_named(c, server->name);
	if (other != NULL && other->want.id != server->id)
		taken(fields, server->name);
	if (server->host == NULL || *server->host == '\0')
		say(fields, "host", "the host is missing");
	else if (!destination_host_valid(server->host) ||
		 strlen(server->host) > WORD_MAX_BYTES)
		say(fields, "host",
			"the host has characters that no host name has");
	if (server->user != NULL &&
		(*server->user == '\0' ||
			!destination_user_valid(server->user) ||
			strlen(server->user) > WORD_MAX_BYTES))
		say(fields, "user",
			"the user name is empty or has unsafe characters");
	check_note(fields, server->note);
	check_options(fields, &server->options);
	check_way(c, fields, server);
	return fields->n == before;
}

/* ---- forwards ---- */

/* The API's names of an endpoint's parts, on either side. */
struct side {
	const char *host, *port, *path;
};
static const struct side local_side = {
	"local_host", "local_port", "local_path"};
static const struct side remote_side = {
	"remote_host", "remote_port", "remote_path"};

static void check_path(struct control_fields *fields, const struct side *side,
	const char *path)
{
	if (*path != '/')
		say(fields, side->path, "a socket's path starts with /");
	else if (strlen(path) > ENDPOINT_PATH_MAX)
		say(fields, side->path, "it is too long");
	else if (!is_clean(path))
		say(fields, side->path, "it has control characters");
}

static void check_listen(struct control_fields *fields, const struct side *side,
	const struct endpoint *e)
{
	if (e->path != NULL)
		check_path(fields, side, e->path);
	else if (e->host == NULL)
		say(fields, side->host, "the host is missing");
	else if (*e->host != '\0' &&
		 (!destination_host_valid(e->host) ||
			 strlen(e->host) > ENDPOINT_HOST_MAX))
		say(fields, side->host,
			"the host has characters that no host name has");
}

static void check_target(struct control_fields *fields, const struct side *side,
	const struct endpoint *e)
{
	if (e->path != NULL) {
		check_path(fields, side, e->path);
		return;
	}
	if (e->host == NULL || *e->host == '\0')
		say(fields, side->host, "the destination's host is missing");
	else
		check_listen(fields, side, e);
	if (e->port == 0)
		say(fields, side->port, "port 0 can't be a destination");
}

static void check_spec(
	struct control_fields *fields, const struct forward_spec *spec)
{
	bool remote = spec->type == FORWARD_REMOTE;
	struct trouble t;

	check_listen(
		fields, remote ? &remote_side : &local_side, &spec->listen);
	if (spec->type != FORWARD_DYNAMIC && !spec->reverse_dynamic)
		check_target(fields, remote ? &local_side : &remote_side,
			&spec->target);
	if (spec->reverse_dynamic && !remote)
		say(fields, "type", "only a remote one can be a reverse proxy");
	if (spec->allow != NULL &&
		forward_spec_check_allow(spec->allow, &t) != 0)
		control_fields_add(fields, "allow", &t);
	if (spec->socks_user != NULL &&
		(*spec->socks_user == '\0' ||
			strlen(spec->socks_user) > WORD_MAX_BYTES))
		say(fields, "socks_user", "1 to 255 bytes are wanted");
	if (spec->socks_user != NULL && spec->type != FORWARD_DYNAMIC &&
		!spec->reverse_dynamic)
		say(fields, "socks_user", "it is for proxies only");
}

static void check_tags(
	struct control_fields *fields, const struct string_list *tags)
{
	if (tags->n > TAGS_MAX)
		say(fields, "tags", "there are too many");
	for (size_t i = 0; i < tags->n; i++) {
		size_t n = characters(tags->item[i]);

		if (n == 0 || n > TAG_MAX_CHARACTERS)
			say(fields, "tags", "a tag has 1 to 32 characters");
		else if (!is_clean(tags->item[i]) ||
			 strpbrk(tags->item[i], ", \t") != NULL)
			say(fields, "tags",
				"a tag has no spaces or control characters");
	}
}

bool control_check_forward(const struct control *c,
	const struct store_forward *forward, struct control_fields *fields)
{
	const struct control_forward *other = NULL;
	unsigned before = fields->n;

	check_name(fields, forward->name);
	if (forward->name != NULL)
		other = control_forward_named(c, forward->name);
	if (other != NULL && other->want.id != forward->id)
		taken(fields, forward->name);
	if (control_server(c, forward->server) == NULL)
		say(fields, "server", "there is no such server");
	check_spec(fields, &forward->spec);
	check_tags(fields, &forward->tags);
	check_note(fields, forward->note);
	return fields->n == before;
}

/* ---- the port ---- */

static bool holds_it_itself(
	const struct control *c, const struct store_forward *forward)
{
	const struct control_forward *own = control_forward(c, forward->id);

	return own != NULL && own->listen[0] != '\0' &&
	       own->bound_port == forward->spec.listen.port &&
	       own->want.spec.type != FORWARD_REMOTE;
}

void control_check_port(const struct control *c,
	const struct store_forward *forward, struct trouble *ret_trouble)
{
	const struct endpoint *at = &forward->spec.listen;
	struct listen_port sockets;

	trouble_set(ret_trouble, ERR_OK);
	if (forward->spec.type == FORWARD_REMOTE || at->path != NULL ||
		at->host == NULL || holds_it_itself(c, forward))
		return;
	if (listen_port_open(at->host, at->port, &sockets, ret_trouble) == 0) {
		listen_port_close(&sockets);
		trouble_set(ret_trouble, ERR_OK);
		return;
	}
	control_name_holder(c, forward, ret_trouble);
}
