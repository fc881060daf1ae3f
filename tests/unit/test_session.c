/* ssh/session, ssh/kex, ssh/version: the way in, and what breaks it. */
#include "session_world.h"

#include <stdio.h>

#include "ssh/session_private.h"

static void goes_in(void **state)
{
	world_started_ready();
	assert_int_equal(w.n_host_key, 1);
	assert_int_equal(w.d->n_kex, 1);
	assert_true(w.d->strict);
	assert_string_equal(
		session_server_version(w.s), "SSH-2.0-FakeSSHD_1.0");
	assert_string_equal(session_cipher(w.s), "aes128-gcm@openssh.com");
	assert_string_equal(session_kex(w.s), "curve25519-sha256");
	assert_string_equal(session_host_key_alg(w.s), "ssh-ed25519");
	assert_true(session_rtt_us(w.s) > 0);
	assert_int_equal(w.d->n_early, 0);
}

static void goes_in_byte_by_byte(void **state)
{
	w.step = 1;
	world_started_ready();
}

static void goes_in_with_every_sealer(void **state)
{
	static const char *const ciphers[] = {"aes128-gcm@openssh.com",
		"aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com",
		"aes128-ctr", "aes256-ctr"};
	static const char *const macs[] = {"hmac-sha2-256-etm@openssh.com",
		"hmac-sha2-512-etm@openssh.com", "hmac-sha2-256",
		"hmac-sha2-512"};

	for (size_t i = 0; i < 5; i++)
		for (size_t j = 0; j < (i < 3 ? 1 : 4); j++)
			for (int strict = 0; strict < 2; strict++) {
				world_setup(NULL);
				w.server.cipher = ciphers[i];
				w.server.mac = macs[j];
				w.server.strict = strict != 0;
				world_started_ready();
				assert_string_equal(
					session_cipher(w.s), ciphers[i]);
				world_teardown(NULL);
			}
	world_setup(NULL);
}

static void waits_for_the_host_key(void **state)
{
	unsigned before;

	w.defer_host_key = true;
	w.server.ping = "0";
	world_start();
	assert_int_equal(w.n_host_key, 1);
	/* KEXINIT and the method's message: nothing more. */
	before = w.d->n_messages;
	assert_int_equal(before, 2);
	w.now_us += 3600ull * 1000000;
	session_tick(w.s, w.now_us);
	world_pump();
	assert_int_equal(w.d->n_messages, before);
	assert_int_equal(session_output_bytes(w.s), 0);
	w.now_us += 3600ull * 1000000;
	session_accept_host_key(w.s, w.now_us);
	session_accept_host_key(w.s, w.now_us);
	world_pump();
	assert_int_equal(w.n_ready, 1);
	/* The hour was not the path's. */
	assert_true(w.rtt_at_ready_us < 1000000);
}

static void refuses_the_host_key(void **state)
{
	struct trouble t;

	w.defer_host_key = true;
	world_start();
	trouble_set(&t, ERR_HOST_KEY_CHANGED);
	session_fail(w.s, ERR_HOST_KEY_CHANGED, &t);
	assert_down(-ERR_HOST_KEY_CHANGED);
	world_pump();
	assert_int_equal(w.d->last_type, MSG_DISCONNECT);
	assert_int_equal(
		buf_ptr(&w.last)[4], DISCONNECT_HOST_KEY_NOT_VERIFIABLE);
	session_accept_host_key(w.s, w.now_us);
	assert_int_equal(session_output_bytes(w.s), 0);
}

static void refuses_a_bad_proof(void **state)
{
	w.server.bad_signature = true;
	world_start();
	assert_down(-ERR_HOST_KEY_INVALID);
	assert_string_equal(
		trouble_get(&w.trouble, "detail"), "its signature is wrong");
	assert_int_equal(w.n_host_key, 0);
}

static void asks_for_a_password(void **state)
{
	char answer[] = "secret";
	struct secret secret = {answer, 6};
	size_t bytes;

	w.server.password = "secret";
	world_start();
	assert_int_equal(w.n_ask, 1);
	session_answer(w.s, &secret, 1);
	world_pump();
	assert_int_equal(w.n_ready, 1);
	bytes = w.d->last_auth_bytes;
	/* Lengths of passwords don't show. */
	world_teardown(NULL);
	world_setup(NULL);
	w.server.password = "a longer one";
	world_start();
	secret = (struct secret){(char *)(uintptr_t)w.server.password,
		strlen(w.server.password)};
	session_answer(w.s, &secret, 1);
	world_pump();
	assert_int_equal(w.n_ready, 1);
	assert_int_equal(w.d->last_auth_bytes, bytes);
}

