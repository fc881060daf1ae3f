/*
 * The binary packet protocol. The first byte chooses the keys (both sides have
 * them); then come steps, a byte and a length each: bytes as the peer sends
 * them, or the inside of a packet that the peer seals.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ssh/namelist.h"
#include "ssh/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
	struct packet *in;
	struct sealer *peer; /* NULL: in the clear */
	uint32_t seq;
	bool over;
};

static const char *const seals[][2] = {
	{"aes128-gcm@openssh.com", NULL},
	{"chacha20-poly1305@openssh.com", NULL},
	{"aes128-ctr", "hmac-sha2-256-etm@openssh.com"},
	{"aes128-ctr", "hmac-sha2-256"},
};
#define SEALS (sizeof(seals) / sizeof(seals[0]))

static struct sealer *sealer(const char *const names[2], bool encrypt)
{
	static const uint8_t key[64];
	const struct mac_alg *mac = NULL;
	struct sealer *s;

	if (names[1] != NULL)
		mac = mac_alg_find(slice_of(names[1]));
	s = sealer_new(cipher_alg_find(slice_of(names[0])), mac, key, key,
		mac != NULL ? key : NULL, encrypt);
	if (s == NULL)
		abort();
	return s;
}

static void drain(struct world *w)
{
	struct slice payload;
	unsigned sum = 0;
	int err;

	while ((err = packet_next(w->in, &payload)) == 0) {
		if (payload.len == 0 || payload.len > PACKET_LENGTH_MAX)
			abort();
		for (size_t i = 0; i < payload.len; i++)
			sum += payload.p[i];
	}
	w->over = err != -ERR_AGAIN || sum == 1u << 31;
}

static void feed(struct world *w, const uint8_t *p, size_t n)
{
	while (n != 0 && !w->over) {
		size_t room, len;
		uint8_t *at = packet_in_space(w->in, &room);

		if (room == 0)
			abort();
		len = n < room ? n : room;
		memcpy(at, p, len);
		packet_in_commit(w->in, len);
		drain(w);
		p += len;
		n -= len;
	}
}

/* The inside starts with padding_length; it is filled up to whole blocks. */
static void feed_sealed(struct world *w, struct slice inside, size_t split)
{
	size_t block = w->peer != NULL ? sealer_block_len(w->peer) : 8;
	size_t head = w->peer != NULL && sealer_length_outside(w->peer) ? 0 : 4;
	size_t len = (inside.len + head + block) / block * block - head, total;
	uint8_t *pkt = mem_zalloc(1, 4 + len + 64);

	memcpy(pkt + 4, inside.p, inside.len);
	pkt[1] = (uint8_t)(len >> 16);
	pkt[2] = (uint8_t)(len >> 8);
	pkt[3] = (uint8_t)len;
	total = 4 + len;
	if (w->peer != NULL) {
		if (sealer_seal(w->peer, w->seq, pkt, total) != 0)
			abort();
		total += sealer_tag_len(w->peer);
	}
	w->seq++;
	split = split < total ? split : total;
	feed(w, pkt, split);
	feed(w, pkt + split, total - split);
	free(pkt);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_of(data, size);
	size_t kind = rd_u8(&r) % (SEALS + 1);
	struct world w = {.in = packet_new()};

	if (kind != 0) {
		w.peer = sealer(seals[kind - 1], true);
		packet_set_in(w.in, sealer(seals[kind - 1], false), true);
	}
	while (r.left >= 3 && !w.over) {
		uint8_t what = rd_u8(&r);
		size_t n = (size_t)rd_u8(&r) << 8;
		struct slice bytes;

		n |= rd_u8(&r);
		bytes = rd_bytes(&r, n < r.left ? n : r.left);
		if (what % 4 == 0)
			feed(&w, bytes.p, bytes.len);
		else
			feed_sealed(&w, bytes, what / 4);
	}
	packet_free(w.in);
	sealer_free(w.peer);
	return 0;
}
