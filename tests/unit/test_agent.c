/* ssh/agent: replies made by hand, and a real ssh-agent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "sandbox.h"
#include "ssh/agent.h"

/* A made-up ed25519 key. */
static void put_key(struct buf *b)
{
	uint8_t point[32] = {9};

	buf_put_u32(b, 4 + 11 + 4 + 32);
	buf_put_cstring(b, "ssh-ed25519");
	buf_put_string(b, point, sizeof(point));
}

static int parse(const struct buf *b, size_t *ret_n)
{
	struct agent_identity *list;
	int err = agent_parse_identities(buf_slice(b), &list, ret_n);

	if (err == 0)
		agent_identities_free(list, *ret_n);
	return err;
}

static void requests(void **state)
{
	static const struct {
		const char *alg;
		uint8_t flags;
	} rows[] = {
		{"ssh-ed25519", 0},
		{"ecdsa-sha2-nistp256", 0},
		{"rsa-sha2-256", 2},
		{"rsa-sha2-512", 4},
		{"rsa-sha2-512-cert-v01@openssh.com", 4},
		{"no-such", 0},
	};
	struct buf b = BUF_INIT;

	(void)state;
	agent_request_identities(&b);
	assert_int_equal(buf_len(&b), 5);
	assert_memory_equal(buf_ptr(&b), "\0\0\0\x01\x0b", 5);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_clear(&b);
		agent_request_sign(&b,
			(struct slice){(const uint8_t *)"key", 3},
			(struct slice){(const uint8_t *)"data", 4},
			rows[i].alg);
		assert_int_equal(buf_len(&b), 24);
		assert_memory_equal(buf_ptr(&b),
			"\0\0\0\x14\x0d\0\0\0\x03key\0\0\0\x04"
			"data\0\0\0",
			23);
		assert_int_equal(buf_ptr(&b)[23], rows[i].flags);
	}
	buf_done(&b);
}

static void replies_arrive_in_pieces(void **state)
{
	static const uint8_t stream[] = "\0\0\0\x03xyz\0\0\0\x01q";
	struct buf b = BUF_INIT;
	struct slice payload;
	size_t n;

	(void)state;
	for (size_t i = 0; i < 7; i++) {
		assert_int_equal(
			agent_next_reply(&b, &payload, &n), -ERR_AGAIN);
		buf_put_u8(&b, stream[i]);
	}
	buf_put(&b, stream + 7, 5);
	assert_int_equal(agent_next_reply(&b, &payload, &n), 0);
	assert_true(slice_is(payload, "xyz"));
	buf_consume(&b, n);
	assert_int_equal(agent_next_reply(&b, &payload, &n), 0);
	assert_true(slice_is(payload, "q"));
	buf_clear(&b);
	buf_put_u32(&b, 0);
	assert_int_equal(agent_next_reply(&b, &payload, &n), -ERR_AGENT);
	buf_clear(&b);
	buf_put_u32(&b, AGENT_REPLY_MAX + 1);
	assert_int_equal(agent_next_reply(&b, &payload, &n), -ERR_AGENT);
	buf_done(&b);
}

static void hostile_identity_lists(void **state)
{
	struct buf b = BUF_INIT;
	size_t n;

	(void)state;
	buf_put_u8(&b, 5); /* failure */
	assert_int_equal(parse(&b, &n), -ERR_AGENT);
	buf_clear(&b);
	buf_put_u8(&b, 12);
	assert_int_equal(parse(&b, &n), -ERR_AGENT);
	buf_put_u32(&b, UINT32_MAX);
	assert_int_equal(parse(&b, &n), -ERR_AGENT);
	buf_clear(&b);
	buf_put_u8(&b, 12);
	buf_put_u32(&b, 2);
	put_key(&b);
	buf_put_cstring(&b, "a comment");
	assert_int_equal(parse(&b, &n), -ERR_AGENT);
	buf_put_u32(&b, 100); /* a blob that is not there */
	buf_put_u32(&b, 0);
	assert_int_equal(parse(&b, &n), -ERR_AGENT);
	buf_done(&b);
}

static void unknown_keys_are_left_out(void **state)
{
	struct agent_identity *list;
	struct buf b = BUF_INIT;
	size_t n;

	(void)state;
	buf_put_u8(&b, 12);
	buf_put_u32(&b, 3);
	buf_put_cstring(&b, "\0\0\0\x07ssh-new");
	buf_put_cstring(&b, "tomorrow's");
	put_key(&b);
	buf_put_cstring(&b, "\033]0;owned\007");
	buf_put_cstring(&b, "");
	buf_put_cstring(&b, "");
	assert_int_equal(agent_parse_identities(buf_slice(&b), &list, &n), 0);
	assert_int_equal(n, 1);
	assert_string_equal(list[0].comment, "?]0;owned?");
	agent_identities_free(list, n);
	agent_identities_free(NULL, 0);
	buf_done(&b);
}

static void signatures(void **state)
{
	struct buf b = BUF_INIT;
	struct slice s;

	(void)state;
	buf_put_u8(&b, 14);
	assert_int_equal(agent_parse_signature(buf_slice(&b), &s), -ERR_AGENT);
	buf_put_u32(&b, 11);
	buf_put_cstring(&b, "alg");
	assert_int_equal(agent_parse_signature(buf_slice(&b), &s), -ERR_AGENT);
	buf_put_u32(&b, 0);
	assert_int_equal(agent_parse_signature(buf_slice(&b), &s), -ERR_AGENT);
	buf_clear(&b);
	buf_put_u8(&b, 14);
	buf_put_u32(&b, 14);
	buf_put_cstring(&b, "alg");
	buf_put_cstring(&b, "sig");
	assert_int_equal(agent_parse_signature(buf_slice(&b), &s), 0);
	assert_int_equal(s.len, 14);
	buf_put_u8(&b, 0);
	assert_int_equal(agent_parse_signature(buf_slice(&b), &s), -ERR_AGENT);
	buf_clear(&b);
	buf_put_u8(&b, 5);
	assert_int_equal(agent_parse_signature(buf_slice(&b), &s), -ERR_AGENT);
	buf_done(&b);
}

