/* ssh/packet: round trips with every sealer, packets that arrive in pieces, and
 * packets that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ssh/namelist.h"
#include "ssh/packet.h"

static struct packet *from, *to;

static int setup(void **state)
{
	from = packet_new();
	to = packet_new();
	return 0;
}

static int teardown(void **state)
{
	packet_free(from);
	packet_free(to);
	return 0;
}

static void fresh(void)
{
	teardown(NULL);
	setup(NULL);
}

static struct sealer *sealer(const char *cipher, const char *mac, bool encrypt)
{
	static const uint8_t key[64] = "a key of sixty-four bytes, of which "
				       "some take all";
	const struct cipher_alg *c = cipher_alg_find(slice_of(cipher));
	const struct mac_alg *m =
		mac[0] != '\0' ? mac_alg_find(slice_of(mac)) : NULL;
	struct sealer *s =
		sealer_new(c, m, key, key, m != NULL ? key : NULL, encrypt);

	assert_non_null(s);
	return s;
}

/* As many pairs as there are; the first is in the clear. */
static const char *const seals[][2] = {
	{"", ""},
	{"aes128-gcm@openssh.com", ""},
	{"aes256-gcm@openssh.com", ""},
	{"chacha20-poly1305@openssh.com", ""},
	{"aes128-ctr", "hmac-sha2-256-etm@openssh.com"},
	{"aes192-ctr", "hmac-sha2-512-etm@openssh.com"},
	{"aes256-ctr", "hmac-sha2-256"},
	{"aes128-ctr", "hmac-sha2-512"},
};
#define SEALS (sizeof(seals) / sizeof(seals[0]))

static void set_keys(size_t i, bool reset_seq)
{
	if (seals[i][0][0] == '\0')
		return;
	packet_set_out(from, sealer(seals[i][0], seals[i][1], true), reset_seq);
	packet_set_in(to, sealer(seals[i][0], seals[i][1], false), reset_seq);
}

static uint8_t byte_at(size_t len, size_t at)
{
	return (uint8_t)(len * 7 + at * 13 + (at >> 8));
}

static void send_one(size_t len)
{
	uint8_t *p = packet_reserve(from, len);

	for (size_t i = 0; i < len; i++)
		p[i] = byte_at(len, i);
	assert_int_equal(packet_commit(from, len), 0);
}

static void assert_payload(struct slice s, size_t len)
{
	assert_int_equal(s.len, len);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(s.p[i], byte_at(len, i));
}

/* Moves at most `max` bytes across; returns how many. */
static size_t move(size_t max)
{
	struct iovec iov;
	size_t room, n;
	uint8_t *at;

	if (packet_out_iov(from, &iov, 1) == 0)
		return 0;
	at = packet_in_space(to, &room);
	assert_true(room != 0);
	n = iov.iov_len < room ? iov.iov_len : room;
	n = n < max ? n : max;
	memcpy(at, iov.iov_base, n);
	packet_in_commit(to, n);
	packet_out_done(from, n);
	return n;
}

static int receive(struct slice *ret, size_t step)
{
	int err;

	while ((err = packet_next(to, ret)) == -ERR_AGAIN && move(step) != 0)
		continue;
	return err;
}

static void round_trips(void **state)
{
	static const size_t lens[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
		14, 15, 16, 17, 31, 32, 33, 255, 256, 257, 4095, 32767, 32768,
		32777, 65535, PACKET_PAYLOAD_MAX};
	const size_t n = sizeof(lens) / sizeof(lens[0]);

	for (size_t seal = 0; seal < SEALS; seal++) {
		struct slice s;

		fresh();
		set_keys(seal, false);
		for (size_t i = 0; i < n; i++)
			send_one(lens[i]);
		for (size_t i = 0; i < n; i++) {
			assert_int_equal(receive(&s, SIZE_MAX), 0);
			assert_payload(s, lens[i]);
			assert_int_equal(packet_in_seq(to), i);
		}
		assert_int_equal(packet_out_seq(from), n - 1);
		assert_int_equal(receive(&s, SIZE_MAX), -ERR_AGAIN);
		assert_int_equal(packet_out_bytes(from), 0);
		assert_int_equal(packet_out_count(from).packets, n);
		assert_int_equal(packet_in_count(to).packets, n);
		assert_int_equal(packet_in_count(to).bytes,
			packet_out_count(from).bytes);
	}
}

