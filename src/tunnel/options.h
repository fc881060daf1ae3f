/*
 * ssh_config's options, as far as they matter to a tunnel: one table with name,
 * kind, default and place. `taupe run -o Name=value` and its short flags fill
 * it; later the daemon's servers do.
 *
 * ssh_config(5) has the meanings. A struct options owns its strings.
 */
#ifndef TAUPE_TUNNEL_OPTIONS_H
#define TAUPE_TUNNEL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/trouble.h"

/* StrictHostKeyChecking */
enum host_key_policy {
	HOST_KEY_ASK,
	HOST_KEY_STRICT, /* yes */
	HOST_KEY_ACCEPT_NEW,
	HOST_KEY_OFF, /* no: as accept-new; ssh would let changed keys in,
			 without forwards, which are all we are for */
};

struct string_list {
	char **item;
	size_t n;
};

/* Each field's option, and its default: NULL where none is named. */
struct options {
	char *host_name;      /* HostName: where to connect; NULL: the name */
	char *host_key_alias; /* HostKeyAlias */
	uint16_t port;        /* Port, 22 */
	char *user;           /* User; NULL: the login name */
	int address_family;   /* AddressFamily: AF_UNSPEC, AF_INET, AF_INET6 */
	char *bind_address;   /* BindAddress */

	/* IdentityFile; empty: ssh's defaults; an item "none": no file */
	struct string_list identity_files;
	struct string_list certificate_files; /* CertificateFile */
	bool identities_only;                 /* IdentitiesOnly, no */
	/* IdentityAgent: a path or "none"; NULL: SSH_AUTH_SOCK */
	char *identity_agent;
	/* PreferredAuthentications: publickey,keyboard-interactive,password */
	char *preferred_auths;
	bool batch_mode; /* BatchMode, no: never ask */
	bool pubkey_auth, password_auth, kbdint_auth; /* …Authentication, yes */
	unsigned password_prompts; /* NumberOfPasswordPrompts, 3 */

	enum host_key_policy host_key_policy;  /* StrictHostKeyChecking, ask */
	struct string_list user_known_hosts;   /* UserKnownHostsFile: ssh's */
	struct string_list global_known_hosts; /* GlobalKnownHostsFile: ssh's */
	bool hash_known_hosts;                 /* HashKnownHosts, no */
	int update_host_keys; /* UpdateHostKeys: 0 no, 1 yes, 2 ask (as no) */

	/* Ciphers, MACs, KexAlgorithms, HostKeyAlgorithms,
	 * PubkeyAcceptedAlgorithms with ssh's +, -, ^ prefixes and wildcards
	 * applied to our defaults, never empty; NULL: our defaults */
	char *ciphers, *macs, *kex, *host_key_algs, *pubkey_accepted;

	/* ServerAliveInterval, 15 (ssh: 0); 0: never */
	unsigned alive_interval_s;
	unsigned alive_count_max; /* ServerAliveCountMax, 3 */
	/* ConnectTimeout, 30; 0: the system's own */
	unsigned connect_timeout_s;
	unsigned connection_attempts; /* ConnectionAttempts, 1 a round */
	bool exit_on_forward_failure; /* ExitOnForwardFailure, no */
	bool tcp_keepalive;           /* TCPKeepAlive, yes */
	uint64_t rekey_bytes; /* RekeyLimit; 0: the cipher's own default */
	unsigned rekey_s;     /* 0: none */
	char *proxy_jump;     /* ProxyJump; "none" resets */
	char *proxy_command;  /* ProxyCommand; "none" resets */

	bool gateway_ports; /* GatewayPorts, no: a left-out bind is all */
	/* LocalForward, RemoteForward, DynamicForward: texts for
	 * forward_spec_parse, in order */
	struct string_list local_forwards, remote_forwards, dynamic_forwards;
	bool stream_local_unlink;   /* StreamLocalBindUnlink, no */
	unsigned stream_local_mask; /* StreamLocalBindMask, 0177 */
	unsigned pool_max;          /* TaupePool: links to one server, 4 */
	char *ignore_unknown;       /* IgnoreUnknown: patterns */
};

void options_init(struct options *o); /* defaults */
void options_done(struct options *o);
/* Over whatever `to` held: it is all zero or a struct options. */
void options_copy(struct options *to, const struct options *from);

/* "Name=value", "Name value" or "Name = value", name in any case. First setting
 * of a name wins in ssh_config, the last one on a command line: the last wins
 * here, except for IdentityFile, CertificateFile and the forwards, which grow.
 * ssh's options that make no sense for a tunnel but do no harm (RequestTTY,
 * LogLevel, …) are accepted and do nothing; those that taupe can't honour are
 * -ERR_INVALID with the reason in "detail", unknown ones with the nearest name.
 * On failure `o` is as it was. */
int options_set(struct options *o, const char *assignment,
	struct trouble *trouble) WARN_UNUSED;

/* "[user@]host" or "ssh://[user@]host[:port]". Without the scheme a colon
 * belongs to the host (an IPv6 address), as with ssh. IPv6 loses its brackets.
 */
struct destination {
	char *user; /* or NULL */
	char *host;
	uint16_t port; /* 0: not given */
};
void destination_done(struct destination *d);
int destination_parse(const char *text, struct destination *ret_dest,
	struct trouble *trouble) WARN_UNUSED;

/* ProxyJump's "[user@]host[:port],…" and ssh:// forms, in order; IPv6 in
 * brackets. `ret_hops` has room for JUMP_MAX; more are -ERR_INVALID. */
#define JUMP_MAX 16
int destination_parse_jumps(const char *text, struct destination *ret_hops,
	size_t *ret_n, struct trouble *trouble) WARN_UNUSED;
/* Refuses what could be read as an option by a program or carries control
 * characters: a leading '-', spaces, quotes, shell metacharacters. */
bool destination_host_valid(const char *host);
/* The same for a user's name, which may be one of a Windows domain as ssh takes
 * it: DOMAIN\name. */
bool destination_user_valid(const char *user);

/* ssh's tokens %% %C %d %h %i %k %L %l %n %p %r %u, ${VARIABLE}, and a leading
 * ~ or ~user. The home folder is HOME's, else the account's. malloc'ed. A token
 * that is not in the list, or a variable that is not set: -ERR_INVALID. */
struct option_tokens {
	const char *host, *original_host, *user;
	const char *host_key_alias; /* NULL: original_host */
	uint16_t port;
};
int options_expand(const char *text, const struct option_tokens *tokens,
	char **ret_text, struct trouble *trouble) WARN_UNUSED;

#endif
