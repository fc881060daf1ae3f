/*
 * Invariants: a packet never straddles two chunks; only the last chunk grows;
 * in: head <= tail <= cap, and [head, tail) begins at a packet's first byte
 * (or in the version exchange).
 */
#include "ssh/packet.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <openssl/rand.h>

#include "base/mem.h"

#define HEAD_LEN     5 /* packet_length, padding_length */
#define PADDING_MIN  4
#define TRAILER_MAX  320 /* padding and tag */
#define CHUNK_BYTES  (512 * 1024)
#define IN_CAP_FIRST (32 * 1024)
#define IN_CAP_MAX   (512 * 1024)
#define PADDING_POOL 256

struct chunk {
	TAILQ_ENTRY(chunk) next;
	size_t head, tail;
	uint8_t data[CHUNK_BYTES];
};

struct direction {
	struct sealer *sealer; /* NULL: in the clear */
	uint32_t seq;
	struct packet_count count;
};

struct packet {
	struct direction out, in;
	TAILQ_HEAD(chunks, chunk) chunks;
	struct chunk *spare;
	size_t out_bytes;
	size_t pad_next; /* 0: as little as possible */
	uint8_t padding[PADDING_POOL];

	uint8_t *in_data;
	size_t in_head, in_tail, in_cap;
	bool in_filled; /* the last read took all the room */
	bool have_length;
	uint32_t packet_length; /* valid with have_length */
	uint32_t last_seq;
};

struct packet *packet_new(void)
{
	struct packet *p = mem_zalloc(1, sizeof(*p));

	TAILQ_INIT(&p->chunks);
	p->in_cap = IN_CAP_FIRST;
	p->in_data = mem_alloc(p->in_cap);
	return p;
}

void packet_free(struct packet *p)
{
	struct chunk *c;

	if (p == NULL)
		return;
	while ((c = TAILQ_FIRST(&p->chunks)) != NULL) {
		TAILQ_REMOVE(&p->chunks, c, next);
		free(c);
	}
	free(p->spare);
	free(p->in_data);
	sealer_free(p->out.sealer);
	sealer_free(p->in.sealer);
	free(p);
}

/* ---- sending ---- */

static struct chunk *chunk_with_room(struct packet *p, size_t n)
{
	struct chunk *c = TAILQ_LAST(&p->chunks, chunks);

	if (c != NULL && CHUNK_BYTES - c->tail >= n)
		return c;
	c = p->spare != NULL ? p->spare : mem_alloc(sizeof(*c));
	p->spare = NULL;
	c->head = c->tail = 0;
	TAILQ_INSERT_TAIL(&p->chunks, c, next);
	return c;
}

static size_t padding_for(const struct direction *d, size_t len, size_t round)
{
	size_t block = 8, covered = HEAD_LEN + len, pad;

	if (d->sealer != NULL) {
		block = sealer_block_len(d->sealer);
		if (sealer_length_outside(d->sealer))
			covered -= 4;
	}
	/* A multiple of both: blocks are powers of two. */
	if (block < round)
		block = round;
	pad = block - covered % block;
	return pad < PADDING_MIN ? pad + block : pad;
}

int packet_reserve_run(struct packet *p, size_t max, int n, uint8_t **ret_first,
	size_t *ret_stride)
{
	size_t each = HEAD_LEN + max + TRAILER_MAX;
	struct chunk *c = chunk_with_room(p, each);
	size_t fits = (CHUNK_BYTES - c->tail) / each;

	*ret_first = c->data + c->tail + HEAD_LEN;
	*ret_stride = HEAD_LEN + max + padding_for(&p->out, max, p->pad_next);
	if (p->out.sealer != NULL)
		*ret_stride += sealer_tag_len(p->out.sealer);
	return (size_t)n < fits ? n : (int)fits;
}