static void byte_by_byte(void **state)
{
	for (size_t seal = 0; seal < SEALS; seal++) {
		struct slice s;

		fresh();
		set_keys(seal, false);
		for (size_t len = 1; len < 40; len++)
			send_one(len);
		send_one(40000);
		for (size_t len = 1; len < 40; len++) {
			assert_int_equal(receive(&s, 1), 0);
			assert_payload(s, len);
		}
		assert_int_equal(receive(&s, 1), 0);
		assert_payload(s, 40000);
	}
}

/* Padded as RFC 4253 §6 wants, and as told. */
static void padding(void **state)
{
	for (size_t seal = 0; seal < SEALS; seal++)
		for (size_t len = 1; len < 300; len++) {
			size_t before, plain;
			struct slice s;

			fresh();
			set_keys(seal, false);
			send_one(len);
			plain = packet_out_bytes(from);
			assert_true(plain >= 16);
			packet_pad_next(from, 64);
			send_one(len);
			before = packet_out_bytes(from) - plain;
			assert_true(before >= plain);
			send_one(len);
			assert_int_equal(
				packet_out_bytes(from), 2 * plain + before);
			for (int i = 0; i < 3; i++)
				assert_int_equal(receive(&s, SIZE_MAX), 0);
		}
}

static void chunks(void **state)
{
	struct iovec iov[4];
	struct slice s;

	set_keys(1, false);
	for (int i = 0; i < 200; i++)
		send_one(30000);
	assert_int_equal(packet_out_iov(from, iov, 4), 4);
	assert_int_equal(packet_out_iov(from, iov, 0), 0);
	for (int i = 0; i < 200; i++) {
		assert_int_equal(receive(&s, 1000 + (size_t)i * 997), 0);
		assert_payload(s, 30000);
	}
	assert_int_equal(packet_out_iov(from, iov, 4), 0);
	assert_int_equal(packet_out_bytes(from), 0);
}

static void a_reservation_given_up(void **state)
{
	struct slice s;

	set_keys(1, false);
	for (int i = 0; i < 100; i++) {
		memset(packet_reserve(from, 60000), 'x', 60000);
		send_one((size_t)i + 1);
	}
	for (int i = 0; i < 100; i++) {
		assert_int_equal(receive(&s, SIZE_MAX), 0);
		assert_payload(s, (size_t)i + 1);
	}
}

/* Written in one go over several packets, sealed one by one. */
static void runs(void **state)
{
	for (size_t seal = 0; seal < SEALS; seal++)
		for (size_t len = 1; len < 40000; len = len * 5 + 3) {
			uint8_t *first;
			size_t stride;
			struct slice s;
			int n;

			fresh();
			set_keys(seal, false);
			send_one(1000);
			n = packet_reserve_run(from, len, 6, &first, &stride);
			assert_true(n >= 1 && n <= 6);
			for (int i = 0; i < n; i++)
				for (size_t j = 0; j < len; j++)
					first[(size_t)i * stride + j] =
						byte_at(len, j);
			for (int i = 0; i < n; i++) {
				assert_ptr_equal(packet_reserve(from, len),
					first + (size_t)i * stride);
				assert_int_equal(packet_commit(from, len), 0);
			}
			assert_int_equal(receive(&s, SIZE_MAX), 0);
			for (int i = 0; i < n; i++) {
				assert_int_equal(receive(&s, SIZE_MAX), 0);
				assert_payload(s, len);
			}
		}
}

static void too_long_to_send(void **state)
{
	uint8_t *big = mem_zalloc(1, PACKET_PAYLOAD_MAX + 1);

	assert_int_equal(packet_send(from, big, 0), -ERR_INTERNAL);
	assert_int_equal(
		packet_send(from, big, PACKET_PAYLOAD_MAX + 1), -ERR_INTERNAL);
	assert_int_equal(packet_send(from, big, PACKET_PAYLOAD_MAX), 0);
	free(big);
}

/* ---- lies ---- */

static void give(const uint8_t *p, size_t n)
{
	while (n != 0) {
		size_t room, len;
		uint8_t *at = packet_in_space(to, &room);

		assert_true(room != 0);
		len = n < room ? n : room;
		memcpy(at, p, len);
		packet_in_commit(to, len);
		p += len;
		n -= len;
	}
}