/* RFC 4253 §9: either side may, at any time. */
static void server_rekeys_in_auth(void **state)
{
	char answer[] = "secret";
	struct secret secret = {answer, 6};

	w.server.password = "secret";
	w.server.rekey_in_auth = true;
	world_start();
	assert_int_equal(w.n_down, 0);
	assert_int_equal(w.n_ask, 1);
	assert_int_equal(w.d->n_kex, 2);
	/* An answer given while keys are exchanged waits, padded as ever. */
	fake_sshd_rekey(w.d);
	session_answer(w.s, &secret, 1);
	world_pump();
	assert_int_equal(w.n_ready, 1);
	assert_int_equal(w.d->n_kex, 3);
	assert_int_equal(w.d->n_early, 0);
	assert_int_equal(w.n_host_key, 1);
}

/* ---- strict KEX, and what is legal without ---- */

static void strict_violations(void **state)
{
	for (int where = 0; where < 3; where++)
		for (uint8_t type = 2; type <= 4; type++) {
			world_setup(NULL);
			*(where == 0         ? &w.server.before_kexinit
				: where == 1 ? &w.server.after_kexinit
					     : &w.server.after_reply) = type;
			world_start();
			assert_down(-ERR_PROTOCOL);
			assert_int_equal(w.n_ready, 0);
			world_teardown(NULL);
		}
	world_setup(NULL);
}

static void lax_servers_may(void **state)
{
	for (int where = 0; where < 4; where++)
		for (uint8_t type = 2; type <= 4; type += 2) {
			world_setup(NULL);
			w.server.strict = false;
			*(where == 0         ? &w.server.before_kexinit
				: where == 1 ? &w.server.after_kexinit
				: where == 2 ? &w.server.after_reply
					     : &w.server.after_newkeys) = type;
			world_started_ready();
			world_teardown(NULL);
		}
	world_setup(NULL);
}

static void ext_info_only_sealed(void **state)
{
	for (int strict = 0; strict < 2; strict++) {
		world_setup(NULL);
		w.server.strict = strict != 0;
		w.server.after_reply = MSG_EXT_INFO;
		world_start();
		assert_down(-ERR_PROTOCOL);
		world_teardown(NULL);
	}
	world_setup(NULL);
	w.server.after_newkeys = MSG_EXT_INFO;
	w.server.sig_algs = "rsa-sha2-256";
	world_started_ready();
}

/* Anything but the exchange before NEWKEYS, sealed or not. */
static void wrong_messages_in_the_exchange(void **state)
{
	static const uint8_t types[] = {5, 6, 8, 19, 20, 21, 30, 33, 49, 50, 52,
		60, 80, 81, 90, 94, 192, 193, 255};

	for (int strict = 0; strict < 2; strict++)
		for (size_t i = 0; i < sizeof(types); i++)
			for (int where = 0; where < 2; where++) {
				world_setup(NULL);
				w.server.strict = strict != 0;
				*(where == 0 ? &w.server.after_kexinit
					     : &w.server.after_reply) =
					types[i];
				world_start();
				assert_int_equal(w.n_down, 1);
				assert_int_equal(w.n_ready, 0);
				world_teardown(NULL);
			}
	world_setup(NULL);
}

static void a_wrong_guess_is_ignored(void **state)
{
	w.server.guess_wrong = true;
	world_started_ready();
	fake_sshd_rekey(w.d);
	world_pump();
	assert_int_equal(w.d->n_kex, 2);
	assert_int_equal(w.n_down, 0);
}

static void nothing_in_common(void **state)
{
	w.server.cipher = "aes128-cbc";
	world_start();
	assert_down(-ERR_NO_COMMON_ALGORITHM);
	assert_string_equal(trouble_get(&w.trouble, "what"), "cipher");
	assert_string_equal(trouble_get(&w.trouble, "theirs"), "aes128-cbc");
	assert_string_equal(
		trouble_get(&w.trouble, "detail"), "cipher: aes128-cbc");
}

static void another_key_in_a_rekey(void **state)
{
	w.server.new_key_each = true;
	world_started_ready();
	fake_sshd_rekey(w.d);
	world_pump();
	assert_down(-ERR_PROTOCOL);
}

/* ---- the end ---- */

static void disconnected_by_server(void **state)
{
	struct buf b = BUF_INIT;

	world_started_ready();
	buf_put_u8(&b, MSG_DISCONNECT);
	buf_put_u32(&b, 11);
	buf_put_cstring(&b, "\x1b[2Jgo \xff away\n\xc2\x9b"
			    "31m\xe2\x80\xae");
	buf_put_cstring(&b, "");
	fake_sshd_send_buf(w.d, &b);
	buf_done(&b);
	world_pump();
	assert_down(-ERR_DISCONNECTED);
	assert_string_equal(trouble_get(&w.trouble, "reason"), "11");
	assert_string_equal(
		trouble_get(&w.trouble, "detail"), "?[2Jgo ? away ?31m");
	assert_int_equal(session_output_bytes(w.s), 0);
}

