/*
 * SSH_MSG_KEXINIT and what two of them agree on: RFC 4253 §7.1, RFC 8308 §2.1
 * (ext-info-c), OpenSSH PROTOCOL §1.10 (strict KEX).
 */
#ifndef TAUPE_SSH_KEXINIT_H
#define TAUPE_SSH_KEXINIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/rd.h"
#include "base/trouble.h"
#include "ssh/kexdh.h"
#include "ssh/sealer.h"

/* Our proposal: comma-separated, best first; NULL takes the default. */
struct kexinit_proposal {
	const char *kex, *host_key_algs, *ciphers, *macs;
};

/* What was agreed. Names are malloc-free: `host_key_alg` is a copy. */
struct kexinit_choice {
	const struct kexdh_alg *kex;
	char host_key_alg[64];
	const struct cipher_alg *cipher_out, *cipher_in;
	const struct mac_alg *mac_out, *mac_in; /* NULL with an AEAD */
	bool strict;      /* the server named kex-strict-s-v00@openssh.com */
	bool ignore_next; /* the server guessed, and wrongly */
};

/* Appends our KEXINIT's payload. */
void kexinit_build(struct buf *out, const struct kexinit_proposal *ours);

/* Reads the server's payload and agrees. -ERR_PROTOCOL, or
 * -ERR_NO_COMMON_ALGORITHM with arguments "what" (e.g. "cipher"), "ours",
 * "theirs". */
int kexinit_choose(struct slice payload, const struct kexinit_proposal *ours,
	struct kexinit_choice *ret_choice, struct trouble *trouble) WARN_UNUSED;

#endif
