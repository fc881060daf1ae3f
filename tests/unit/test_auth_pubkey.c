/* ssh/auth: publickey, its algorithms, the agent, the server's part. */
#include "fake_auth_keys.h"

/* ---- RSA and server-sig-algs ---- */

static void rsa_falls_back(void **state)
{
	const struct auth_key key = {keys.rsa, NULL, "rsa", ""};

	begin(&key, 1);
	expect_query(keys.rsa, "rsa-sha2-512");
	say_failure("publickey", false);
	expect_query(keys.rsa, "rsa-sha2-256");
	assert_int_equal(say_pk_ok(keys.rsa, "rsa-sha2-256"), 0);
	expect_signed(keys.rsa, "rsa-sha2-256");
	say_failure("publickey", false);
	expect_end(-ERR_AUTH_FAILED, "publickey (rsa)", "publickey");
}

static void rsa_follows_the_server(void **state)
{
	static const struct {
		const char *list, *alg; /* NULL: the key can't be used */
	} rows[] = {
		{"ssh-ed25519,rsa-sha2-256,rsa-sha2-512", "rsa-sha2-512"},
		{"ssh-ed25519,rsa-sha2-256", "rsa-sha2-256"},
		{"ssh-rsa,ssh-ed25519", NULL},
		{"", NULL},
	};
	const struct auth_key key = {keys.rsa, NULL, "rsa", ""};

	fake.config.keys = &key;
	fake.config.n_keys = 1;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fake.n_sent = fake.n_done = 0;
		fake_start();
		auth_server_sig_algs(fake.a, slice_of("superseded"));
		auth_server_sig_algs(fake.a, slice_of(rows[i].list));
		say_failure("publickey", false);
		if (rows[i].alg != NULL) {
			expect_query(keys.rsa, rows[i].alg);
			/* The list was clear: once is enough. */
			say_failure("publickey", false);
			expect_end(-ERR_AUTH_FAILED, "publickey (rsa)",
				"publickey");
		} else {
			expect_end(-ERR_AUTH_FAILED,
				"publickey (rsa: no_common_algorithm)",
				"publickey");
		}
		auth_free(fake.a);
	}
	fake.a = NULL;
}

static void rsa_certificate_follows_the_server(void **state)
{
	const struct auth_key key = {keys.rsa_cert, NULL, "rsa", ""};
	const char *alg = "rsa-sha2-256-cert-v01@openssh.com";

	fake.config.keys = &key;
	fake.config.n_keys = 1;
	fake_start();
	auth_server_sig_algs(fake.a, slice_of("rsa-sha2-256"));
	say_failure("publickey", false);
	expect_query(keys.rsa_cert, alg);
	assert_int_equal(say_pk_ok(keys.rsa_cert, alg), 0);
	expect_signed(keys.rsa_cert, alg);
}

static void accepted_algorithms_filter(void **state)
{
	const struct auth_key list[] = {{keys.ed, NULL, "ed", ""},
		{keys.rsa, NULL, "rsa", ""}, {keys.ecdsa, NULL, "ecdsa", ""},
		{keys.ed_cert, NULL, "ed", ""}};

	fake.config.accepted_algs = "rsa-sha2-256,ecdsa-*";
	begin(list, 4);
	expect_query(keys.rsa, "rsa-sha2-256");
	say_failure("publickey", false);
	expect_query(keys.ecdsa, "ecdsa-sha2-nistp384");
	say_failure("publickey", false);
	assert_int_equal(fake.n_done, 1);
}

/* ---- the agent ---- */

static void agent_signs(void **state)
{
	/* The certificate is a file's, the agent has the plain key. */
	const struct auth_key list[] = {{keys.rsa, NULL, NULL, "old\x07"},
		{keys.ed_cert, keys.ed, NULL, "x"}};
	const char *alg = "ssh-ed25519-cert-v01@openssh.com";
	struct buf signature = BUF_INIT, sha1 = BUF_INIT;

	begin(list, 2);
	assert_int_equal(say_pk_ok(keys.rsa, "ssh-rsa"), 0);
	assert_int_equal(fake.n_agent, 1);
	assert_string_equal(fake.agent_alg, "rsa-sha2-512");
	assert_true(slice_equal(fake.agent_blob, pubkey_blob(keys.rsa)));
	assert_int_equal(say_banner("touch it"), 0);
	/* An agent that never heard of RSA with SHA-2. */
	buf_put_cstring(&sha1, "ssh-rsa");
	buf_put_cstring(&sha1, "????");
	auth_agent_signed(
		fake.a, (struct slice){buf_ptr(&sha1), buf_len(&sha1)});
	expect_query(keys.ed_cert, alg);
	assert_int_equal(say_pk_ok(keys.ed_cert, alg), 0);
	assert_string_equal(fake.agent_alg, "ssh-ed25519");
	assert_true(slice_equal(fake.agent_blob, pubkey_blob(keys.ed)));
	assert_int_equal(privkey_sign(keys.agent_ed, fake.agent_alg,
				 fake.agent_data, &signature),
		0);
	auth_agent_signed(fake.a,
		(struct slice){buf_ptr(&signature), buf_len(&signature)});
	expect_signed(keys.ed_cert, alg);
	say_success();
	buf_done(&signature);
	buf_done(&sha1);
}