static void malformed_disconnect(void **state)
{
	static const uint8_t alone = MSG_DISCONNECT;

	world_started_ready();
	fake_sshd_send(w.d, &alone, 1);
	world_pump();
	assert_down(-ERR_DISCONNECTED);
}

static void says_goodbye(void **state)
{
	world_started_ready();
	session_disconnect(w.s);
	session_disconnect(w.s);
	session_input_end(w.s, "later");
	assert_down(0);
	world_pump();
	assert_int_equal(w.d->last_type, MSG_DISCONNECT);
}

static void input_after_the_end_is_nothing(void **state)
{
	world_started_ready();
	session_disconnect(w.s);
	for (int i = 0; i < 1000; i++) {
		size_t room;
		uint8_t *p = session_input_space(w.s, &room);

		assert_true(room > 0);
		memset(p, 0, room);
		session_input(w.s, room, w.now_us);
	}
	session_tick(w.s, w.now_us);
	assert_int_equal(w.n_down, 1);
}

static void the_transport_ends(void **state)
{
	world_started_ready();
	session_input_end(w.s, "reset");
	assert_down(-ERR_LINK_LOST);
	assert_string_equal(trouble_get(&w.trouble, "detail"), "reset");
}

static void a_flipped_bit(void **state)
{
	uint8_t ignore[] = {MSG_IGNORE, 0, 0, 0, 0};
	size_t n;

	world_started_ready();
	fake_sshd_send(w.d, ignore, sizeof(ignore));
	n = fake_sshd_output(w.d, w.wire, sizeof(w.wire));
	w.wire[n - 1] ^= 0x40;
	receive(w.wire, n);
	assert_down(-ERR_MAC);
	assert_non_null(trouble_get(&w.trouble, "detail"));
	world_pump();
	assert_int_equal(buf_ptr(&w.last)[4], DISCONNECT_MAC_ERROR);
}

/* It asks for answers and reads none: a bound, then the end. */
static void ask_and_never_read(void)
{
	struct buf b = BUF_INIT;
	size_t n;

	buf_put_u8(&b, MSG_PING);
	buf_put_u32(&b, 60000);
	memset(buf_reserve(&b, 60000), 'x', 60000);
	buf_commit(&b, 60000);
	for (int i = 0; i < 1000 && w.n_down == 0; i++) {
		fake_sshd_send(w.d, buf_ptr(&b), buf_len(&b));
		while ((n = fake_sshd_output(w.d, w.wire, sizeof(w.wire))) != 0)
			receive(w.wire, n);
		assert_true(session_output_bytes(w.s) + buf_len(&w.s->held) <
			    17u << 20);
	}
	buf_done(&b);
	assert_down(-ERR_LINK_LOST);
}

static void server_stops_reading(void **state)
{
	world_started_ready();
	ask_and_never_read();
	assert_int_equal(buf_len(&w.s->held), 0);
}

/* The same while a key exchange that never ends holds the answers back. */
static void server_stops_in_a_rekey(void **state)
{
	world_started_ready();
	kex_start(w.s);
	ask_and_never_read();
	assert_true(buf_len(&w.s->held) > 15u << 20);
}

static void unknown_messages_are_answered(void **state)
{
	static const uint8_t types[] = {8, 19, 200, 255};

	world_started_ready();
	for (size_t i = 0; i < sizeof(types); i++) {
		fake_sshd_send(w.d, &types[i], 1);
		world_pump();
		assert_int_equal(w.d->last_type, MSG_UNIMPLEMENTED);
	}
	assert_int_equal(w.n_down, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
		T(goes_in),
		T(goes_in_byte_by_byte),
		T(goes_in_with_every_sealer),
		T(waits_for_the_host_key),
		T(refuses_the_host_key),
		T(refuses_a_bad_proof),
		T(asks_for_a_password),
		T(server_rekeys_in_auth),
		T(strict_violations),
		T(lax_servers_may),
		T(ext_info_only_sealed),
		T(wrong_messages_in_the_exchange),
		T(a_wrong_guess_is_ignored),
		T(nothing_in_common),
		T(another_key_in_a_rekey),
		T(disconnected_by_server),
		T(malformed_disconnect),
		T(says_goodbye),
		T(input_after_the_end_is_nothing),
		T(the_transport_ends),
		T(a_flipped_bit),
		T(server_stops_reading),
		T(server_stops_in_a_rekey),
		T(unknown_messages_are_answered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
