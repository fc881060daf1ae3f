/*
 * ssh_config: each literal Host becomes a server, its LocalForward,
 * RemoteForward and DynamicForward lines become forwards.
 *
 * What applies to a host is what `ssh -G` says beyond its defaults, where the
 * file is on this machine, ssh is installed and nothing in the file would run a
 * command; otherwise it is decided here: the first line that holds wins, as
 * ssh_config(5) says, Match blocks are left out and told.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "import/import_build.h"
#include "import/import_formats.h"
#include "import/ssh_config_file.h"
#include "import/ssh_dump.h"

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
	{"localforward", .takes = TAKES_FORWARD, .many = true,
		.type = FORWARD_LOCAL},
	{"macs", .takes = TAKES_LINE, .option = "MACs"},
	{"numberofpasswordprompts", .takes = TAKES_LINE,
		.option = "NumberOfPasswordPrompts"},
	{"port", .takes = TAKES_SERVER},
	{"preferredauthentications", .takes = TAKES_LINE,
		.option = "PreferredAuthentications"},
	{"proxycommand", .takes = TAKES_LINE, .option = "ProxyCommand"},
	{"proxyjump", .takes = TAKES_LINE, .option = "ProxyJump"},
	{"pubkeyacceptedalgorithms", .takes = TAKES_LINE,
		.option = "PubkeyAcceptedAlgorithms"},
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
	struct {
		const struct taken *taken;
		const char *value;
		unsigned line;
	} * row;
	size_t n;
};

static void add_fact(
	struct facts *facts, const char *name, const char *value, unsigned line)
{
	const struct taken *t = find_taken(name);

	if (t == NULL || *value == '\0')
		return;
	if (!t->many)
		for (size_t i = 0; i < facts->n; i++)
			if (facts->row[i].taken == t)
				return;
	facts->row = mem_realloc(facts->row, facts->n + 1, sizeof(*facts->row));
	facts->row[facts->n].taken = t;
	facts->row[facts->n].value = value;
	facts->row[facts->n++].line = line;
}

static const char *fact(const struct facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->n; i++)
		if (strcmp(facts->row[i].taken->name, name) == 0)
			return facts->row[i].value;
	return NULL;
}

/* The quotes around one word, where it has some, go. */
static char *unquoted(const char *value)
{
	size_t n = strlen(value);

	if (n >= 2 && value[0] == '"' && value[n - 1] == '"')
		return mem_dup(value + 1, n - 2);
	return mem_strdup(value);
}

static int add_rows(
	struct import_set *set, size_t server, const struct facts *facts)
{
	for (size_t i = 0; i < facts->n; i++) {
		const struct taken *t = facts->row[i].taken;
		unsigned line = facts->row[i].line;
		const char *value = facts->row[i].value;
		char *word;

		if (t->takes == TAKES_FORWARD) {
			if (import_build_forward(set, line, server, t->type,
				    value, NULL) == -ERR_LIMIT)
				return -ERR_LIMIT;
		} else if (t->takes == TAKES_WORD) {
			word = unquoted(value);
			import_build_word(set, line, server, t->option, word);
			free(word);
		} else if (t->takes == TAKES_LINE) {
			import_build_option(
				set, line, server, t->option, value);
		}
	}
	return 0;
}

/* HostName may hold %h, the name as typed. */
static char *host_name(const char *pattern, const char *host)
{
	const char *at = pattern != NULL ? strstr(pattern, "%h") : NULL;

	if (pattern == NULL)
		return mem_strdup(host);
	if (at == NULL)
		return mem_strdup(pattern);
	return mem_printf(
		"%.*s%s%s", (int)(at - pattern), pattern, host, at + 2);
}

static int add_server(struct import_set *set, const char *host, unsigned line,
	const struct facts *facts)
{
	char *name = host_name(fact(facts, "hostname"), host);
	const char *text = fact(facts, "port");
	unsigned long port = text != NULL ? strtoul(text, NULL, 10) : 0;
	size_t server;
	int r = import_build_own_server(set, line, host, name,
		port <= 65535 ? (uint16_t)port : 0, fact(facts, "user"),
		&server);

	if (r == 0)
		r = add_rows(set, server, facts);
	free(name);
	return r == -ERR_LIMIT ? r : 0;
}

static void own_facts(const struct ssh_config_file *file, const char *host,
	struct facts *facts)
{
	for (size_t i = 0; i < file->n; i++)
		if (ssh_config_line_holds(&file->lines[i], host))
			add_fact(facts, file->lines[i].name,
				file->lines[i].value, file->lines[i].no);
}

static void dumped_facts(const struct ssh_dump *dump,
	const struct ssh_dump *defaults, unsigned line, struct facts *facts)
{
	for (size_t i = 0; i < dump->n; i++)
		if (!ssh_dump_has(defaults, dump->name[i], dump->value[i]))
			add_fact(facts, dump->name[i], dump->value[i], line);
}

static int read_hosts(struct import_set *set,
	const struct ssh_config_file *file, const char *config,
	const struct ssh_dump *defaults)
{
	int r = 0;

	for (size_t i = 0; i < file->n_hosts && r == 0; i++) {
		struct facts facts = {0};
		struct ssh_dump dump = {0};

		if (config != NULL &&
			ssh_dump_read(config, file->hosts[i], &dump))
			dumped_facts(
				&dump, defaults, file->host_lines[i], &facts);
		else
			own_facts(file, file->hosts[i], &facts);
		r = add_server(
			set, file->hosts[i], file->host_lines[i], &facts);
		ssh_dump_done(&dump);
		free(facts.row);
	}
	return r;
}

int import_ssh_config_read(char *text, const char *path, struct import_set *set,
	struct trouble *trouble)
{
	struct ssh_config_file file;
	struct ssh_dump defaults = {0};
	const char *config = NULL;
	int r = ssh_config_file_read(text, path, &file, trouble);

	if (r < 0)
		return r;
	if (path != NULL && !file.runs_commands &&
		ssh_dump_read("/dev/null", "taupe.invalid", &defaults))
		config = path;
	if (config == NULL && file.has_match)
		import_build_skip(set, file.match_line, slice_of("Match"),
			"its conditions are not decided here");
	r = read_hosts(set, &file, config, &defaults);
	if (r == 0 && file.n_hosts == 0)
		r = trouble_say(trouble, ERR_INVALID, "it names no host");
	ssh_dump_done(&defaults);
	ssh_config_file_done(&file);
	return r;
}
