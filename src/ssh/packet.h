/*
 * The binary packet protocol, RFC 4253 §6, over buffers: bytes from the peer
 * become payloads where they lie, payloads become sealed bytes to send.
 *
 * Sending is in place. packet_reserve gives room for a payload inside the
 * output, the caller writes or recv()s into it, packet_commit seals it there.
 * Output lies in chunks, so nothing is ever moved; many packets leave in one
 * writev. Receiving is in place as well: packet_next hands out the decrypted
 * payload inside the input, good until the next packet_in_space.
 *
 * No policy: what may be sent when is the session's business. One owner, one
 * thread.
 */
#ifndef TAUPE_SSH_PACKET_H
#define TAUPE_SSH_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/err.h"
#include "base/rd.h"
#include "ssh/sealer.h"

/* The longest packet_length that we take: OpenSSH's own limit. */
#define PACKET_LENGTH_MAX (256 * 1024)
/* The longest payload that packet_reserve gives room for. */
#define PACKET_PAYLOAD_MAX (64 * 1024)

struct packet;

struct packet *packet_new(void);
void packet_free(struct packet *p);

/* ---- sending ---- */

/* Room for a payload of up to `max` <= PACKET_PAYLOAD_MAX bytes. Nothing else
 * may be reserved before packet_commit; reserving again without a commit gives
 * the first up. */
uint8_t *packet_reserve(struct packet *p, size_t max);
/* Room for up to `n` packets in a row: the first payload's place, and in
 * `*ret_stride` the way to the next one's, which is right as long as those
 * before it are committed with exactly `max` bytes. Returns how many there is
 * room for, at least one. */
int packet_reserve_run(struct packet *p, size_t max, int n, uint8_t **ret_first,
	size_t *ret_stride);
/* Pads and seals the `len` bytes that were written there. -ERR_CRYPTO. */
int packet_commit(struct packet *p, size_t len) WARN_UNUSED;
/* The next packet's padding rounds it up to a multiple of `n` <= 128, to hide
 * the length of what is in it (a password). */
void packet_pad_next(struct packet *p, size_t n);
/* Both, for a payload that lies elsewhere; any length up to PACKET_PAYLOAD_MAX.
 */
int packet_send(struct packet *p, const void *payload, size_t len) WARN_UNUSED;
/* Bytes outside of any packet: the version line. */
void packet_send_raw(struct packet *p, const void *bytes, size_t len);

/* Sealed bytes that wait to be sent. */
size_t packet_out_bytes(const struct packet *p);
/* Fills at most `max` iovecs with them, in order; returns how many. */
int packet_out_iov(const struct packet *p, struct iovec *iov, int max);
/* `n` of them are gone. */
void packet_out_done(struct packet *p, size_t n);

/* ---- receiving ---- */

/* Where received bytes go, at least one. Kills payloads handed out before. */
uint8_t *packet_in_space(struct packet *p, size_t *ret_len);
void packet_in_commit(struct packet *p, size_t n);
/* The raw bytes that wait, before the first packet (version exchange). */
struct slice packet_in_raw(const struct packet *p);
void packet_in_skip(struct packet *p, size_t n);
/* The next payload (at least its type byte). -ERR_AGAIN: more bytes are needed.
 * -ERR_PROTOCOL: a length out of range. -ERR_MAC: the tag is wrong. */
int packet_next(struct packet *p, struct slice *ret_payload) WARN_UNUSED;
/* Sequence number of the payload that packet_next gave last. */
uint32_t packet_in_seq(const struct packet *p);
/* Of the packet that was committed last. */
uint32_t packet_out_seq(const struct packet *p);

/* ---- keys ---- */

/* Takes over the sealer; counters of bytes and packets start over, the sequence
 * number too when `reset_seq` (strict KEX). */
void packet_set_out(struct packet *p, struct sealer *s, bool reset_seq);
void packet_set_in(struct packet *p, struct sealer *s, bool reset_seq);

struct packet_count {
	uint64_t packets, bytes;
};
/* Since the keys of that direction were set. */
struct packet_count packet_out_count(const struct packet *p);
struct packet_count packet_in_count(const struct packet *p);

#endif
