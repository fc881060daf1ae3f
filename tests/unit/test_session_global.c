/* ssh/global: keep-alive and its loss, PING, probes, forwards on the server,
 * host keys that it has besides. */
#include "session_world.h"

#include <openssl/evp.h>

#include "ssh/session_private.h"

#define SECOND 1000000ull

static const uint8_t success = MSG_REQUEST_SUCCESS;
static const uint8_t failure = MSG_REQUEST_FAILURE;

static void assert_last_request(const char *name)
{
	struct rd r = rd_of(buf_ptr(&w.last), buf_len(&w.last));

	assert_int_equal(rd_u8(&r), MSG_GLOBAL_REQUEST);
	assert_true(slice_is(rd_string(&r), name));
	assert_true(rd_bool(&r));
}

/* Ready, and the keep-alive that ready sends answered. */
static void ready(void)
{
	world_started_ready();
	if (w.server.ping == NULL) {
		assert_last_request("keepalive@openssh.com");
		fake_sshd_send(w.d, &failure, 1);
	} else {
		assert_int_equal(w.d->last_type, MSG_PING);
		buf_ptr(&w.last)[0] = MSG_PONG;
		fake_sshd_send(w.d, buf_ptr(&w.last), buf_len(&w.last));
	}
	world_pump();
	assert_true(TAILQ_EMPTY(&w.s->replies));
	assert_int_equal(w.n_down, 0);
}

static void tick(void)
{
	w.now_us = session_deadline_us(w.s);
	session_tick(w.s, w.now_us);
	world_pump();
}

static void send_unimplemented(uint32_t seq)
{
	struct buf b = BUF_INIT;

	buf_put_u8(&b, MSG_UNIMPLEMENTED);
	buf_put_u32(&b, seq);
	fake_sshd_send_buf(w.d, &b);
	buf_done(&b);
}

static void alive_while_answered(void **state)
{
	w.config.alive_interval_s = 15;
	ready();
	for (int i = 0; i < 20; i++) {
		tick();
		assert_int_equal(w.n_requests, i + 2);
		fake_sshd_send(w.d, i % 2 != 0 ? &success : &failure, 1);
		world_pump();
	}
	assert_int_equal(w.n_down, 0);
	assert_true(session_rtt_us(w.s) > 0);
}

static void lost_when_unanswered(void **state)
{
	uint64_t heard;

	w.config.alive_interval_s = 15;
	ready();
	heard = w.now_us;
	while (w.n_down == 0)
		tick();
	assert_down(-ERR_LINK_LOST);
	assert_true(w.now_us - heard >= 4 * 15 * SECOND);
	assert_true(w.now_us - heard < 6 * 15 * SECOND);
}

/* Any byte proves that it lives, and what it leaves unanswered is bounded. */
static void alive_by_any_byte(void **state)
{
	static const uint8_t ignore[] = {MSG_IGNORE, 0, 0, 0, 0};

	for (unsigned max = 0; max < 2; max++) {
		world_setup(NULL);
		w.config.alive_interval_s = 15;
		w.config.alive_count_max = max;
		ready();
		for (int i = 0; i < 200; i++) {
			w.now_us += 10 * SECOND;
			fake_sshd_send(w.d, ignore, sizeof(ignore));
			world_pump();
			session_tick(w.s, w.now_us);
			world_pump();
		}
		assert_int_equal(w.n_down, 0);
		assert_true(w.n_requests > 10);
		assert_true(w.n_requests < 30);
		world_teardown(NULL);
	}
	world_setup(NULL);
}

/* TinySSH answers any GLOBAL_REQUEST so. */
static void unimplemented_is_an_answer(void **state)
{
	ready();
	session_probe(w.s, w.now_us, 5 * SECOND);
	world_pump();
	assert_false(TAILQ_EMPTY(&w.s->replies));
	send_unimplemented(w.s->replies.tqh_first->seq - 1); /* another's */
	world_pump();
	assert_false(TAILQ_EMPTY(&w.s->replies));
	send_unimplemented(w.s->replies.tqh_first->seq);
	world_pump();
	assert_true(TAILQ_EMPTY(&w.s->replies));
	w.now_us += 6 * SECOND;
	session_tick(w.s, w.now_us);
	assert_int_equal(w.n_down, 0);
}

