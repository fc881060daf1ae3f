/*
 * An SSH server in memory, for the tests of src/ssh/session: the other side of
 * curve25519-sha256 with an Ed25519 host key, of the transport, and of "none"
 * and "password". It follows the protocol but where its config says to break
 * it. What belongs to the connection protocol goes to the test.
 */
#ifndef TAUPE_TESTS_FAKE_SSHD_H
#define TAUPE_TESTS_FAKE_SSHD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/types.h>

#include "base/buf.h"
#include "base/rd.h"
#include "ssh/packet.h"

struct fake_sshd_config {
	const char *version; /* line without its end; NULL: a usual one */
	const char *banner;  /* bytes before the version line, or NULL */
	const char *kex, *cipher,
		*mac; /* NULL: curve25519-sha256, aes128-gcm */
	bool strict;
	bool guess_wrong; /* first_kex_packet_follows, of another kex */
	bool bad_signature;
	bool new_key_each; /* another host key in each exchange */
	/* A message of this type (IGNORE, DEBUG, …; 0: none) is sent there. */
	uint8_t before_kexinit, after_kexinit, after_reply, after_newkeys;
	const char *ping; /* value of ping@openssh.com in EXT_INFO, or NULL */
	const char *sig_algs; /* server-sig-algs in EXT_INFO, or NULL */
	const char *password; /* NULL: "none" is enough */
	bool rekey_in_auth;   /* KEXINIT instead of an answer to "none" */
	/* Types 80 and above, DISCONNECT and UNIMPLEMENTED. */
	void (*message)(void *arg, struct slice payload);
	void *arg;
};

struct fake_sshd {
	const struct fake_sshd_config *config;
	struct packet *packet;
	EVP_PKEY *host_key;
	struct buf host_blob;
	char client_version[256];
	struct buf ours, theirs; /* KEXINIT payloads; theirs empty: not yet */
	struct buf session_id;
	struct buf held; /* while our side of an exchange runs */
	struct sealer *next_in;
	bool kexinit_sent, newkeys_sent;
	bool strict;
	bool authenticated;
	unsigned n_kex;      /* exchanges that ended */
	unsigned n_messages; /* that came, of any type */
	unsigned n_early;    /* ... between their KEXINIT and their NEWKEYS, and
			      * not of the exchange */
	uint8_t last_type;
	unsigned auth_tries;
	size_t last_auth_bytes; /* sealed length of the last USERAUTH_REQUEST */
};

struct fake_sshd *fake_sshd_new(const struct fake_sshd_config *config);
void fake_sshd_free(struct fake_sshd *d);

void fake_sshd_input(struct fake_sshd *d, const void *p, size_t n);
/* Moves up to `max` bytes of output to `to`; returns how many. */
size_t fake_sshd_output(struct fake_sshd *d, uint8_t *to, size_t max);

/* Sends a payload; waits for the end of an exchange that this side started. */
void fake_sshd_send(struct fake_sshd *d, const void *payload, size_t n);
void fake_sshd_send_buf(struct fake_sshd *d, struct buf *b); /* and clears it */
/* Sends at once, whatever the protocol says. */
void fake_sshd_send_now(struct fake_sshd *d, const void *payload, size_t n);
void fake_sshd_rekey(struct fake_sshd *d);

/* An SSH signature blob by an Ed25519 key, and that key's own blob. */
void fake_sshd_sign(EVP_PKEY *key, const void *data, size_t n, struct buf *out);
void fake_sshd_key_blob(EVP_PKEY *key, struct buf *out);

#endif
