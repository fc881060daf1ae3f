/* ssh/auth: the publickey method, with key files, the agent, certificates. */
#include "fake_auth.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "ssh/privkey.h"

static struct {
	struct pubkey *ed, *locked, *rsa, *ed_cert, *rsa_cert, *ecdsa;
	struct privkey *agent_ed; /* what the agent would sign with */
} keys;

static char folder[] = "/tmp/taupe-auth-XXXXXX";

static struct pubkey *read_public(const char *path)
{
	struct buf line = BUF_INIT;
	struct pubkey *key;

	assert_int_equal(file_read(path, 1 << 20, &line, NULL), 0);
	assert_int_equal(pubkey_parse_line(
				 (struct slice){buf_ptr(&line), buf_len(&line)},
				 &key, NULL),
		0);
	buf_done(&line);
	return key;
}

static int make_keys(void)
{
	return system("q='ssh-keygen -q -N'; $q '' -t ed25519 -f ed && "
		      "$q '' -t ed25519 -f ca && "
		      "$q '' -t ecdsa -b 384 -f ecdsa && "
		      "$q '' -t rsa -b 2048 -f rsa && "
		      "$q moles -a 1 -t ed25519 -f locked && "
		      "$q moles -t ecdsa -m PKCS8 -f hidden && "
		      "ssh-keygen -q -s ca -I id ed.pub rsa.pub && "
		      "cp ed open");
}

static int setup_keys(void **state)
{
	const struct secret none = SECRET_INIT;

	if (mkdtemp(folder) == NULL || chdir(folder) != 0 || make_keys() != 0)
		return -1;
	keys.ed = read_public("ed.pub");
	keys.locked = read_public("locked.pub");
	keys.rsa = read_public("rsa.pub");
	keys.ecdsa = read_public("ecdsa.pub");
	keys.ed_cert = read_public("ed-cert.pub");
	keys.rsa_cert = read_public("rsa-cert.pub");
	return privkey_load("ed", &none, &keys.agent_ed, NULL);
}

static int teardown_keys(void **state)
{
	char command[64];

	pubkey_free(keys.ed);
	pubkey_free(keys.locked);
	pubkey_free(keys.rsa);
	pubkey_free(keys.ecdsa);
	pubkey_free(keys.ed_cert);
	pubkey_free(keys.rsa_cert);
	privkey_free(keys.agent_ed);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return chdir("/") != 0 || system(command) != 0;
}

static void begin(const struct auth_key *list, size_t n)
{
	fake.config.keys = list;
	fake.config.n_keys = n;
	fake_start();
	say_failure("publickey", false);
}

static void expect_query(const struct pubkey *key, const char *alg)
{
	struct rd r = sent_request("publickey");

	assert_false(rd_bool(&r));
	assert_true(slice_is(rd_string(&r), alg));
	assert_true(slice_equal(rd_string(&r), pubkey_blob(key)));
	assert_true(rd_end(&r));
}

/* The signature must be over RFC 4252 §7's data, put together here anew. */
static void expect_signed(const struct pubkey *key, const char *alg)
{
	struct rd r = sent_request("publickey");
	struct slice blob = pubkey_blob(key), signature;
	struct buf data = BUF_INIT;

	assert_true(rd_bool(&r));
	assert_true(slice_is(rd_string(&r), alg));
	assert_true(slice_equal(rd_string(&r), blob));
	signature = rd_string(&r);
	assert_true(rd_end(&r));
	buf_put_cstring(&data, SESSION_ID);
	buf_put_u8(&data, 50);
	buf_put_cstring(&data, "ada");
	buf_put_cstring(&data, "ssh-connection");
	buf_put_cstring(&data, "publickey");
	buf_put_bool(&data, true);
	buf_put_cstring(&data, alg);
	buf_put_string(&data, blob.p, blob.len);
	assert_int_equal(
		pubkey_verify(key, slice_of(alg), signature,
			(struct slice){buf_ptr(&data), buf_len(&data)}),
		0);
	buf_done(&data);
}

static int say_pk_ok(const struct pubkey *key, const char *alg)
{
	struct slice blob = pubkey_blob(key);
	struct buf b = BUF_INIT;

	buf_put_u8(&b, 60);
	buf_put_cstring(&b, alg);
	buf_put_string(&b, blob.p, blob.len);
	return feed(&b);
}

static void expect_passphrase_prompt(unsigned n_asked, bool retry)
{
	assert_int_equal(fake.n_asked, n_asked);
	assert_int_equal(fake.prompt->kind, PROMPT_PASSPHRASE);
	assert_string_equal(fake.prompt->about, "locked");
	assert_int_equal(fake.prompt->retry, retry);
	assert_int_equal(fake.prompt->n_fields, 1);
	assert_false(fake.prompt->field[0].echo);
}

