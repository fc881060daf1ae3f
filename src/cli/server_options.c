#include "cli/server_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/catalog.h"
#include "base/mem.h"
#include "cli/action.h"
#include "cli/field.h"
#include "cli/pick.h"
#include "cli/question.h"
#include "tunnel/options.h"

#define OPTIONS                                                                \
	{"--address-family", 0, ARGS_TEXT, "address_family"},                  \
		{"--auth-methods", 0, ARGS_TEXT, "auth_methods"},              \
		{"--certificate", 0, ARGS_PATHS, "certificate_files"},         \
		{"--ciphers", 'c', ARGS_TEXT, "ciphers"},                      \
		{"--connect-timeout", 0, ARGS_SECONDS, "connect_timeout_s"},   \
		{"--host-key-algorithms", 0, ARGS_TEXT,                        \
			"host_key_algorithms"},                                \
		{"--host-key-policy", 0, ARGS_TEXT, "host_key_policy"},        \
		{"--identities-only", 0, ARGS_FLAG, "identities_only"},        \
		{"--no-identities-only", 0, ARGS_NOT, "identities_only"},      \
		{"--identity", 'i', ARGS_PATHS, "identity_files"},             \
		{"--identity-agent", 0, ARGS_PATH, "identity_agent"},          \
		{"--jump", 0, ARGS_TEXT, NULL},                                \
		{"--keep-alive", 0, ARGS_SECONDS, "keep_alive_s"},             \
		{"--keep-alive-count", 0, ARGS_NUMBER, "keep_alive_count"},    \
		{"--keep-secrets", 0, ARGS_TEXT, "keep_secrets"},              \
		{"--kex", 0, ARGS_TEXT, "kex_algorithms"},                     \
		{"--known-hosts", 0, ARGS_PATHS, "known_hosts"},               \
		{"--macs", 'm', ARGS_TEXT, "macs"},                            \
		{"--note", 0, ARGS_TEXT, "note"},                              \
		{"--option", 'o', ARGS_LIST, "options"},                       \
		{"--password-stdin", 0, ARGS_FLAG, NULL},                      \
		{"--pool", 0, ARGS_NUMBER, "pool"},                            \
		{"--port", 'p', ARGS_NUMBER, "port"},                          \
		{"--proxy-command", 0, ARGS_TEXT, "proxy_command"},            \
		{"--proxy-jump", 'J', ARGS_TEXT, "proxy_jump"},                \
	{                                                                      \
		"--user", 'l', ARGS_TEXT, "user"                               \
	}

const struct args_option server_options_add[] = {
	OPTIONS,
	{NULL, 0, ARGS_FLAG, NULL},
};

const struct args_option server_options_edit[] = {
	OPTIONS,
	{"--host", 0, ARGS_TEXT, NULL},
	{"--name", 0, ARGS_TEXT, "name"},
	{"--restart", 0, ARGS_FLAG, NULL},
	{"--stop", 0, ARGS_FLAG, NULL},
	{NULL, 0, ARGS_FLAG, NULL},
};

/* destination_parse takes a port only in a URI; here [user@]host:port is one.
 * An IPv6 address without brackets has no port. */
static char *as_uri(const char *place)
{
	const char *colon = strchr(place, ':');
	bool has_port =
		colon != NULL && strncmp(place, "ssh://", 6) != 0 &&
		(strchr(place, '[') != NULL || strchr(colon + 1, ':') == NULL);

	return mem_printf("%s%s", has_port ? "ssh://" : "", place);
}

/* In the words that were typed. */
static void complain_of_place(const char *place, struct trouble *trouble)
{
	const char *said = trouble_get(trouble, "detail"), *uri;
	char text[TEXT_MAX];

	uri = said != NULL ? strstr(said, "\"ssh://") : NULL;
	if (uri != NULL && strstr(place, "://") == NULL)
		trouble_arg(trouble, "detail", "%.*s\"%s", (int)(uri - said),
			said, uri + strlen("\"ssh://"));
	trouble_format(trouble, "run.bad_host", text, sizeof(text));
	text_complain(text);
}

static int put_place(const char *place, json_t *body)
{
	char *uri = as_uri(place);
	struct destination d = {0};
	struct trouble trouble = {0};
	int r = destination_parse(uri, &d, &trouble);

	free(uri);
	if (r < 0) {
		complain_of_place(place, &trouble);
		return EXIT_CODE_USAGE;
	}
	json_object_set_new(body, "host", json_string(d.host));
	if (d.user != NULL)
		json_object_set_new(body, "user", json_string(d.user));
	if (d.port != 0)
		json_object_set_new(body, "port", json_integer(d.port));
	destination_done(&d);
	return 0;
}

/* Another server of the list; "" takes it away. */
static int put_jump(struct client *c, const char *word, json_t *body)
{
	json_t *server = NULL;
	int code;

	if (*word == '\0') {
		json_object_set_new(body, "jump_server_id", json_null());
		return 0;
	}
	code = pick_server(c, word, &server);
	if (code == 0)
		json_object_set(
			body, "jump_server_id", json_object_get(server, "id"));
	json_decref(server);
	return code;
}

int server_options_fill(
	struct client *c, const struct args *a, const char *place, json_t *body)
{
	const char *jump = args_value(a, "--jump");
	int code = place != NULL ? put_place(place, body) : 0;

	/* -l and -p win over what stands in the place, as in ssh. */
	if (code == 0)
		code = action_fields(a, body);
	if (code == 0 && jump != NULL)
		code = put_jump(c, jump, body);
	return code;
}

int server_options_secret(
	struct client *c, const struct args *a, const json_t *server)
{
	if (!args_has(a, "--password-stdin"))
		return 0;
	return question_keep(c, server, json_pack("{s:s}", "kind", "password"));
}