/* ---- a real agent ---- */

static int ask(const struct buf *request, struct buf *in, struct slice *payload)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = "agent"};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), err;
	size_t consume;
	ssize_t n;

	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(write(fd, buf_ptr(request), buf_len(request)),
		buf_len(request));
	buf_clear(in);
	do {
		n = read(fd, buf_reserve(in, 4096), 4096);
		assert_true(n > 0);
		buf_commit(in, (size_t)n);
		err = agent_next_reply(in, payload, &consume);
	} while (err == -ERR_AGAIN);
	close(fd);
	return err;
}

static void list_keys(
	struct buf *in, struct agent_identity **ret_list, size_t *ret_n)
{
	struct buf request = BUF_INIT;
	struct slice payload;

	agent_request_identities(&request);
	assert_int_equal(ask(&request, in, &payload), 0);
	assert_int_equal(agent_parse_identities(payload, ret_list, ret_n), 0);
	buf_done(&request);
}

static int sign(const struct pubkey *key, const char *alg, struct slice data)
{
	struct buf request = BUF_INIT, in = BUF_INIT;
	struct slice payload, signature;
	int err;

	agent_request_sign(&request, pubkey_blob(key), data, alg);
	assert_int_equal(ask(&request, &in, &payload), 0);
	err = agent_parse_signature(payload, &signature);
	if (err == 0)
		err = pubkey_verify(key,
			(struct slice){(const uint8_t *)alg, strlen(alg)},
			signature, data);
	buf_done(&request);
	buf_done(&in);
	return err;
}

static const char *algorithm(const struct pubkey *key)
{
	return pubkey_type(key) == PUBKEY_RSA ? "rsa-sha2-256"
					      : pubkey_name(key);
}

static void every_key_type_lists_and_signs(void **state)
{
	struct slice data = {(const uint8_t *)"to be signed", 12};
	struct agent_identity *list;
	struct buf in = BUF_INIT;
	bool cert = false;
	size_t n;

	(void)state;
	list_keys(&in, &list, &n);
	/* ed25519 comes with its certificate */
	assert_int_equal(n, 6);
	for (size_t i = 0; i < n; i++) {
		cert = cert || pubkey_is_cert(list[i].key);
		assert_string_equal(list[i].comment, "k");
		assert_int_equal(
			sign(list[i].key, algorithm(list[i].key), data), 0);
		if (pubkey_type(list[i].key) == PUBKEY_RSA)
			assert_int_equal(
				sign(list[i].key, "rsa-sha2-512", data), 0);
	}
	assert_true(cert);
	agent_identities_free(list, n);
	buf_done(&in);
}

static void locked_agent(void **state)
{
	static const uint8_t lock[] = "\0\0\0\x06\x16\0\0\0\x01x";
	static const uint8_t unlock[] = "\0\0\0\x06\x17\0\0\0\x01x";
	struct slice data = {(const uint8_t *)"x", 1}, payload;
	struct agent_identity *list, *none;
	struct buf in = BUF_INIT, b = BUF_INIT;
	size_t n, m;

	(void)state;
	list_keys(&in, &list, &n);
	buf_put(&b, lock, sizeof(lock) - 1);
	assert_int_equal(ask(&b, &in, &payload), 0);
	list_keys(&in, &none, &m);
	assert_int_equal(m, 0);
	agent_identities_free(none, m);
	assert_int_equal(
		sign(list[0].key, algorithm(list[0].key), data), -ERR_AGENT);
	buf_clear(&b);
	buf_put(&b, unlock, sizeof(unlock) - 1);
	assert_int_equal(ask(&b, &in, &payload), 0);
	assert_int_equal(sign(list[0].key, algorithm(list[0].key), data), 0);
	agent_identities_free(list, n);
	buf_done(&b);
	buf_done(&in);
}

static pid_t agent;

static int setup(void **state)
{
	if (sandbox_setup(state) != 0)
		return -1;
	agent = sandbox_start_agent();
	return sandbox_run(
		"exec >/dev/null 2>&1;"
		"keygen() { ssh-keygen -q -N '' -C k \"$@\"; };"
		"keygen -t ed25519 -f ed && keygen -t ecdsa -f e256 &&"
		"keygen -t ecdsa -b 384 -f e384 &&"
		"keygen -t ecdsa -b 521 -f e521 &&"
		"keygen -t rsa -b 2048 -f rsa && keygen -t ed25519 -f ca &&"
		"ssh-keygen -s ca -I id -n me ed.pub &&"
		"until test -S agent; do kill -0 %d || exit 1; done;"
		"SSH_AUTH_SOCK=agent ssh-add ed e256 e384 e521 rsa",
		(int)agent);
}

static int teardown(void **state)
{
	sandbox_stop_agent(agent);
	return sandbox_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests),
		cmocka_unit_test(replies_arrive_in_pieces),
		cmocka_unit_test(hostile_identity_lists),
		cmocka_unit_test(unknown_keys_are_left_out),
		cmocka_unit_test(signatures),
		cmocka_unit_test(every_key_type_lists_and_signs),
		cmocka_unit_test(locked_agent),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