/* ---- files ---- */

static void each_type_signs(void **state)
{
	const struct {
		struct auth_key key;
		const char *alg;
	} rows[] = {
		{{keys.ed, NULL, "ed", ""}, "ssh-ed25519"},
		{{keys.ecdsa, NULL, "ecdsa", ""}, "ecdsa-sha2-nistp384"},
		{{keys.rsa, NULL, "rsa", ""}, "rsa-sha2-512"},
		{{keys.ed_cert, NULL, "ed", ""},
			"ssh-ed25519-cert-v01@openssh.com"},
		{{keys.rsa_cert, NULL, "rsa", ""},
			"rsa-sha2-512-cert-v01@openssh.com"},
	};
	char fingerprint[PUBKEY_FINGERPRINT_MAX];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fake.n_sent = fake.n_done = 0;
		begin(&rows[i].key, 1);
		expect_query(rows[i].key.key, rows[i].alg);
		assert_int_equal(say_pk_ok(rows[i].key.key, rows[i].alg), 0);
		expect_signed(rows[i].key.key, rows[i].alg);
		say_success();
		assert_string_equal(fake.method, "publickey");
		pubkey_fingerprint(rows[i].key.key, fingerprint);
		assert_string_equal(fake.how, fingerprint);
		auth_free(fake.a);
	}
	fake.a = NULL;
	assert_int_equal(fake.n_asked, 0);
}

static void keys_go_in_order(void **state)
{
	const struct auth_key list[] = {{keys.ed, NULL, "ed", ""},
		{keys.ecdsa, NULL, "missing", ""},
		{keys.locked, NULL, "ed", ""}, {keys.rsa, NULL, "/a/rsa", ""}};

	begin(list, 4);
	expect_query(keys.ed, "ssh-ed25519");
	say_failure("publickey", false);
	expect_query(keys.ecdsa, "ecdsa-sha2-nistp384");
	/* It can't be read … */
	assert_int_equal(say_pk_ok(keys.ecdsa, "ecdsa-sha2-nistp384"), 0);
	/* … and this public half belongs to another file. */
	expect_query(keys.locked, "ssh-ed25519");
	assert_int_equal(say_pk_ok(keys.locked, "ssh-ed25519"), 0);
	expect_query(keys.rsa, "rsa-sha2-512");
	auth_server_sig_algs(fake.a, slice_of("rsa-sha2-512"));
	say_failure("publickey,password", false);
	assert_int_equal(fake.n_asked, 1); /* the password */
	auth_answer(fake.a, NULL, 0);
	expect_end(-ERR_CANCELLED,
		"publickey (ed, missing: not_found, ed: key_format, /a/rsa)",
		"publickey,password");
}

static void readable_by_others(void **state)
{
	const struct auth_key key = {keys.ed, NULL, "open", ""};

	assert_int_equal(chmod("open", 0644), 0);
	begin(&key, 1);
	assert_int_equal(say_pk_ok(keys.ed, "ssh-ed25519"), 0);
	expect_end(-ERR_AUTH_FAILED, "publickey (open: key_permissions)",
		"publickey");
}

static void home_is_shortened(void **state)
{
	const struct auth_key list[] = {{keys.ed, NULL, "/home/ada/.ssh/k", ""},
		{keys.ed, NULL, "/home/adah/k", ""}};

	setenv("HOME", "/home/ada", 1);
	begin(list, 2);
	say_failure("publickey", false);
	say_failure("publickey", false);
	expect_end(-ERR_AUTH_FAILED, "publickey (~/.ssh/k, /home/adah/k)",
		"publickey");
}

static void long_lists_fit(void **state)
{
	struct auth_key list[20];
	const char *tried;

	for (size_t i = 0; i < 20; i++)
		list[i] = (struct auth_key){keys.ed, NULL, NULL, "ada@laptop"};
	begin(list, 20);
	for (size_t i = 0; i < 20; i++)
		say_failure("publickey,keyboard-interactive,password", false);
	say_failure("password", false);
	answer("wrong", NULL);
	say_failure("", false);
	tried = trouble_get(&fake.trouble, "tried");
	assert_int_equal(fake.err, -ERR_AUTH_FAILED);
	assert_non_null(strstr(tried, "… agent key 'ada@laptop', SHA256:"));
	assert_non_null(
		strstr(tried, ", +18), keyboard-interactive, password"));
}

/* ---- passphrases ---- */