uint8_t *packet_reserve(struct packet *p, size_t max)
{
	struct chunk *c = chunk_with_room(p, HEAD_LEN + max + TRAILER_MAX);

	return c->data + c->tail + HEAD_LEN;
}

int packet_commit(struct packet *p, size_t len)
{
	struct chunk *c = TAILQ_LAST(&p->chunks, chunks);
	uint8_t *at = c->data + c->tail;
	size_t pad = padding_for(&p->out, len, p->pad_next),
	       total = HEAD_LEN + len + pad;
	uint32_t length = (uint32_t)(total - 4);
	int err;

	at[0] = (uint8_t)(length >> 24);
	at[1] = (uint8_t)(length >> 16);
	at[2] = (uint8_t)(length >> 8);
	at[3] = (uint8_t)length;
	at[4] = (uint8_t)pad;
	memcpy(at + HEAD_LEN + len, p->padding, pad);
	if (p->out.sealer != NULL) {
		err = sealer_seal(p->out.sealer, p->out.seq, at, total);
		if (err != 0)
			return err;
		total += sealer_tag_len(p->out.sealer);
	}
	p->pad_next = 0;
	p->out.seq++;
	p->out.count.packets++;
	p->out.count.bytes += total;
	c->tail += total;
	p->out_bytes += total;
	return 0;
}

void packet_pad_next(struct packet *p, size_t n)
{
	p->pad_next = n;
}

int packet_send(struct packet *p, const void *payload, size_t len)
{
	if (len == 0 || len > PACKET_PAYLOAD_MAX)
		return -ERR_INTERNAL;
	memcpy(packet_reserve(p, len), payload, len);
	return packet_commit(p, len);
}

void packet_send_raw(struct packet *p, const void *bytes, size_t len)
{
	struct chunk *c = chunk_with_room(p, len);

	memcpy(c->data + c->tail, bytes, len);
	c->tail += len;
	p->out_bytes += len;
}

size_t packet_out_bytes(const struct packet *p)
{
	return p->out_bytes;
}

int packet_out_iov(const struct packet *p, struct iovec *iov, int max)
{
	struct chunk *c;
	int n = 0;

	TAILQ_FOREACH (c, &p->chunks, next) {
		if (n == max)
			break;
		if (c->head == c->tail)
			continue;
		iov[n].iov_base = c->data + c->head;
		iov[n].iov_len = c->tail - c->head;
		n++;
	}
	return n;
}

static void chunk_retire(struct packet *p, struct chunk *c)
{
	TAILQ_REMOVE(&p->chunks, c, next);
	if (p->spare == NULL)
		p->spare = c;
	else
		free(c);
}

void packet_out_done(struct packet *p, size_t n)
{
	struct chunk *c, *after;

	p->out_bytes -= n;
	for (c = TAILQ_FIRST(&p->chunks); c != NULL; c = after) {
		size_t here = c->tail - c->head;

		if (n < here) {
			c->head += n;
			return;
		}
		n -= here;
		after = TAILQ_NEXT(c, next);
		chunk_retire(p, c);
	}
}

/* ---- receiving ---- */

uint8_t *packet_in_space(struct packet *p, size_t *ret_len)
{
	size_t left = p->in_tail - p->in_head, want = p->in_cap;

	if (p->in_filled && want < IN_CAP_MAX)
		want *= 2;
	if (p->have_length && want < HEAD_LEN + p->packet_length + TRAILER_MAX)
		want = IN_CAP_MAX;
	p->in_filled = false;
	if (want > p->in_cap) {
		uint8_t *grown = mem_alloc(want);

		memcpy(grown, p->in_data + p->in_head, left);
		free(p->in_data);
		p->in_data = grown;
		p->in_cap = want;
	} else if (p->in_head != 0) {
		memmove(p->in_data, p->in_data + p->in_head, left);
	}
	p->in_head = 0;
	p->in_tail = left;
	*ret_len = p->in_cap - p->in_tail;
	return p->in_data + p->in_tail;
}