static void agent_refuses(void **state)
{
	const struct auth_key key = {keys.ed, NULL, NULL, "x"};
	char fingerprint[PUBKEY_FINGERPRINT_MAX], tried[128];

	begin(&key, 1);
	assert_int_equal(say_pk_ok(keys.ed, "ssh-ed25519"), 0);
	auth_agent_signed(fake.a, slice_of(""));
	pubkey_fingerprint(keys.ed, fingerprint);
	snprintf(tried, sizeof(tried),
		"publickey (%.19s… agent key 'x': agent_failed)", fingerprint);
	expect_end(-ERR_AUTH_FAILED, tried, "publickey");
	/* A second answer comes too late. */
	auth_agent_signed(fake.a, slice_of(""));
	assert_int_equal(fake.n_done, 1);
}

static void out_of_turn_while_the_agent_signs(void **state)
{
	const struct auth_key key = {keys.ed, NULL, NULL, "x"};

	begin(&key, 1);
	assert_int_equal(say_pk_ok(keys.ed, "ssh-ed25519"), 0);
	assert_int_equal(feed_type(52), -ERR_PROTOCOL);
	auth_agent_signed(fake.a, slice_of(""));
	assert_int_equal(fake.n_done, 0);
}

/* ---- the server's part ---- */

static void wrong_pk_ok(void **state)
{
	const struct auth_key key = {keys.ed, NULL, "ed", ""};
	const struct {
		const struct pubkey *key;
		const char *alg;
	} rows[] = {{keys.rsa, "ssh-ed25519"}, {keys.ed, "ssh-rsa"}};

	for (size_t i = 0; i < 2; i++) {
		fake.n_sent = 0;
		begin(&key, 1);
		assert_int_equal(
			say_pk_ok(rows[i].key, rows[i].alg), -ERR_PROTOCOL);
		auth_free(fake.a);
	}
	/* Twice for the same key: the second is out of turn. */
	fake.n_sent = 0;
	begin(&key, 1);
	assert_int_equal(say_pk_ok(keys.ed, "ssh-ed25519"), 0);
	assert_int_equal(say_pk_ok(keys.ed, "ssh-ed25519"), -ERR_PROTOCOL);
}

static void truncated_pk_ok(void **state)
{
	const struct auth_key key = {keys.ed, NULL, "ed", ""};
	struct slice blob = pubkey_blob(keys.ed);
	struct buf b = BUF_INIT;

	buf_put_u8(&b, 60);
	buf_put_cstring(&b, "ssh-ed25519");
	buf_put_string(&b, blob.p, blob.len);
	for (size_t n = 1; n < buf_len(&b); n++) {
		uint8_t *copy = mem_dup(buf_ptr(&b), n);

		fake.n_sent = 0;
		begin(&key, 1);
		assert_int_equal(auth_input(fake.a, (struct slice){copy, n}),
			-ERR_PROTOCOL);
		auth_free(fake.a);
		free(copy);
	}
	fake.a = NULL;
	buf_done(&b);
}

static void partial_success_takes_another_key(void **state)
{
	const struct auth_key list[] = {
		{keys.ecdsa, NULL, "ecdsa", ""}, {keys.ed, NULL, "ed", ""}};

	begin(list, 2);
	say_failure("publickey", false);
	assert_int_equal(say_pk_ok(keys.ed, "ssh-ed25519"), 0);
	expect_signed(keys.ed, "ssh-ed25519");
	say_failure("publickey", true);
	/* From the start, but for the one that has done its part. */
	expect_query(keys.ecdsa, "ecdsa-sha2-nistp384");
	say_failure("publickey", false);
	expect_end(
		-ERR_AUTH_FAILED, "publickey (ecdsa, ed, ecdsa)", "publickey");
}

static void endless_failures(void **state)
{
	struct auth_key list[AUTH_TRIES_MAX * 2];

	for (size_t i = 0; i < AUTH_TRIES_MAX * 2; i++)
		list[i] = (struct auth_key){keys.ed, NULL, "ed", ""};
	begin(list, AUTH_TRIES_MAX * 2);
	while (fake.n_done == 0)
		say_failure("publickey", false);
	assert_int_equal(fake.n_sent, AUTH_TRIES_MAX);
	assert_int_equal(fake.err, -ERR_AUTH_FAILED);
}

#define T(f) cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(rsa_falls_back),
		T(rsa_follows_the_server),
		T(rsa_certificate_follows_the_server),
		T(accepted_algorithms_filter),
		T(agent_signs),
		T(agent_refuses),
		T(out_of_turn_while_the_agent_signs),
		T(wrong_pk_ok),
		T(truncated_pk_ok),
		T(partial_success_takes_another_key),
		T(endless_failures),
	};

	return cmocka_run_group_tests(tests, setup_keys, teardown_keys);
}
