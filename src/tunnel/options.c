/*
 * One table names every option that taupe acts on, with its default in the
 * words of a setting, how a value is read, and where it goes. options_init,
 * _copy and _done walk the same table, so that a new option is one new row.
 */
#include "tunnel/options.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/match.h"
#include "base/mem.h"
#include "ssh/namelist.h"
#include "tunnel/option_kind.h"
#include "tunnel/option_passive.h"
#include "tunnel/option_value.h"

#define NAME_MAX_LEN 40
#define POOL_LIMIT   32
#define COUNT_LIMIT  1000

static const struct option_choice yes_no[] = {
	{"yes", 1}, {"no", 0}, {"true", 1}, {"false", 0}, {NULL, 0}};
static const struct option_choice pubkey_words[] = {{"yes", 1}, {"no", 0},
	{"true", 1}, {"false", 0}, {"unbound", 1}, {"host-bound", 1},
	{NULL, 0}};
static const struct option_choice policies[] = {{"yes", HOST_KEY_STRICT},
	{"no", HOST_KEY_OFF}, {"ask", HOST_KEY_ASK},
	{"accept-new", HOST_KEY_ACCEPT_NEW}, {"off", HOST_KEY_OFF},
	{"true", HOST_KEY_STRICT}, {"false", HOST_KEY_OFF}, {NULL, 0}};
static const struct option_choice update_words[] = {{"yes", 1}, {"no", 0},
	{"ask", 2}, {"true", 1}, {"false", 0}, {NULL, 0}};
static const struct option_choice families[] = {
	{"any", AF_UNSPEC}, {"inet", AF_INET}, {"inet6", AF_INET6}, {NULL, 0}};

/* clang-format off */
#define ROW(text, sort, field, init, ...) \
	{.name = text, .kind = &option_kind_##sort, \
		.offset = offsetof(struct options, field), .initial = init, \
		__VA_ARGS__}
#define FLAG(text, field, init) ROW(text, flag, field, init, .choices = yes_no)
#define ALGS(text, field, which) ROW(text, algs, field, NULL, .algs = which)

static const struct option_row table[] = {
	ROW("AddressFamily", choice, address_family, "any",
		.choices = families),
	FLAG("BatchMode", batch_mode, "no"),
	ROW("BindAddress", text_or_none, bind_address, NULL),
	ROW("CertificateFile", texts, certificate_files, NULL),
	ALGS("Ciphers", ciphers, OPTION_ALGS_CIPHER),
	ROW("ConnectionAttempts", number, connection_attempts, "1",
		.min = 1, .max = COUNT_LIMIT),
	ROW("ConnectTimeout", time, connect_timeout_s, "30"),
	ROW("DynamicForward", lines, dynamic_forwards, NULL),
	FLAG("ExitOnForwardFailure", exit_on_forward_failure, "no"),
	FLAG("GatewayPorts", gateway_ports, "no"),
	ROW("GlobalKnownHostsFile", words, global_known_hosts,
		"/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2"),
	FLAG("HashKnownHosts", hash_known_hosts, "no"),
	ALGS("HostKeyAlgorithms", host_key_algs, OPTION_ALGS_KEY),
	ROW("HostKeyAlias", text_or_none, host_key_alias, NULL),
	ROW("HostName", text, host_name, NULL),
	FLAG("IdentitiesOnly", identities_only, "no"),
	ROW("IdentityAgent", agent, identity_agent, NULL),
	ROW("IdentityFile", texts, identity_files, NULL),
	ROW("IgnoreUnknown", text, ignore_unknown, NULL),
	FLAG("KbdInteractiveAuthentication", kbdint_auth, "yes"),
	ALGS("KexAlgorithms", kex, OPTION_ALGS_KEX),
	ROW("LocalForward", lines, local_forwards, NULL),
	ALGS("MACs", macs, OPTION_ALGS_MAC),
	ROW("NumberOfPasswordPrompts", number, password_prompts, "3",
		.min = 0, .max = COUNT_LIMIT),
	FLAG("PasswordAuthentication", password_auth, "yes"),
	ROW("Port", port, port, "22", .min = 1, .max = UINT16_MAX),
	ROW("PreferredAuthentications", text, preferred_auths,
		"publickey,keyboard-interactive,password"),
	ROW("ProxyCommand", command, proxy_command, NULL),
	ROW("ProxyJump", jumps, proxy_jump, NULL),
	ALGS("PubkeyAcceptedAlgorithms", pubkey_accepted, OPTION_ALGS_KEY),
	ROW("PubkeyAuthentication", flag, pubkey_auth, "yes",
		.choices = pubkey_words),
	ROW("RekeyLimit", rekey, rekey_bytes, NULL),
	ROW("RemoteForward", lines, remote_forwards, NULL),
	ROW("ServerAliveCountMax", number, alive_count_max, "3",
		.min = 0, .max = COUNT_LIMIT),
	ROW("ServerAliveInterval", time, alive_interval_s, "15"),
	ROW("StreamLocalBindMask", mask, stream_local_mask, "0177"),
	FLAG("StreamLocalBindUnlink", stream_local_unlink, "no"),
	ROW("StrictHostKeyChecking", choice, host_key_policy, "ask",
		.choices = policies),
	ROW("TaupePool", number, pool_max, "4", .min = 1, .max = POOL_LIMIT),
	FLAG("TCPKeepAlive", tcp_keepalive, "yes"),
	ROW("UpdateHostKeys", choice, update_host_keys, "yes",
		.choices = update_words),
	ROW("User", text, user, NULL),
	ROW("UserKnownHostsFile", words, user_known_hosts,
		"~/.ssh/known_hosts ~/.ssh/known_hosts2"),
};
/* clang-format on */

