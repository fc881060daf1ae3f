/*
 * What ssh_config calls an option is stored under its name there; the table
 * gives each its field. Options without one go through `options` as they are.
 */
#include "api/fields_server.h"

#include <string.h>
#include <sys/socket.h>

#include "api/fields_option.h"
#include "store/option_text.h"
#include "store/store_list.h"

static fields_read_fn read_keep, read_others;

static const char *const policies[] = {
	"ask", "ask", "strict", "yes", "accept-new", "accept-new", NULL};
static const char *const families[] = {
	"any", "any", "inet", "inet", "inet6", "inet6", NULL};

#define ROW(text, kind, member, ...)                                           \
	{                                                                      \
		.name = text, .read = fields_##kind,                           \
		.offset = offsetof(struct store_server, member), __VA_ARGS__   \
	}
#define OPTION(text, kind, of_ssh, ...)                                        \
	{                                                                      \
		.name = text, .read = fields_option_##kind, .option = of_ssh,  \
		.offset = offsetof(struct store_server, options), __VA_ARGS__  \
	}
#define LATER(text)                                                            \
	{                                                                      \
		.name = text                                                   \
	}

static const struct fields_row rows[] = {
	ROW("name", text, name),
	ROW("host", text, host),
	ROW("port", u16, port),
	ROW("user", text, user),
	ROW("note", text, note),
	LATER("jump_server"),
	LATER("jump_server_id"),
	LATER("password"),
	LATER("passphrase"),
	LATER("options"),
	{.name = "keep_secrets", .read = read_keep},
	OPTION("address_family", choice, "AddressFamily", .words = families),
	OPTION("auth_methods", word, "PreferredAuthentications"),
	OPTION("certificate_files", each, "CertificateFile"),
	OPTION("ciphers", word, "Ciphers"),
	OPTION("connect_timeout_s", number, "ConnectTimeout", .max = 86400),
	OPTION("host_key_algorithms", word, "HostKeyAlgorithms"),
	OPTION("host_key_policy", choice, "StrictHostKeyChecking",
		.words = policies),
	OPTION("identities_only", flag, "IdentitiesOnly"),
	OPTION("identity_agent", word, "IdentityAgent"),
	OPTION("identity_files", each, "IdentityFile"),
	OPTION("keep_alive_count", number, "ServerAliveCountMax", .max = 1000),
	OPTION("keep_alive_s", number, "ServerAliveInterval", .max = 86400),
	OPTION("kex_algorithms", word, "KexAlgorithms"),
	OPTION("known_hosts", words, "UserKnownHostsFile"),
	OPTION("macs", word, "MACs"),
	OPTION("pool", number, "TaupePool", .max = 32),
	OPTION("proxy_command", line, "ProxyCommand"),
	OPTION("proxy_jump", word, "ProxyJump"),
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* Read before the others, so that a field stands over its option. */
static const struct fields_row others = {
	.name = "options", .read = read_others};

static const char *const keeps[] = {[STORE_KEEP] = "keep",
	[STORE_SESSION] = "session",
	[STORE_NEVER] = "never"};

void fields_server_init(
	struct fields_server *f, const struct store_server *from)
{
	*f = (struct fields_server){0};
	if (from != NULL)
		store_server_copy(&f->record, from);
}

void fields_server_done(struct fields_server *f)
{
	store_server_done(&f->record);
	secret_done(&f->password);
	secret_done(&f->passphrase);
}

const char *fields_server_policy(int policy)
{
	static const char *const names[] = {[HOST_KEY_ASK] = "ask",
		[HOST_KEY_STRICT] = "strict",
		[HOST_KEY_ACCEPT_NEW] = "accept-new",
		[HOST_KEY_OFF] = "accept-new"};

	return names[policy];
}

const char *fields_server_family(int family)
{
	return family == AF_INET    ? "inet"
	       : family == AF_INET6 ? "inet6"
				    : "any";
}

const char *fields_server_keep(enum store_keep keep)
{
	return keeps[keep];
}

static const struct fields_row *row_of(const char *option)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].option != NULL &&
			option_text_is(option, rows[i].option))
			return &rows[i];
	return NULL;
}

bool fields_server_is_named(const char *option)
{
	return row_of(option) != NULL;
}

static int read_keep(const struct fields_row *row, const json_t *value,
	void *record, struct trouble *trouble)
{
	struct store_server *server = record;
	const char *text = keeps[STORE_KEEP];

	if (!json_is_null(value))
		text = fields_string(value, trouble);
	if (text == NULL)
		return -ERR_INVALID;
	for (int i = 0; i < STORE_KEEP_COUNT; i++)
		if (strcmp(keeps[i], text) == 0) {
			server->keep_secrets = (enum store_keep)i;
			return 0;
		}
	return trouble_say(trouble, ERR_INVALID,
		"it can't be \"%.40s\"; it takes: keep, session, never", text);
}

/* ---- options without a field ---- */

