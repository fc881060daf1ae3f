/* ssh/kex: new keys while data flows both ways on many channels. Every byte is
 * compared with what its place says it must be. */
#include "session_world.h"

#include "ssh/channel.h"
#include "ssh/session_private.h"

#define CHANNELS 24
#define BYTES    (192 * 1024)
#define IOV      4

static struct flow {
	struct channel *ch;
	uint64_t sent, got; /* by the client */
	uint64_t server_sent, server_got;
	uint32_t client_id, window; /* as the server sees them */
	bool open;
} flows[CHANNELS];

static uint8_t byte_at(size_t i, int way, uint64_t at)
{
	return (uint8_t)(at * 131 + (at >> 8) * 7 + i * 17 + way * 101);
}

static void fill(uint8_t *p, size_t n, size_t i, int way, uint64_t at)
{
	for (size_t j = 0; j < n; j++)
		p[j] = byte_at(i, way, at + j);
}

static void compare(const uint8_t *p, size_t n, size_t i, int way, uint64_t at)
{
	for (size_t j = 0; j < n; j++)
		assert_int_equal(p[j], byte_at(i, way, at + j));
}

/* ---- the client's side ---- */

static void pull(struct flow *f)
{
	struct iovec iov[IOV];

	while (f->sent < BYTES) {
		int n = channel_reserve(f->ch, iov, IOV);
		size_t total = 0;

		if (n == 0)
			return;
		for (int i = 0; i < n && f->sent + total < BYTES; i++) {
			size_t len = iov[i].iov_len;

			if (len > BYTES - f->sent - total)
				len = BYTES - f->sent - total;
			fill(iov[i].iov_base, len, (size_t)(f - flows), 0,
				f->sent + total);
			total += len;
			if (len < iov[i].iov_len)
				break;
		}
		channel_commit(f->ch, total);
		f->sent += total;
	}
	channel_eof(f->ch);
}

static void on_opened(void *arg)
{
	pull(arg);
}

static void on_failed(void *arg, uint32_t reason, const char *text)
{
	fail();
}

static void on_data(void *arg, const uint8_t *p, size_t n)
{
	struct flow *f = arg;

	compare(p, n, (size_t)(f - flows), 1, f->got);
	f->got += n;
	channel_consumed(f->ch, n, w.now_us);
}

static void on_eof(void *arg)
{
}

static void on_closed(void *arg, bool lost)
{
	struct flow *f = arg;

	f->ch = NULL;
}

static void on_writable(void *arg)
{
	pull(arg);
}

static const struct channel_ops flow_ops = {
	.opened = on_opened,
	.failed = on_failed,
	.data = on_data,
	.eof = on_eof,
	.closed = on_closed,
	.writable = on_writable,
};

/* ---- the server's side ---- */

static void confirm(struct rd *r)
{
	struct buf b = BUF_INIT;
	struct flow *f = flows;

	while (f->open)
		f++;
	assert_true(slice_is(rd_string(r), "direct-tcpip"));
	f->client_id = rd_u32(r);
	f->window = rd_u32(r);
	f->open = true;
	buf_put_u8(&b, MSG_CHANNEL_OPEN_CONFIRMATION);
	buf_put_u32(&b, f->client_id);
	buf_put_u32(&b, (uint32_t)(f - flows));
	buf_put_u32(&b, 64 * 1024);
	buf_put_u32(&b, 8 * 1024);
	fake_sshd_send_buf(w.d, &b);
	buf_done(&b);
}

static void take_data(struct flow *f, struct slice data)
{
	struct buf b = BUF_INIT;

	assert_true(data.len <= 8 * 1024);
	compare(data.p, data.len, (size_t)(f - flows), 0, f->server_got);
	f->server_got += data.len;
	buf_put_u8(&b, MSG_CHANNEL_WINDOW_ADJUST);
	buf_put_u32(&b, f->client_id);
	buf_put_u32(&b, (uint32_t)data.len);
	fake_sshd_send_buf(w.d, &b);
	buf_done(&b);
}

static void on_message(void *arg, struct slice payload)
{
	struct rd r = rd_slice(payload);
	uint8_t type = rd_u8(&r);
	struct flow *f;

	if (type == MSG_CHANNEL_OPEN) {
		confirm(&r);
		return;
	}
	if (type < MSG_CHANNEL_OPEN)
		return;
	f = &flows[rd_u32(&r)];
	if (type == MSG_CHANNEL_WINDOW_ADJUST)
		f->window += rd_u32(&r);
	else if (type == MSG_CHANNEL_DATA)
		take_data(f, rd_string(&r));
}

static void server_sends(struct flow *f, size_t i)
{
	struct buf b = BUF_INIT;
	size_t n = BYTES - f->server_sent;

	n = n > 5000 ? 5000 : n;
	n = n > f->window ? f->window : n;
	if (!f->open || n == 0)
		return;
	buf_put_u8(&b, MSG_CHANNEL_DATA);
	buf_put_u32(&b, f->client_id);
	buf_put_u32(&b, (uint32_t)n);
	fill(buf_reserve(&b, n), n, i, 1, f->server_sent);
	buf_commit(&b, n);
	f->server_sent += n;
	f->window -= (uint32_t)n;
	fake_sshd_send_buf(w.d, &b);
	buf_done(&b);
}