#define ROWS (sizeof(table) / sizeof(table[0]))

/* Older names that ssh still takes. */
static const struct {
	const char *name, *now;
} aliases[] = {
	{"ChallengeResponseAuthentication", "KbdInteractiveAuthentication"},
	{"DSAAuthentication", "PubkeyAuthentication"},
	{"HostbasedAcceptedKeyTypes", "HostbasedAcceptedAlgorithms"},
	{"IdentityFile2", "IdentityFile"},
	{"KeepAlive", "TCPKeepAlive"},
	{"PubkeyAcceptedKeyTypes", "PubkeyAcceptedAlgorithms"},
	{"SkeyAuthentication", "KbdInteractiveAuthentication"},
	{"TISAuthentication", "KbdInteractiveAuthentication"},
};

#define ALIASES (sizeof(aliases) / sizeof(aliases[0]))

static void *place_of(struct options *o, const struct option_row *row)
{
	return (char *)o + row->offset;
}

void options_init(struct options *o)
{
	struct trouble trouble;

	*o = (struct options){0};
	for (size_t i = 0; i < ROWS; i++) {
		const struct option_row *row = &table[i];

		if (row->initial != NULL &&
			row->kind->set(row, row->initial, place_of(o, row),
				&trouble) != 0)
			abort(); /* the table itself is wrong */
	}
}

void options_done(struct options *o)
{
	for (size_t i = 0; i < ROWS; i++)
		option_kind_release(table[i].kind, place_of(o, &table[i]));
	*o = (struct options){0};
}

void options_copy(struct options *to, const struct options *from)
{
	struct options copy = *from;

	for (size_t i = 0; i < ROWS; i++)
		option_kind_unshare(table[i].kind, place_of(&copy, &table[i]));
	options_done(to);
	*to = copy;
}

static const struct option_row *row_find(const char *name)
{
	for (size_t i = 0; i < ROWS; i++)
		if (strcasecmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

/* ---- unknown names ---- */

/* Levenshtein's distance, case apart; both are at most NAME_MAX_LEN long. */
static size_t distance(const char *a, const char *b)
{
	size_t row[NAME_MAX_LEN + 1], n = strlen(b);

	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 0; a[i] != '\0'; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < n; j++) {
			size_t best = diagonal;

			if (tolower((unsigned char)a[i]) !=
				tolower((unsigned char)b[j])) {
				best = row[j] < diagonal ? row[j] : diagonal;
				best = (row[j + 1] < best ? row[j + 1] : best) +
				       1;
			}
			diagonal = row[j + 1];
			row[j + 1] = best;
		}
	}
	return row[n];
}