static void lengths_out_of_range(void **state)
{
	static const uint32_t lens[] = {0, 1, 4, 5, 8, 11, 13, 27,
		PACKET_LENGTH_MAX + 4, 0x7fffffff, 0x80000000, UINT32_MAX - 3,
		UINT32_MAX};
	struct slice s;

	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		uint8_t head[4] = {(uint8_t)(lens[i] >> 24),
			(uint8_t)(lens[i] >> 16), (uint8_t)(lens[i] >> 8),
			(uint8_t)lens[i]};

		fresh();
		give(head, 3);
		assert_int_equal(packet_next(to, &s), -ERR_AGAIN);
		give(head + 3, 1);
		assert_int_equal(packet_next(to, &s), -ERR_PROTOCOL);
	}
}

static void the_longest(void **state)
{
	uint8_t *p = mem_zalloc(1, PACKET_LENGTH_MAX + 4);
	struct slice s;

	/* 4 + length is a multiple of eight. */
	p[1] = (uint8_t)((PACKET_LENGTH_MAX - 4) >> 16);
	p[2] = (uint8_t)((PACKET_LENGTH_MAX - 4) >> 8);
	p[3] = (uint8_t)(PACKET_LENGTH_MAX - 4);
	p[4] = 4;
	give(p, 100);
	assert_int_equal(packet_next(to, &s), -ERR_AGAIN);
	give(p + 100, PACKET_LENGTH_MAX - 100);
	assert_int_equal(packet_next(to, &s), 0);
	assert_int_equal(s.len, PACKET_LENGTH_MAX - 9);
	free(p);
}

static void paddings_out_of_range(void **state)
{
	for (unsigned pad = 0; pad < 256; pad++) {
		uint8_t packet[16] = {0, 0, 0, 12, (uint8_t)pad};
		struct slice s;
		int err;

		fresh();
		give(packet, sizeof(packet));
		err = packet_next(to, &s);
		assert_int_equal(
			err, pad >= 4 && pad <= 10 ? 0 : -ERR_PROTOCOL);
		if (err == 0)
			assert_int_equal(s.len, 11 - pad);
	}
}

static void garbage_when_sealed(void **state)
{
	for (size_t seal = 1; seal < SEALS; seal++)
		for (unsigned fill = 0; fill < 256; fill += 51) {
			uint8_t bytes[4096];
			struct slice s;
			int err;

			fresh();
			set_keys(seal, false);
			memset(bytes, (int)fill, sizeof(bytes));
			give(bytes, sizeof(bytes));
			err = packet_next(to, &s);
			assert_true(err == -ERR_MAC || err == -ERR_PROTOCOL ||
				    err == -ERR_AGAIN);
		}
}

static void flipped_bits(void **state)
{
	for (size_t seal = 1; seal < SEALS; seal++)
		for (size_t at = 4; at < 48; at++) {
			struct iovec iov;
			struct slice s;

			fresh();
			set_keys(seal, false);
			send_one(20);
			assert_int_equal(packet_out_iov(from, &iov, 1), 1);
			if (at >= iov.iov_len)
				continue;
			((uint8_t *)iov.iov_base)[at] ^= 0x10;
			assert_int_not_equal(receive(&s, SIZE_MAX), 0);
		}
}

/* ---- sequence numbers ---- */

static void numbers_go_on_or_start_over(void **state)
{
	for (size_t seal = 1; seal < SEALS; seal++)
		for (int reset = 0; reset < 2; reset++) {
			struct slice s;

			fresh();
			for (int i = 0; i < 3; i++) {
				send_one(5);
				assert_int_equal(receive(&s, SIZE_MAX), 0);
			}
			set_keys(seal, reset != 0);
			assert_int_equal(packet_in_count(to).packets, 0);
			assert_int_equal(packet_out_count(from).bytes, 0);
			send_one(5);
			assert_int_equal(receive(&s, SIZE_MAX), 0);
			assert_int_equal(packet_in_seq(to), reset ? 0 : 3);
		}
}

/* A packet that was lost on the way is noticed. */
static void numbers_that_differ(void **state)
{
	for (size_t seal = 1; seal < SEALS; seal++) {
		struct slice s;

		fresh();
		set_keys(seal, false);
		send_one(5);
		packet_out_done(from, packet_out_bytes(from));
		send_one(5);
		assert_int_not_equal(receive(&s, SIZE_MAX), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(round_trips),
		T(byte_by_byte),
		T(padding),
		T(chunks),
		T(a_reservation_given_up),
		T(runs),
		T(too_long_to_send),
		T(lengths_out_of_range),
		T(the_longest),
		T(paddings_out_of_range),
		T(garbage_when_sealed),
		T(flipped_bits),
		T(numbers_go_on_or_start_over),
		T(numbers_that_differ),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
