/*
 * ssh_config: each literal Host becomes a server, its LocalForward,
 * RemoteForward and DynamicForward lines become forwards.
 *
 * Where the file is on this machine, ssh is installed and nothing in the file
 * would run a command, `ssh -G` says where a host leads to, and whatever a
 * Match may decide. The rest is the lines' own words, which ssh would give back
 * expanded and without quotes: the first that holds wins, ssh_config(5).
 * Without ssh, Match blocks are left out and told.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "import/import_build.h"
#include "import/import_formats.h"
#include "import/ssh_config_file.h"
#include "import/ssh_dump.h"
#include "import/ssh_jumps.h"
#include "store/option_text.h"
#include "store/store_list.h"
#include "tunnel/option_value.h"

/* For all hosts together. */
#define ASK_MS 20000

enum takes {
	TAKES_WORD,    /* one word: a path or a name */
	TAKES_LINE,    /* the rest of the line */
	TAKES_FORWARD, /* a forward, of `type` */
	TAKES_SERVER,  /* hostname, port, user: read by themselves */
};

/* What a tunnel has use for; ssh's other options are about sessions. */
static const struct taken {
	const char *name; /* lower case */
	const char *option;
	enum takes takes;
	bool many; /* each one counts, not the first only */
	enum forward_type type;
} taken[] = {
	{"addressfamily", .takes = TAKES_LINE, .option = "AddressFamily"},
	{"bindaddress", .takes = TAKES_LINE, .option = "BindAddress"},
	{"certificatefile", .takes = TAKES_WORD, .option = "CertificateFile",
		.many = true},
	{"ciphers", .takes = TAKES_LINE, .option = "Ciphers"},
	{"connectionattempts", .takes = TAKES_LINE,
		.option = "ConnectionAttempts"},
	{"connecttimeout", .takes = TAKES_LINE, .option = "ConnectTimeout"},
	{"dynamicforward", .takes = TAKES_FORWARD, .many = true,
		.type = FORWARD_DYNAMIC},
	{"gatewayports", .takes = TAKES_LINE, .option = "GatewayPorts"},
	{"globalknownhostsfile", .takes = TAKES_LINE,
		.option = "GlobalKnownHostsFile"},
	{"hashknownhosts", .takes = TAKES_LINE, .option = "HashKnownHosts"},
	{"hostkeyalgorithms", .takes = TAKES_LINE,
		.option = "HostKeyAlgorithms"},
	{"hostkeyalias", .takes = TAKES_LINE, .option = "HostKeyAlias"},
	{"hostname", .takes = TAKES_SERVER},
	{"identitiesonly", .takes = TAKES_LINE, .option = "IdentitiesOnly"},
	{"identityagent", .takes = TAKES_WORD, .option = "IdentityAgent"},
	{"identityfile", .takes = TAKES_WORD, .option = "IdentityFile",
		.many = true},
	{"kexalgorithms", .takes = TAKES_LINE, .option = "KexAlgorithms"},
	{"kbdinteractiveauthentication", .takes = TAKES_LINE,
		.option = "KbdInteractiveAuthentication"},
	{"localforward", .takes = TAKES_FORWARD, .many = true,
		.type = FORWARD_LOCAL},
	{"macs", .takes = TAKES_LINE, .option = "MACs"},
	{"numberofpasswordprompts", .takes = TAKES_LINE,
		.option = "NumberOfPasswordPrompts"},
	{"passwordauthentication", .takes = TAKES_LINE,
		.option = "PasswordAuthentication"},
	{"port", .takes = TAKES_SERVER},
	{"preferredauthentications", .takes = TAKES_LINE,
		.option = "PreferredAuthentications"},
	{"proxycommand", .takes = TAKES_LINE, .option = "ProxyCommand"},
	{"proxyjump", .takes = TAKES_LINE, .option = "ProxyJump"},
	{"pubkeyacceptedalgorithms", .takes = TAKES_LINE,
		.option = "PubkeyAcceptedAlgorithms"},
	{"pubkeyauthentication", .takes = TAKES_LINE,
		.option = "PubkeyAuthentication"},
	{"rekeylimit", .takes = TAKES_LINE, .option = "RekeyLimit"},
	{"remoteforward", .takes = TAKES_FORWARD, .many = true,
		.type = FORWARD_REMOTE},
	{"serveralivecountmax", .takes = TAKES_LINE,
		.option = "ServerAliveCountMax"},
	{"serveraliveinterval", .takes = TAKES_LINE,
		.option = "ServerAliveInterval"},
	{"streamlocalbindunlink", .takes = TAKES_LINE,
		.option = "StreamLocalBindUnlink"},
	{"stricthostkeychecking", .takes = TAKES_LINE,
		.option = "StrictHostKeyChecking"},
	{"tcpkeepalive", .takes = TAKES_LINE, .option = "TCPKeepAlive"},
	{"updatehostkeys", .takes = TAKES_LINE, .option = "UpdateHostKeys"},
	{"user", .takes = TAKES_SERVER},
	{"userknownhostsfile", .takes = TAKES_LINE,
		.option = "UserKnownHostsFile"},
};
#define TAKEN (sizeof(taken) / sizeof(taken[0]))