static void nearer(const char *name, const char *candidate, size_t *best,
	const char **nearest)
{
	size_t d = distance(name, candidate);

	if (d < *best) {
		*best = d;
		*nearest = candidate;
	}
}

static int unknown(const char *name, struct trouble *trouble)
{
	size_t best = strlen(name) / 3 + 2;
	const struct option_passive *p;
	const char *nearest = NULL;

	for (size_t i = 0; i < ROWS; i++)
		nearer(name, table[i].name, &best, &nearest);
	for (size_t i = 0; i < ALIASES; i++)
		nearer(name, aliases[i].name, &best, &nearest);
	for (size_t i = 0; (p = option_passive_at(i)) != NULL; i++)
		nearer(name, p->name, &best, &nearest);
	if (nearest == NULL)
		return trouble_say(
			trouble, ERR_INVALID, "unknown option \"%s\"", name);
	return trouble_say(trouble, ERR_INVALID,
		"unknown option \"%s\" (did you mean: %s?)", name, nearest);
}

/* ---- one setting ---- */

static int set_passive(const struct option_passive *p, const char *value,
	struct trouble *trouble)
{
	const char *harmless = p->harmless;
	size_t len = strlen(value);

	if (harmless == NULL)
		return 0;
	while (*harmless != '\0') {
		size_t n = strcspn(harmless, " ");

		if (n == len && strncasecmp(harmless, value, n) == 0)
			return 0;
		harmless += n + strspn(harmless + n, " ");
	}
	return trouble_say(
		trouble, ERR_INVALID, "%s %.40s: %s", p->name, value, p->why);
}

static int set_one(struct options *o, const char *name, const char *value,
	struct trouble *trouble)
{
	const struct option_passive *passive;
	const struct option_row *row;

	for (size_t i = 0; i < ALIASES; i++)
		if (strcasecmp(aliases[i].name, name) == 0)
			name = aliases[i].now;
	row = row_find(name);
	passive = option_passive_find(name);
	if (row == NULL && passive == NULL && o->ignore_unknown != NULL &&
		match_list(slice_of(name), slice_of(o->ignore_unknown)) ==
			MATCH_FOUND)
		return 0;
	if (row == NULL && passive == NULL)
		return unknown(name, trouble);
	if (*value == '\0')
		return trouble_say(
			trouble, ERR_INVALID, "%s: it has no value", name);
	if (row == NULL)
		return set_passive(passive, value, trouble);
	return row->kind->set(row, value, place_of(o, row), trouble);
}

/* Without white space around it. A quoted word loses its quotes; they matter
 * only to the kinds that have several words or white space within one. */
static char *value_of(const char *text)
{
	size_t len = strlen(text);

	while (len > 0 && isspace((unsigned char)text[len - 1]))
		len--;
	if (len >= 2 && text[0] == '"' && text[len - 1] == '"' &&
		strcspn(text + 1, "\" \t") == len - 2) {
		text++;
		len -= 2;
	}
	return mem_dup(text, len);
}

int options_set(
	struct options *o, const char *assignment, struct trouble *trouble)
{
	char name[NAME_MAX_LEN + 1], *value;
	size_t len;
	int err;

	while (isspace((unsigned char)*assignment))
		assignment++;
	for (len = 0; isalnum((unsigned char)assignment[len]); len++)
		if (len == NAME_MAX_LEN)
			return trouble_say(trouble, ERR_INVALID,
				"no option has so long a name as \"%.60s\"",
				assignment);
	if (len == 0)
		return trouble_say(trouble, ERR_INVALID,
			"\"%.60s\" is not Name=value", assignment);
	memcpy(name, assignment, len);
	name[len] = '\0';
	assignment += len;
	if (*assignment != '\0' && *assignment != '=' &&
		!isspace((unsigned char)*assignment))
		return trouble_say(trouble, ERR_INVALID,
			"\"%s%.20s\" is not Name=value", name, assignment);
	while (isspace((unsigned char)*assignment))
		assignment++;
	if (*assignment == '=')
		assignment++;
	while (isspace((unsigned char)*assignment))
		assignment++;
	value = value_of(assignment);
	err = set_one(o, name, value, trouble);
	free(value);
	return err;
}
