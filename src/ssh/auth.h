/*
 * User authentication, client side, RFC 4252, RFC 4256 (keyboard-interactive),
 * RFC 8308 §3.1 (server-sig-algs), with OpenSSH certificates.
 *
 * Sans-I/O, but for reading the private key files that the config names: it is
 * fed message payloads and calls back to send, to ask a person, to have the
 * agent sign. It probes with "none", then goes through PreferredAuthentications
 * among what the server still offers.
 *
 * publickey tries the keys in the given order. Each is offered without a
 * signature first, and signed with only once the server has said that it would
 * do: so no one is asked for a passphrase, or to touch a token, in vain. RSA
 * keys sign with rsa-sha2-512 or rsa-sha2-256, whichever server-sig-algs has; a
 * server that sent none is tried with both. SHA-1 is never used. Partial
 * success (RFC 4252 §5.1) goes on with the methods that the server then names.
 *
 * Life cycle: auth_new → auth_start (after SERVICE_ACCEPT) → auth_input for
 * each message 50..79, auth_answer and auth_agent_signed for each question →
 * ops.done once. auth_free at any time, but from no callback. One thread.
 */
#ifndef TAUPE_SSH_AUTH_H
#define TAUPE_SSH_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rd.h"
#include "base/secret.h"
#include "base/trouble.h"
#include "ssh/prompt.h"
#include "ssh/pubkey.h"

#define AUTH_TRIES_MAX   64 /* messages that we send in all */
#define AUTH_PROMPTS_MAX 32 /* questions to a person in all */
#define AUTH_BANNERS_MAX 32
#define AUTH_BANNER_MAX  (64 * 1024)

/* A key to offer. */
struct auth_key {
	/* Plain or certificate. NULL: the file does not show its public half
	 * without the passphrase, which is then asked for before the offer. */
	const struct pubkey *key;
	/* What the agent knows it as, when that isn't `key` (a certificate from
	 * a file whose plain key is in the agent); or NULL. */
	const struct pubkey *agent_key;
	const char *path; /* private key file; NULL: in the agent */
	const char *comment;
};

/* Copied by auth_new; what it points to outlives the auth. */
struct auth_config {
	const char *user;
	const char *host;      /* for the words in prompts */
	const char *preferred; /* comma-separated methods, in order */
	const struct auth_key *keys;
	size_t n_keys;
	/* Known ones, tried before asking; may be NULL or unset. */
	const struct secret *password;
	const struct secret *passphrase;
	bool may_ask;              /* false: never call ops.ask */
	unsigned password_prompts; /* NumberOfPasswordPrompts, 3 */
	/* PubkeyAcceptedAlgorithms, a pattern list; NULL: all that we do. */
	const char *accepted_algs;
};

struct auth_ops {
	/* Queue this payload (type byte first). It may hold a password: it is
	 * wiped here after the call; what was made of it is the callee's. */
	void (*send)(void *arg, const uint8_t *payload, size_t n);
	/* Ask; answered by auth_answer (any time later, not from inside ask).
	 * The prompt is given away (prompt_free). */
	void (*ask)(void *arg, struct prompt *prompt);
	/* Have the agent sign; answered by auth_agent_signed, later, not from
	 * inside. Slices live until the answer. `alg` is a signature algorithm,
	 * never a certificate's name. */
	void (*agent_sign)(void *arg, struct slice key_blob, struct slice data,
		const char *alg);
	/* USERAUTH_BANNER, or the words of a keyboard-interactive round that
	 * asks nothing; made safe for a terminal, at most AUTH_BANNER_MAX
	 * bytes. */
	void (*banner)(void *arg, const char *text);
	/* An answer that the server accepted: keep it for further links. `kind`
	 * is PROMPT_PASSWORD or PROMPT_PASSPHRASE, `about` as in the prompt. */
	void (*learned)(void *arg, enum prompt_kind kind, const char *about,
		const struct secret *secret);
	/* The end. err 0: in, by `method` ("publickey", …; `how` is the key's
	 * fingerprint, or ""). Otherwise `trouble` has err's code and "user",
	 * "host", "tried" (methods and keys), "offered" (what the server would
	 * still take), and `method` and `how` are "":
	 *   -ERR_AUTH_FAILED  no method worked, or a cap was reached
	 *   -ERR_NEED_INPUT   the same, and a question that may_ask forbade
	 *                     might have helped; "about" tells of what
	 *   -ERR_CANCELLED    by the person
	 * Everything given dies with the call. */
	void (*done)(void *arg, int err, const struct trouble *trouble,
		const char *method, const char *how);
};

struct auth;

/* `ops` is copied. */
struct auth *auth_new(const struct auth_config *config,
	const struct auth_ops *ops, void *arg);
void auth_free(struct auth *a);

/* `session_id` is copied. */
void auth_start(struct auth *a, struct slice session_id);
/* EXT_INFO's server-sig-algs (comma-separated); may come at any time. */
void auth_server_sig_algs(struct auth *a, struct slice list);
/* A message of type 50..79, type byte included. -ERR_PROTOCOL: malformed, out
 * of turn, or more than a server may ask; the link falls, and done is not
 * called. */
int auth_input(struct auth *a, struct slice payload) WARN_UNUSED;

/* One secret a field, in order (missing ones are empty); NULL when the person
 * cancelled. Copied. Ignored when nothing is being asked. */
void auth_answer(struct auth *a, const struct secret *answers, size_t n);
/* The agent's signature blob (string alg, string sig); empty: it refused or is
 * gone, and the next key is tried. Ignored when nothing is being signed. */
void auth_agent_signed(struct auth *a, struct slice signature);

#endif
