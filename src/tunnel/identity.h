/*
 * The keys to offer to one server, and having the agent sign with them.
 *
 * What the options name is gathered: IdentityFile (by default
 * ~/.ssh/id_ed25519, id_ed25519_sk, id_ecdsa, id_ecdsa_sk, id_rsa),
 * CertificateFile or, where none is given, <key>-cert.pub beside each key; and
 * the agent (IdentityAgent, or $SSH_AUTH_SOCK). In the order that ssh offers
 * them:
 *   1. certificates from CertificateFile
 *   2. keys of the agent that are also configured
 *   3. other keys of the agent, unless IdentitiesOnly
 *   4. keys that are in files only
 * and each certificate before its plain key.
 *
 * Public halves only: private keys stay in their files until the server has
 * said that it would take the key (ssh/auth.h). Files are small and are read by
 * identity_new, which blocks for as long as the disk does; the agent is asked
 * on the loop, and left aside when it has not answered after IDENTITY_LIST_MS.
 *
 * Life cycle: identity_new → ready → identity_sign any number of times, one at
 * a time → identity_free at any time, also from a callback. The loop's thread.
 */
#ifndef TAUPE_TUNNEL_IDENTITY_H
#define TAUPE_TUNNEL_IDENTITY_H

#include <stddef.h>
#include <uv.h>

#include "base/rd.h"
#include "base/trouble.h"
#include "ssh/auth.h"
#include "tunnel/options.h"

#define IDENTITY_LIST_MS      2000
#define IDENTITY_SIGN_MS      60000 /* a person may have to touch a token */
#define IDENTITY_TROUBLES_MAX 8

struct identity;

/* Once, from the loop, never from inside identity_new. */
typedef void identity_ready_fn(void *arg);
/* Once for each identity_sign, from the loop. The agent's signature blob
 * (string alg, string sig), until this returns; empty: it refused or is gone.
 */
typedef void identity_signed_fn(void *arg, struct slice signature);

/* `options` and `tokens` are read before this returns. */
struct identity *identity_new(uv_loop_t *loop, const struct options *options,
	const struct option_tokens *tokens, identity_ready_fn *on_ready,
	void *arg);
void identity_free(struct identity *id);

/* After ready; none before. They live as long as `id`. */
const struct auth_key *identity_keys(const struct identity *id, size_t *ret_n);

/* What was left aside and why, for a person to read: a configured file that is
 * missing or is no key ("path", "detail"), an agent that does not answer.
 * Missing default files and no agent at all are no trouble. Complete after
 * ready. */
const struct trouble *identity_troubles(
	const struct identity *id, size_t *ret_n);

/* auth_ops.agent_sign: slices and `alg` are copied. After ready, and not again
 * before `on_signed`. */
void identity_sign(struct identity *id, struct slice key_blob,
	struct slice data, const char *alg, identity_signed_fn *on_signed,
	void *arg);

#endif
