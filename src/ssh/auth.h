/*
 * User authentication, client side, RFC 4252, RFC 4256 (keyboard-interactive),
 * RFC 8308 §3.1 (server-sig-algs), with OpenSSH certificates.
 *
 * Sans-I/O: it is fed message payloads and calls back to send, to ask a person,
 * to have the agent sign. Order as ssh's: the none probe, then per
 * PreferredAuthentications among what the server still offers; publickey tries
 * the keys in the given order, each offered without a signature first (unless it
 * needs no passphrase and is the only one left … keep it simple: always query),
 * then signed. Partial success goes on with the methods the server then names.
 *
 * Life cycle: auth_new → auth_start (after SERVICE_ACCEPT) → auth_input for each
 * message 50..79 → ops.done once. No callback may free the auth. One thread.
 */
#ifndef TAUPE_SSH_AUTH_H
#define TAUPE_SSH_AUTH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/rd.h"
#include "base/secret.h"
#include "base/trouble.h"
#include "ssh/prompt.h"
#include "ssh/pubkey.h"

#define AUTH_TRIES_MAX   64 /* requests in all; a server that never ends */
#define AUTH_PROMPTS_MAX 32 /* questions to a person in all */

/* A key to offer, in order. Owned by the auth_config's owner, which outlives
 * the auth. */
struct auth_key {
	const struct pubkey *key; /* plain or certificate */
	const char *path;         /* private key file; NULL: in the agent */
	const char *comment;
};

struct auth_config {
	const char *user;
	const char *host;      /* for the words in prompts */
	const char *preferred; /* comma-separated methods, in order */
	const struct auth_key *keys;
	size_t n_keys;
	/* A known password or passphrases, tried before asking; may be unset. */
	const struct secret *password;
	const struct secret *passphrase;
	bool may_ask;               /* false: never call ops.ask */
	unsigned password_prompts;  /* NumberOfPasswordPrompts, 3 */
	const char *accepted_algs;  /* PubkeyAcceptedAlgorithms; NULL: defaults */
};

struct auth_ops {
	/* Queue this payload (type byte first). */
	void (*send)(void *arg, const uint8_t *payload, size_t n);
	/* Ask; answered by auth_answer (any time later, not from inside ask). The
	 * prompt is given away (prompt_free). */
	void (*ask)(void *arg, struct prompt *prompt);
	/* Have the agent sign; answered by auth_agent_signed, later. Slices live
	 * until the answer. */
	void (*agent_sign)(void *arg, struct slice key_blob, struct slice data,
		const char *alg);
	/* USERAUTH_BANNER, made safe for a terminal, at most 64 KiB. */
	void (*banner)(void *arg, const char *text);
	/* Something that the server accepted: keep it for further links.
	 * `kind` is PROMPT_PASSWORD or PROMPT_PASSPHRASE. */
	void (*learned)(void *arg, enum prompt_kind kind, const char *about,
		const struct secret *secret);
	/* The end. err 0: in, by `method` ("publickey", …; how is e.g. the
	 * fingerprint of the key). Otherwise -ERR_AUTH_FAILED with what was tried
	 * and what the server still offers (arguments "tried", "offered"),
	 * -ERR_NEED_INPUT, -ERR_CANCELLED, -ERR_PROTOCOL. */
	void (*done)(void *arg, int err, const struct trouble *trouble,
		const char *method, const char *how);
};

struct auth;

struct auth *auth_new(const struct auth_config *config,
	const struct auth_ops *ops, void *arg);
void auth_free(struct auth *a);

/* `session_id` is copied. */
void auth_start(struct auth *a, struct slice session_id);
/* EXT_INFO's server-sig-algs (comma-separated); may come at any time. */
void auth_server_sig_algs(struct auth *a, struct slice list);
/* A message of type 50..79, type byte included. -ERR_PROTOCOL: the link falls
 * (done has not been called). */
int auth_input(struct auth *a, struct slice payload) WARN_UNUSED;

/* One secret a field, or NULL when the person cancelled. */
void auth_answer(struct auth *a, const struct secret *answers, size_t n);
/* The agent's signature blob (string alg, string sig); empty: it refused or is
 * gone, and the next key is tried. */
void auth_agent_signed(struct auth *a, struct slice signature);

#endif