static void pings_where_it_may(void **state)
{
	w.server.ping = "0";
	w.config.alive_interval_s = 15;
	ready();
	assert_int_equal(w.n_requests, 0);
	tick();
	assert_int_equal(w.d->last_type, MSG_PING);
	/* The server promised more than it does. */
	session_probe(w.s, w.now_us, 5 * SECOND);
	send_unimplemented(packet_out_seq(w.s->packet));
	world_pump();
	w.now_us += 6 * SECOND;
	session_tick(w.s, w.now_us);
	world_pump();
	assert_int_equal(w.n_down, 0);
	tick();
	assert_last_request("keepalive@openssh.com");
}

static void unknown_ping_versions_are_not_used(void **state)
{
	w.server.ping = "1";
	world_started_ready();
	assert_last_request("keepalive@openssh.com");
}

static void answers_ping(void **state)
{
	uint8_t ping[] = {MSG_PING, 0, 0, 0, 3, 'a', 'b', 'c'};

	ready();
	fake_sshd_send(w.d, ping, sizeof(ping));
	world_pump();
	assert_int_equal(buf_len(&w.last), sizeof(ping));
	ping[0] = MSG_PONG;
	assert_memory_equal(buf_ptr(&w.last), ping, sizeof(ping));
	/* Nobody asked; it is no harm. */
	fake_sshd_send(w.d, ping, sizeof(ping));
	world_pump();
	assert_int_equal(w.n_down, 0);
	ping[0] = MSG_PING;
	fake_sshd_send(w.d, ping, sizeof(ping) - 1);
	world_pump();
	assert_down(-ERR_PROTOCOL);
}

static void a_probe_is_answered(void **state)
{
	ready();
	session_probe(w.s, w.now_us, 5 * SECOND);
	world_pump();
	assert_int_equal(w.n_requests, 2);
	fake_sshd_send(w.d, &failure, 1);
	world_pump();
	assert_int_equal(session_deadline_us(w.s), UINT64_MAX);
}

static void a_probe_is_not_answered(void **state)
{
	ready();
	session_probe(w.s, w.now_us, 5 * SECOND);
	session_probe(w.s, w.now_us, 50 * SECOND);
	assert_int_equal(session_deadline_us(w.s), w.now_us + 5 * SECOND);
	world_pump();
	tick();
	assert_down(-ERR_LINK_LOST);
}

/* ---- forwards on the server ---- */

static struct told {
	unsigned n, order;
	bool success;
	uint32_t port;
} told[3];

static void on_reply(void *arg, bool ok, uint32_t port)
{
	static unsigned order;
	struct told *t = arg;

	t->n++;
	t->order = ++order;
	t->success = ok;
	t->port = port;
}

static void replies_come_in_order(void **state)
{
	static const uint8_t with_port[] = {
		MSG_REQUEST_SUCCESS, 0, 0, 0x1f, 0x90};

	memset(told, 0, sizeof(told));
	ready();
	session_forward(w.s, NULL, "", 0, on_reply, &told[0]);
	world_pump();
	assert_last_request("tcpip-forward");
	session_forward(w.s, "/run/x", NULL, 0, on_reply, &told[1]);
	world_pump();
	assert_last_request("streamlocal-forward@openssh.com");
	session_cancel_forward(w.s, NULL, "", 8080, on_reply, &told[2]);
	fake_sshd_send(w.d, with_port, sizeof(with_port));
	fake_sshd_send(w.d, &failure, 1);
	fake_sshd_send(w.d, &success, 1); /* without data */
	world_pump();
	assert_last_request("cancel-tcpip-forward");
	assert_true(told[0].success && told[0].port == 8080);
	assert_false(told[1].success);
	assert_true(told[2].success && told[2].port == 0);
	assert_true(told[0].order < told[1].order);
	assert_true(told[1].order < told[2].order);
}