static const struct taken *find_taken(const char *name)
{
	for (size_t i = 0; i < TAKEN; i++)
		if (strcmp(taken[i].name, name) == 0)
			return &taken[i];
	return NULL;
}

/* A host's settings, the ones that count, in order. Borrowed texts. */
struct facts {
	struct fact {
		const struct taken *taken;
		const char *value;
		unsigned line;
		bool is_bare; /* ssh's: quotes are undone, tokens are not */
	} * row;
	size_t n;
};

/* Of ProxyJump and ProxyCommand the first counts. */
static bool is_proxy(const struct taken *t)
{
	return strncmp(t->name, "proxy", 5) == 0;
}

static void add_fact(struct facts *facts, const struct fact *fact)
{
	if (*fact->value == '\0')
		return;
	for (size_t i = 0; i < facts->n && !fact->taken->many; i++)
		if (facts->row[i].taken == fact->taken ||
			(is_proxy(facts->row[i].taken) &&
				is_proxy(fact->taken)))
			return;
	facts->row = mem_realloc(facts->row, facts->n + 1, sizeof(*facts->row));
	facts->row[facts->n++] = *fact;
}

static char *first_word(const struct fact *fact)
{
	const char *at = fact->value;
	char *word = fact->is_bare ? NULL : option_value_word(&at);

	return word != NULL ? word : mem_strdup(fact->value);
}

static const struct fact *find_fact(const struct facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->n; i++)
		if (strcmp(facts->row[i].taken->name, name) == 0)
			return &facts->row[i];
	return NULL;
}

/* The value of the option; NULL: it is not set. malloc'ed. */
static char *word_of(const struct facts *facts, const char *name)
{
	const struct fact *fact = find_fact(facts, name);

	return fact != NULL ? first_word(fact) : NULL;
}

/* ssh says "[socks]:0" for the target that a reverse proxy does not have. */
static int add_forward(
	struct import_set *set, size_t server, const struct fact *fact)
{
	const char *end = strstr(fact->value, " [socks]:0");
	size_t n = end != NULL && fact->is_bare ? (size_t)(end - fact->value)
						: strlen(fact->value);
	char *text = mem_dup(fact->value, n);
	int r = import_build_forward(
		set, fact->line, server, fact->taken->type, text, NULL);

	free(text);
	return r == -ERR_LIMIT ? r : 0;
}

static int add_rows(
	struct import_set *set, size_t server, const struct facts *facts)
{
	int r = 0;

	for (size_t i = 0; i < facts->n && r == 0; i++) {
		const struct fact *f = &facts->row[i];
		char *word;

		if (f->taken->takes == TAKES_FORWARD) {
			r = add_forward(set, server, f);
		} else if (f->taken->takes == TAKES_WORD) {
			word = first_word(f);
			import_build_word(
				set, f->line, server, f->taken->option, word);
			free(word);
		} else if (f->taken->takes == TAKES_LINE) {
			import_build_option(set, f->line, server,
				f->taken->option, f->value);
		}
	}
	return r;
}

/* HostName's tokens: %h is the name as typed. malloc'ed. */
static char *expand(const char *pattern, const char *host)
{
	struct buf name = BUF_INIT;
	char *copy;

	for (; *pattern != '\0'; pattern++) {
		if (pattern[0] == '%' && pattern[1] == 'h')
			buf_put(&name, host, strlen(host));
		else
			buf_put(&name, pattern, 1);
		pattern += pattern[0] == '%' && pattern[1] != '\0';
	}
	copy = mem_dup(buf_ptr(&name), buf_len(&name));
	buf_done(&name);
	return copy;
}

static char *host_name(const struct facts *facts, const char *host)
{
	const struct fact *fact = find_fact(facts, "hostname");
	char *word, *name;

	if (fact == NULL)
		return mem_strdup(host);
	word = first_word(fact);
	if (fact->is_bare)
		return word;
	name = expand(word, host);
	free(word);
	return name;
}