static void passphrase_only_once_wanted(void **state)
{
	const struct auth_key key = {keys.locked, NULL, "locked", ""};

	begin(&key, 1);
	expect_query(keys.locked, "ssh-ed25519");
	assert_int_equal(fake.n_asked, 0);
	assert_int_equal(say_pk_ok(keys.locked, "ssh-ed25519"), 0);
	expect_passphrase_prompt(1, false);
	assert_int_equal(say_banner("hurry"), 0);
	answer("wrong", NULL);
	expect_passphrase_prompt(2, true);
	answer("moles", NULL);
	expect_signed(keys.locked, "ssh-ed25519");
	assert_int_equal(fake.n_learned, 0);
	say_success();
	assert_int_equal(fake.n_learned, 1);
	assert_int_equal(fake.learned_kind, PROMPT_PASSPHRASE);
	assert_string_equal(fake.learned, "moles");
	assert_string_equal(fake.learned_about, "locked");
}

static void passphrase_three_tries(void **state)
{
	const struct auth_key list[] = {
		{keys.locked, NULL, "locked", ""}, {keys.ed, NULL, "ed", ""}};

	begin(list, 2);
	assert_int_equal(say_pk_ok(keys.locked, "ssh-ed25519"), 0);
	for (unsigned i = 1; i <= 3; i++) {
		expect_passphrase_prompt(i, i > 1);
		answer("wrong", NULL);
	}
	expect_query(keys.ed, "ssh-ed25519");
	say_failure("publickey", false);
	expect_end(-ERR_AUTH_FAILED, "publickey (locked: key_passphrase, ed)",
		"publickey");
}

static void empty_passphrase_skips(void **state)
{
	const struct auth_key key = {keys.locked, NULL, "locked", ""};

	begin(&key, 1);
	assert_int_equal(say_pk_ok(keys.locked, "ssh-ed25519"), 0);
	answer("", NULL);
	assert_int_equal(fake.n_asked, 1);
	expect_end(-ERR_AUTH_FAILED, "publickey (locked: key_passphrase)",
		"publickey");
}

static void cancelled_passphrase(void **state)
{
	const struct auth_key key = {keys.locked, NULL, "locked", ""};

	begin(&key, 1);
	assert_int_equal(say_pk_ok(keys.locked, "ssh-ed25519"), 0);
	auth_answer(fake.a, NULL, 0);
	assert_int_equal(fake.err, -ERR_CANCELLED);
}

static void known_passphrase(void **state)
{
	const struct auth_key list[] = {
		{keys.ed, NULL, "ed", ""}, {keys.locked, NULL, "locked", ""}};
	struct secret known = SECRET_INIT;

	secret_set(&known, "moles", 5);
	fake.config.passphrase = &known;
	fake.config.may_ask = false;
	begin(list, 2);
	/* It does no harm to a key without one. */
	assert_int_equal(say_pk_ok(keys.ed, "ssh-ed25519"), 0);
	expect_signed(keys.ed, "ssh-ed25519");
	say_failure("publickey", false);
	assert_int_equal(say_pk_ok(keys.locked, "ssh-ed25519"), 0);
	expect_signed(keys.locked, "ssh-ed25519");
	say_success();
	secret_done(&known);
}

static void no_one_to_ask(void **state)
{
	const struct auth_key key = {keys.locked, NULL, "locked", ""};

	fake.config.may_ask = false;
	begin(&key, 1);
	assert_int_equal(say_pk_ok(keys.locked, "ssh-ed25519"), 0);
	expect_end(-ERR_NEED_INPUT, "publickey (locked: key_passphrase)",
		"publickey");
	assert_string_equal(trouble_get(&fake.trouble, "about"), "locked");
}

/* A file that hides its public half: opened first, then offered. */
static void hidden_public_half(void **state)
{
	const struct auth_key key = {NULL, NULL, "hidden", ""};
	struct pubkey *public = read_public("hidden.pub");

	begin(&key, 1);
	assert_int_equal(fake.n_asked, 1);
	assert_int_equal(fake.prompt->kind, PROMPT_PASSPHRASE);
	assert_int_equal(fake.n_sent, 1);
	answer("moles", NULL);
	expect_query(public, "ecdsa-sha2-nistp256");
	assert_int_equal(say_pk_ok(public, "ecdsa-sha2-nistp256"), 0);
	expect_signed(public, "ecdsa-sha2-nistp256");
	say_success();
	assert_string_equal(fake.learned, "moles");
	pubkey_free(public);
}

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
		T(each_type_signs),
		T(keys_go_in_order),
		T(readable_by_others),
		T(home_is_shortened),
		T(long_lists_fit),
		T(passphrase_only_once_wanted),
		T(passphrase_three_tries),
		T(empty_passphrase_skips),
		T(cancelled_passphrase),
		T(known_passphrase),
		T(no_one_to_ask),
		T(hidden_public_half),
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