static void forgotten_replies(void **state)
{
	memset(told, 0, sizeof(told));
	ready();
	session_forward(w.s, NULL, "", 1, on_reply, &told[0]);
	session_forward(w.s, NULL, "", 2, on_reply, &told[1]);
	session_forget(w.s, &told[0]);
	fake_sshd_send(w.d, &success, 1);
	fake_sshd_send(w.d, &success, 1);
	world_pump();
	assert_int_equal(told[0].n, 0);
	assert_int_equal(told[1].n, 1);
}

/* The server picked a port for a forward that has gone: it gets it back. */
static void a_forgotten_port_is_given_back(void **state)
{
	static const uint8_t with_port[] = {MSG_REQUEST_SUCCESS, 0, 0, 31, 144};

	memset(told, 0, sizeof(told));
	ready();
	session_forward(w.s, NULL, "", 0, on_reply, &told[0]);
	world_pump();
	session_forget(w.s, &told[0]);
	fake_sshd_send(w.d, with_port, sizeof(with_port));
	world_pump();
	assert_int_equal(told[0].n, 0);
	assert_last_request("cancel-tcpip-forward");
	fake_sshd_send(w.d, &success, 1);
	world_pump();
}

static void on_reply_end(void *arg, bool ok, uint32_t port)
{
	session_disconnect(w.s);
}

static void ends_inside_a_reply(void **state)
{
	memset(told, 0, sizeof(told));
	ready();
	session_forward(w.s, NULL, "", 1, on_reply_end, NULL);
	session_forward(w.s, NULL, "", 2, on_reply, &told[0]);
	fake_sshd_send(w.d, &success, 1);
	fake_sshd_send(w.d, &success, 1);
	world_pump();
	assert_down(0);
	assert_int_equal(told[0].n, 0);
}

static void a_reply_to_nothing(void **state)
{
	ready();
	fake_sshd_send(w.d, &success, 1);
	world_pump();
	assert_down(-ERR_PROTOCOL);
}

/* Held back by a key exchange, it can't have been answered. */
static void a_reply_to_what_was_not_sent(void **state)
{
	ready();
	kex_start(w.s);
	session_forward(w.s, NULL, "", 1, NULL, NULL);
	fake_sshd_send(w.d, &success, 1);
	receive(w.wire, fake_sshd_output(w.d, w.wire, sizeof(w.wire)));
	assert_down(-ERR_PROTOCOL);
}

static void requests_of_the_server(void **state)
{
	static const char *const names[] = {
		"keepalive@openssh.com", "hostkeys-00@openssh.com", ""};
	struct buf b = BUF_INIT;

	ready();
	for (size_t i = 0; i < 3; i++) {
		buf_put_u8(&b, MSG_GLOBAL_REQUEST);
		buf_put_cstring(&b, names[i]);
		buf_put_bool(&b, true);
		fake_sshd_send_buf(w.d, &b);
		world_pump();
		assert_int_equal(w.d->last_type, MSG_REQUEST_FAILURE);
	}
	buf_put_u8(&b, MSG_GLOBAL_REQUEST);
	buf_put_u32(&b, 100);
	fake_sshd_send_buf(w.d, &b);
	buf_done(&b);
	world_pump();
	assert_down(-ERR_PROTOCOL);
}

/* ---- host keys ---- */

#define KEYS 3
static EVP_PKEY *keys[KEYS];

static void offer(size_t n_times)
{
	struct buf b = BUF_INIT, blob = BUF_INIT;

	buf_put_u8(&b, MSG_GLOBAL_REQUEST);
	buf_put_cstring(&b, "hostkeys-00@openssh.com");
	buf_put_bool(&b, false);
	buf_put_u32(&b, 11); /* a kind that nobody knows */
	buf_put_cstring(&b, "ssh-new");
	for (size_t i = 0; i < KEYS * n_times; i++) {
		buf_clear(&blob);
		fake_sshd_key_blob(keys[i % KEYS], &blob);
		buf_put_string(&b, buf_ptr(&blob), buf_len(&blob));
	}
	fake_sshd_send_buf(w.d, &b);
	buf_done(&b);
	buf_done(&blob);
	world_pump();
}