/* *ret_server is SSH_JUMPS_NONE when it can't be taken. */
static int add_server(struct import_set *set,
	const struct ssh_config_host *host, const struct facts *facts,
	size_t *ret_server)
{
	char *user = word_of(facts, "user");
	char *name = host_name(facts, host->name);
	char *port = word_of(facts, "port");
	int r = import_build_server(set, host->line, host->name, name,
		import_build_port(set, host->line, port), user, ret_server);

	if (r == 0)
		r = add_rows(set, *ret_server, facts);
	else
		*ret_server = SSH_JUMPS_NONE;
	free(port);
	free(user);
	free(name);
	return r == -ERR_LIMIT ? r : 0;
}

/* What ssh is asked for, and what it said. */
struct oracle {
	const char *config;       /* NULL: it is not asked */
	uint64_t until_ms;        /* monotonic: it may be slow for each host */
	struct ssh_dump defaults; /* of a host that nothing is said about */
	bool decides[TAKEN];      /* of the options in a Match */
};

static void own_facts(const struct ssh_config_file *file, const char *host,
	const struct oracle *oracle, bool is_asked, struct facts *facts)
{
	bool *holds = ssh_config_file_holds(file, host);

	for (size_t i = 0; i < file->n_lines; i++) {
		const struct ssh_config_line *line = &file->lines[i];
		const struct taken *t;

		if (!holds[line->block])
			continue;
		t = find_taken(line->name);
		if (t != NULL && !(is_asked && oracle->decides[t - taken]))
			add_fact(facts, &(struct fact){t, line->value, line->no,
						false});
	}
	free(holds);
}

/* ssh -G tells of local forwards to a socket as if they were dynamic, too. */
static bool is_a_slip(const struct ssh_dump *dump, size_t row)
{
	size_t n = strlen(dump->value[row]);

	if (strcmp(dump->name[row], "dynamicforward") != 0)
		return false;
	for (size_t i = 0; i < dump->n; i++)
		if (strcmp(dump->name[i], "localforward") == 0 &&
			strncmp(dump->value[i], dump->value[row], n) == 0 &&
			strncmp(dump->value[i] + n, " /", 2) == 0)
			return true;
	return false;
}

static void dumped_facts(const struct ssh_dump *dump,
	const struct oracle *oracle, unsigned line, struct facts *facts)
{
	for (size_t i = 0; i < dump->n; i++) {
		const struct taken *t = find_taken(dump->name[i]);

		if (t != NULL &&
			(t->takes == TAKES_SERVER ||
				oracle->decides[t - taken]) &&
			!ssh_dump_has(&oracle->defaults, dump->name[i],
				dump->value[i]) &&
			!is_a_slip(dump, i))
			add_fact(facts,
				&(struct fact){t, dump->value[i], line, true});
	}
}

static int read_host(struct import_set *set, const struct ssh_config_file *file,
	const struct oracle *oracle, size_t i, size_t *ret_server)
{
	const struct ssh_config_host *host = &file->hosts[i];
	struct ssh_dump dump = {0};
	struct facts facts = {0};
	bool is_asked = oracle->config != NULL &&
			clock_mono_ms() < oracle->until_ms &&
			ssh_dump_read(oracle->config, host->name, &dump);
	int r;

	if (is_asked)
		dumped_facts(&dump, oracle, host->line, &facts);
	own_facts(file, host->name, oracle, is_asked, &facts);
	r = add_server(set, host, &facts, ret_server);
	ssh_dump_done(&dump);
	free(facts.row);
	return r;
}

static void ask_ssh(struct oracle *oracle, const struct ssh_config_file *file,
	const char *path)
{
	if (path == NULL || file->runs_commands ||
		!ssh_dump_read("/dev/null", "taupe.invalid", &oracle->defaults))
		return;
	oracle->config = path;
	oracle->until_ms = clock_mono_ms() + ASK_MS;
	for (size_t i = 0; i < TAKEN; i++)
		oracle->decides[i] =
			ssh_config_file_matches(file, taken[i].name);
}

int import_ssh_config_read(char *text, const char *path, struct import_set *set,
	struct trouble *trouble)
{
	struct ssh_config_file file;
	struct oracle oracle = {0};
	size_t *servers;
	int r = ssh_config_file_read(text, path, &file, trouble);

	if (r < 0)
		return r;
	ask_ssh(&oracle, &file, path);
	if (oracle.config == NULL && file.has_match)
		import_build_skip(set, file.match_line, slice_of("Match"),
			"its conditions are not decided here");
	servers = mem_zalloc(file.n_hosts + 1, sizeof(*servers));
	for (size_t i = 0; i < file.n_hosts && r == 0; i++)
		r = read_host(set, &file, &oracle, i, &servers[i]);
	if (r == 0)
		ssh_jumps_resolve(set, &file, servers);
	if (r == 0 && file.n_hosts == 0)
		r = trouble_say(trouble, ERR_INVALID, "it names no host");
	free(servers);
	ssh_dump_done(&oracle.defaults);
	ssh_config_file_done(&file);
	return r;
}