/* All those without a field are replaced; one that has a field is set. */
static int read_others(const struct fields_row *row, const json_t *value,
	void *record, struct trouble *trouble)
{
	struct string_list *options = &((struct store_server *)record)->options;
	struct string_list texts = {0}, kept = {0};
	int err = fields_option_texts(value, &texts, trouble);

	for (size_t i = 0; err == 0 && i < texts.n; i++)
		err = fields_option_try(texts.item[i], trouble);
	for (size_t i = 0; err == 0 && i < options->n; i++) {
		bool again = false;

		for (size_t k = 0; k < texts.n; k++)
			again = again || row_of(texts.item[k]) ==
						 row_of(options->item[i]);
		if (row_of(options->item[i]) != NULL && !again)
			store_list_add(&kept, options->item[i]);
	}
	if (err == 0) {
		for (size_t i = 0; i < texts.n; i++)
			store_list_add(&kept, texts.item[i]);
		store_list_done(options);
		*options = kept;
	}
	store_list_done(&texts);
	return err;
}

/* ---- what is the owner's ---- */

/* The next item from *at that sets the option; NULL: no more. */
static const char *next_of(
	const struct string_list *options, const char *option, size_t *at)
{
	while (options != NULL && *at < options->n) {
		const char *item = options->item[(*at)++];

		if (option_text_is(item, option))
			return item;
	}
	return NULL;
}

static bool same_option(const struct string_list *a,
	const struct string_list *b, const char *option)
{
	size_t at_a = 0, at_b = 0;
	const char *one, *other;

	do {
		one = next_of(a, option, &at_a);
		other = next_of(b, option, &at_b);
		if (one == NULL || other == NULL)
			return one == other;
	} while (strcmp(one, other) == 0);
	return false;
}

void fields_server_check_token(const struct store_server *from,
	const struct store_server *record, struct control_fields *fields)
{
	static const struct {
		const char *option, *field;
	} owned[] = {
		{"ProxyCommand", "proxy_command"},
		{"UserKnownHostsFile", "known_hosts"},
		{"GlobalKnownHostsFile", "options"},
		{"IdentityFile", "identity_files"},
		{"IdentityFile2", "identity_files"},
		{"CertificateFile", "certificate_files"},
		{"IdentityAgent", "identity_agent"},
	};
	struct trouble trouble;

	for (size_t i = 0; i < sizeof(owned) / sizeof(owned[0]); i++) {
		if (same_option(from != NULL ? &from->options : NULL,
			    &record->options, owned[i].option))
			continue;
		trouble_say(&trouble, ERR_FORBIDDEN, "that is not for tokens");
		control_fields_add(fields, owned[i].field, &trouble);
	}
}

/* ---- the rest ---- */

static void read_jump(struct store_server *record, const struct control *c,
	const json_t *body, struct control_fields *fields)
{
	const json_t *name = json_object_get(body, "jump_server");
	const json_t *id = json_object_get(body, "jump_server_id");
	const char *field = id != NULL ? "jump_server_id" : "jump_server";
	const json_t *value = id != NULL ? id : name;
	const struct control_server *server = NULL;
	struct trouble trouble;
	const char *text = "";
	uint64_t number = 0;

	if (value == NULL)
		return;
	if (json_is_null(value)) {
		record->jump_server = 0;
		return;
	}
	if (id != NULL ? fields_number(id, UINT32_MAX, &number, &trouble) != 0
		       : (text = fields_string(name, &trouble)) == NULL) {
		control_fields_add(fields, field, &trouble);
		return;
	}
	server = id != NULL ? control_server(c, (uint32_t)number)
			    : control_server_named(c, text);
	if (server != NULL) {
		record->jump_server = server->want.id;
		return;
	}
	trouble_say(&trouble, ERR_NOT_FOUND, "%s",
		id != NULL ? "there is no such server" : text);
	control_fields_add(fields, field, &trouble);
}

/* A secret in a JSON text is wiped where it lies. */
static void read_secret(const json_t *body, const char *name,
	struct secret *ret_secret, struct control_fields *fields)
{
	const json_t *value = json_object_get(body, name);
	struct trouble trouble;
	const char *text;

	if (value == NULL || json_is_null(value))
		return;
	text = fields_string(value, &trouble);
	if (text == NULL) {
		control_fields_add(fields, name, &trouble);
		return;
	}
	secret_set(ret_secret, text, strlen(text));
	secret_wipe((char *)text, strlen(text));
}

bool fields_server_read(struct fields_server *f, const struct control *c,
	json_t *body, struct control_fields *fields)
{
	const json_t *options = json_object_get(body, others.name);
	struct control_fields more = {0};
	struct trouble trouble;

	if (options != NULL &&
		others.read(&others, options, &f->record, &trouble) != 0)
		control_fields_add(fields, others.name, &trouble);
	fields_read(rows, ROWS, body, &f->record, fields);
	if (c != NULL)
		read_jump(&f->record, c, body, fields);
	read_secret(body, "password", &f->password, fields);
	read_secret(body, "passphrase", &f->passphrase, fields);
	if (c != NULL)
		control_check_server(c, &f->record, &more);
	fields_merge(fields, &more);
	return fields->n == 0;
}