static void prove(int bad)
{
	struct buf reply = BUF_INIT;

	buf_put_u8(&reply, MSG_REQUEST_SUCCESS);
	for (int i = 0; i < KEYS; i++) {
		struct buf b = BUF_INIT, blob = BUF_INIT, sig = BUF_INIT;

		fake_sshd_key_blob(keys[i], &blob);
		buf_put_cstring(&b, "hostkeys-prove-00@openssh.com");
		buf_put_string(&b, buf_ptr(&w.d->session_id),
			buf_len(&w.d->session_id));
		buf_put_string(&b, buf_ptr(&blob), buf_len(&blob));
		fake_sshd_sign(keys[i == bad ? (i + 1) % KEYS : i], buf_ptr(&b),
			buf_len(&b), &sig);
		buf_put_string(&reply, buf_ptr(&sig), buf_len(&sig));
		buf_done(&b);
		buf_done(&blob);
		buf_done(&sig);
	}
	fake_sshd_send_buf(w.d, &reply);
	buf_done(&reply);
	world_pump();
}

static int keys_setup(void **state)
{
	for (int i = 0; i < KEYS; i++)
		keys[i] = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	return 0;
}

static int keys_teardown(void **state)
{
	for (int i = 0; i < KEYS; i++)
		EVP_PKEY_free(keys[i]);
	return 0;
}

static void host_keys_proven(void **state)
{
	ready();
	offer(1);
	assert_last_request("hostkeys-prove-00@openssh.com");
	prove(-1);
	assert_int_equal(w.n_host_keys, 1);
	assert_int_equal(w.keys_told, KEYS);
}

static void host_keys_with_one_lie(void **state)
{
	for (int bad = 0; bad < KEYS; bad++) {
		world_setup(NULL);
		ready();
		offer(1);
		prove(bad);
		assert_int_equal(w.n_host_keys, 0);
		assert_int_equal(w.n_down, 0);
		world_teardown(NULL);
	}
	world_setup(NULL);
}

static void host_keys_unproven(void **state)
{
	ready();
	offer(1);
	fake_sshd_send(w.d, &failure, 1);
	world_pump();
	assert_int_equal(w.n_host_keys, 0);
	assert_int_equal(w.n_down, 0);
}

static void host_keys_doubled(void **state)
{
	ready();
	offer(2);
	prove(-1);
	assert_int_equal(w.keys_told, KEYS);
}

/* A look at files each time, if it may. */
static void host_keys_again_and_again(void **state)
{
	unsigned requests;

	ready();
	offer(1);
	prove(-1);
	requests = w.n_requests;
	for (int i = 0; i < 10; i++)
		offer(1);
	assert_int_equal(w.n_requests, requests);
	assert_int_equal(w.n_host_keys, 1);
}

static void host_keys_far_too_many(void **state)
{
	unsigned requests;

	ready();
	requests = w.n_requests;
	offer(300);
	assert_int_equal(w.n_requests, requests);
	assert_int_equal(w.n_down, 0);
}

static void host_keys_not_wanted(void **state)
{
	w.config.update_host_keys = false;
	ready();
	offer(1);
	assert_int_equal(w.n_requests, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
		T(alive_while_answered),
		T(lost_when_unanswered),
		T(alive_by_any_byte),
		T(unimplemented_is_an_answer),
		T(pings_where_it_may),
		T(unknown_ping_versions_are_not_used),
		T(answers_ping),
		T(a_probe_is_answered),
		T(a_probe_is_not_answered),
		T(replies_come_in_order),
		T(forgotten_replies),
		T(a_forgotten_port_is_given_back),
		T(ends_inside_a_reply),
		T(a_reply_to_nothing),
		T(a_reply_to_what_was_not_sent),
		T(requests_of_the_server),
		T(host_keys_proven),
		T(host_keys_with_one_lie),
		T(host_keys_unproven),
		T(host_keys_doubled),
		T(host_keys_again_and_again),
		T(host_keys_far_too_many),
		T(host_keys_not_wanted),
	};
	return cmocka_run_group_tests(tests, keys_setup, keys_teardown);
}
