/*
 * One direction's keys: turns plain packets into sealed ones and back, in
 * place. RFC 4253 §6, RFC 5647 (as OpenSSH's PROTOCOL §1.6 corrects it),
 * PROTOCOL.chacha20poly1305, PROTOCOL §1.1 (-etm).
 *
 * A packet lies as  uint32 packet_length | byte padding_length | payload |
 * padding | tag.  `packet_length` counts neither itself nor the tag.
 *
 * Not thread-safe; one owner. Keys are wiped by sealer_free.
 */
#ifndef TAUPE_SSH_SEALER_H
#define TAUPE_SSH_SEALER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/rd.h"

struct cipher_alg {
	const char *name; /* "aes128-gcm@openssh.com" */
	size_t key_len;
	size_t iv_len;
	size_t block_len; /* padding granularity, at least 8 */
	size_t tag_len;   /* of an AEAD; 0: a MAC is negotiated as well */
};

struct mac_alg {
	const char *name; /* "hmac-sha2-256-etm@openssh.com" */
	size_t key_len;
	size_t tag_len;
	bool etm;
};

/* NULL when unknown. */
const struct cipher_alg *cipher_alg_find(struct slice name);
const struct mac_alg *mac_alg_find(struct slice name);
/* Comma-separated defaults, best first. */
const char *cipher_alg_default_list(void);
const char *mac_alg_default_list(void);

struct sealer;

/* `mac` and `mac_key` are NULL for an AEAD. `encrypt` chooses the direction.
 * Lengths of key, iv, mac_key are those of the algorithms. NULL when libcrypto
 * refuses. */
struct sealer *sealer_new(const struct cipher_alg *cipher,
	const struct mac_alg *mac, const uint8_t *key, const uint8_t *iv,
	const uint8_t *mac_key, bool encrypt);
void sealer_free(struct sealer *s);

/* Bytes after the padding. */
size_t sealer_tag_len(const struct sealer *s);
/* Granularity of the padded part. */
size_t sealer_block_len(const struct sealer *s);
/* The four length bytes are outside the padded part (AEAD and -etm). */
bool sealer_length_outside(const struct sealer *s);
/* Bytes that must be there before the length can be read: 4, or a block for
 * encrypt-and-mac. */
size_t sealer_head_len(const struct sealer *s);

/* Seals the packet at `pkt`: `len` bytes from the length field to the end of
 * the padding; tag_len bytes of room follow. `seq` is the sequence number. */
int sealer_seal(
	struct sealer *s, uint32_t seq, uint8_t *pkt, size_t len) WARN_UNUSED;

/* The plain packet_length of the sealed packet at `pkt`, of which head_len
 * bytes are there. For encrypt-and-mac this decrypts the first block in place,
 * so it is called once a packet (the caller keeps the answer). The length is
 * not yet authenticated: the caller caps it. */
int sealer_open_length(struct sealer *s, uint32_t seq, uint8_t *pkt,
	uint32_t *ret_packet_length) WARN_UNUSED;

/* Verifies and decrypts in place: 4 + packet_length + tag_len bytes are at
 * `pkt`. Afterwards the four length bytes hold whatever; padding_length,
 * payload and padding are plain. -ERR_MAC when the tag is wrong; nothing of the
 * packet may be used then. The caller guarantees that packet_length is a
 * multiple of the block as sealer_length_outside says. */
int sealer_open(struct sealer *s, uint32_t seq, uint8_t *pkt,
	uint32_t packet_length) WARN_UNUSED;

#endif