void packet_in_commit(struct packet *p, size_t n)
{
	p->in_tail += n;
	p->in_filled = p->in_tail == p->in_cap;
}

struct slice packet_in_raw(const struct packet *p)
{
	return (struct slice){p->in_data + p->in_head, p->in_tail - p->in_head};
}

void packet_in_skip(struct packet *p, size_t n)
{
	p->in_head += n;
}

static bool length_fits(const struct direction *d, uint32_t length)
{
	size_t block = 8, covered = (size_t)length + 4;

	if (d->sealer != NULL) {
		block = sealer_block_len(d->sealer);
		if (sealer_length_outside(d->sealer))
			covered = length;
	}
	/* padding_length, a type byte and the shortest padding */
	return length >= 1 + 1 + PADDING_MIN && length <= PACKET_LENGTH_MAX &&
	       covered % block == 0;
}

static int read_length(struct packet *p, uint8_t *at, size_t avail)
{
	size_t head = p->in.sealer != NULL ? sealer_head_len(p->in.sealer) : 4;
	int err;

	if (avail < head)
		return -ERR_AGAIN;
	if (p->in.sealer != NULL) {
		err = sealer_open_length(
			p->in.sealer, p->in.seq, at, &p->packet_length);
		if (err != 0)
			return err;
	} else {
		struct rd r = rd_of(at, 4);

		p->packet_length = rd_u32(&r);
	}
	if (!length_fits(&p->in, p->packet_length))
		return -ERR_PROTOCOL;
	p->have_length = true;
	return 0;
}

int packet_next(struct packet *p, struct slice *ret_payload)
{
	uint8_t *at = p->in_data + p->in_head;
	size_t avail = p->in_tail - p->in_head, total, pad;
	int err;

	if (!p->have_length && (err = read_length(p, at, avail)) != 0)
		return err;
	total = 4 + (size_t)p->packet_length;
	if (p->in.sealer != NULL)
		total += sealer_tag_len(p->in.sealer);
	if (avail < total)
		return -ERR_AGAIN;
	if (p->in.sealer != NULL) {
		err = sealer_open(
			p->in.sealer, p->in.seq, at, p->packet_length);
		if (err != 0)
			return err;
	}
	pad = at[4];
	if (pad < PADDING_MIN || pad + 2 > p->packet_length)
		return -ERR_PROTOCOL;
	ret_payload->p = at + HEAD_LEN;
	ret_payload->len = p->packet_length - 1 - pad;
	p->last_seq = p->in.seq++;
	p->in.count.packets++;
	p->in.count.bytes += total;
	p->in_head += total;
	p->have_length = false;
	return 0;
}

uint32_t packet_in_seq(const struct packet *p)
{
	return p->last_seq;
}

uint32_t packet_out_seq(const struct packet *p)
{
	return p->out.seq - 1;
}

/* ---- keys ---- */

static void set_keys(struct direction *d, struct sealer *s, bool reset_seq)
{
	sealer_free(d->sealer);
	d->sealer = s;
	d->count = (struct packet_count){0};
	if (reset_seq)
		d->seq = 0;
}

void packet_set_out(struct packet *p, struct sealer *s, bool reset_seq)
{
	set_keys(&p->out, s, reset_seq);
	/* Random padding (RFC 4253 §6): drawn once a key, because it is sealed
	 * with the rest and nobody but the peer ever sees it. */
	if (RAND_bytes(p->padding, sizeof(p->padding)) != 1)
		memset(p->padding, 0, sizeof(p->padding));
}

void packet_set_in(struct packet *p, struct sealer *s, bool reset_seq)
{
	set_keys(&p->in, s, reset_seq);
}

struct packet_count packet_out_count(const struct packet *p)
{
	return p->out.count;
}

struct packet_count packet_in_count(const struct packet *p)
{
	return p->in.count;
}
