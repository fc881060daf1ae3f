/*
 * The agent's protocol, draft-ietf-sshm-ssh-agent, client side, without its
 * socket: requests are built, replies are parsed. The tunnel layer moves the
 * bytes.
 */
#ifndef TAUPE_SSH_AGENT_H
#define TAUPE_SSH_AGENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/rd.h"
#include "ssh/pubkey.h"

#define AGENT_REPLY_MAX      (256 * 1024)
#define AGENT_IDENTITIES_MAX 2048

/* Whole messages, length field included. */
void agent_request_identities(struct buf *out);
/* `alg` chooses the RSA hash flag. */
void agent_request_sign(struct buf *out, struct slice key_blob,
	struct slice data, const char *alg);

/* Takes one whole message off the front of `in`: 0 and its payload (borrowed
 * from `in` until it changes; the caller then buf_consumes *ret_consume bytes),
 * -ERR_AGAIN when more bytes are needed, -ERR_AGENT when it is over the cap. */
int agent_next_reply(const struct buf *in, struct slice *ret_payload,
	size_t *ret_consume) WARN_UNUSED;

struct agent_identity {
	struct pubkey *key;
	char *comment;
};

/* Keys of types that we don't know are left out. -ERR_AGENT: malformed, or the
 * agent said failure (locked). Free with agent_identities_free. */
int agent_parse_identities(struct slice payload,
	struct agent_identity **ret_list, size_t *ret_n) WARN_UNUSED;
void agent_identities_free(struct agent_identity *list, size_t n);

/* The signature blob (string alg, string sig) inside a sign reply; borrowed
 * from `payload`. -ERR_AGENT: refused or malformed. */
int agent_parse_signature(
	struct slice payload, struct slice *ret_signature) WARN_UNUSED;

#endif
