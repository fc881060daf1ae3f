/* ssh/auth: publickey with key files and their passphrases. */
#include "fake_auth_keys.h"

#include <sys/stat.h>

static void expect_passphrase_prompt(unsigned n_asked, bool retry)
{
	assert_int_equal(fake.n_asked, n_asked);
	assert_int_equal(fake.prompt->kind, PROMPT_PASSPHRASE);
	assert_string_equal(fake.prompt->about, "locked");
	assert_int_equal(fake.prompt->retry, retry);
	assert_int_equal(fake.prompt->n_fields, 1);
	assert_false(fake.prompt->field[0].echo);
}

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
	};

	return cmocka_run_group_tests(tests, setup_keys, teardown_keys);
}