static void start(void)
{
	memset(flows, 0, sizeof(flows));
	w.server.message = on_message;
	world_started_ready();
	for (size_t i = 0; i < CHANNELS; i++) {
		flows[i].ch = channel_open_tcp(w.s, "target", 80, "127.0.0.1",
			1, &flow_ops, &flows[i]);
		assert_non_null(flows[i].ch);
	}
}

static bool under_way(void)
{
	for (size_t i = 0; i < CHANNELS; i++)
		if (flows[i].server_sent < BYTES || flows[i].sent < BYTES)
			return true;
	return false;
}

static void run(void (*each)(unsigned round))
{
	unsigned round;

	for (round = 0; under_way(); round++) {
		assert_true(round < 10000);
		for (size_t i = 0; i < CHANNELS; i++)
			server_sends(&flows[i], i);
		each(round);
		world_trip();
		assert_int_equal(w.n_down, 0);
	}
	world_pump();
	for (size_t i = 0; i < CHANNELS; i++) {
		assert_int_equal(flows[i].got, BYTES);
		assert_int_equal(flows[i].server_got, BYTES);
	}
	assert_int_equal(w.n_down, 0);
	/* Ours were never sent while keys were exchanged. */
	assert_int_equal(w.d->n_early, 0);
	assert_int_equal(w.n_host_key, 1);
}

static void by_server(unsigned round)
{
	if (round % 3 == 1)
		fake_sshd_rekey(w.d);
}

static void by_client(unsigned round)
{
	if (round % 3 == 1 && !session_is_rekeying(w.s))
		kex_start(w.s);
}

static void by_both(unsigned round)
{
	if (round % 3 != 1 || session_is_rekeying(w.s))
		return;
	fake_sshd_rekey(w.d);
	kex_start(w.s);
}

static void by_itself(unsigned round)
{
}

static void server_starts(void **state)
{
	start();
	run(by_server);
	assert_true(w.d->n_kex > 10);
}

static void client_starts(void **state)
{
	start();
	run(by_client);
	assert_true(w.d->n_kex > 10);
}

static void both_start_at_once(void **state)
{
	start();
	run(by_both);
	assert_true(w.d->n_kex > 10);
}

static void both_start_without_strict(void **state)
{
	w.server.strict = false;
	w.server.cipher = "chacha20-poly1305@openssh.com";
	w.step = 1013;
	start();
	run(by_both);
	assert_true(w.d->n_kex > 10);
}

static void bytes_ask_for_it(void **state)
{
	w.config.rekey_bytes = 256 * 1024;
	start();
	run(by_itself);
	assert_true(w.d->n_kex >= 2 * CHANNELS * BYTES / (512 * 1024) / 2);
}

static void time_asks_for_it(void **state)
{
	w.config.rekey_s = 3600;
	world_started_ready();
	assert_true(session_deadline_us(w.s) <= w.now_us + 3600ull * 1000000);
	w.now_us += 3599ull * 1000000;
	session_tick(w.s, w.now_us);
	assert_false(session_is_rekeying(w.s));
	w.now_us = session_deadline_us(w.s);
	session_tick(w.s, w.now_us);
	assert_true(session_is_rekeying(w.s));
	world_pump();
	assert_int_equal(w.d->n_kex, 2);
	assert_false(session_is_rekeying(w.s));
	assert_true(session_deadline_us(w.s) > w.now_us);
}

/* Whatever either side says meanwhile comes after, in its order. */
static void requests_wait_for_it(void **state)
{
	static const uint8_t ask[] = {MSG_GLOBAL_REQUEST, 0, 0, 0, 1, 'x', 1};

	world_started_ready();
	world_pump();
	/* Sent before the server's KEXINIT, read while ours is out. */
	kex_start(w.s);
	fake_sshd_send(w.d, ask, sizeof(ask));
	session_forward(w.s, NULL, "", 8080, NULL, NULL);
	assert_null(w.s->kex.method);
	world_pump();
	assert_int_equal(w.d->n_kex, 2);
	assert_int_equal(w.d->n_early, 0);
	assert_int_equal(w.n_down, 0);
	/* ready's keep-alive, then the forward; the answer came between. */
	assert_int_equal(w.n_requests, 2);
}

static void falls_in_the_middle(void **state)
{
	start();
	for (unsigned i = 0; i < 5; i++)
		world_trip();
	fake_sshd_rekey(w.d);
	receive(w.wire, fake_sshd_output(w.d, w.wire, sizeof(w.wire)));
	assert_true(session_is_rekeying(w.s));
	session_input_end(w.s, "reset");
	assert_down(-ERR_LINK_LOST);
	for (size_t i = 0; i < CHANNELS; i++)
		assert_null(flows[i].ch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
		T(server_starts),
		T(client_starts),
		T(both_start_at_once),
		T(both_start_without_strict),
		T(bytes_ask_for_it),
		T(time_asks_for_it),
		T(requests_wait_for_it),
		T(falls_in_the_middle),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
