/*
 * Secrets at rest: what opens them, what does not, and what is left in the
 * state folder when the way they are kept changes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "daemon/vault.h"
#include "daemon/vault_box.h"
#include "daemon/vault_key.h"
#include "scratch.h"
#include "store/store.h"

static struct store *store;
static struct vault *vault;
static struct trouble trouble;
static struct secret secret; /* the last that was read */

static void add_server(const char *name)
{
	struct store_server s = {
		.name = mem_strdup(name), .host = mem_strdup("host.example")};

	assert_int_equal(store_put_server(store, &s, &trouble), 0);
	store_server_done(&s);
}

static void open_vault(void)
{
	assert_int_equal(vault_open(store, ".", &vault, &trouble), 0);
}

static void reopen(void)
{
	vault_close(vault);
	open_vault();
}

/* A store with the servers 1 and 2, and a new vault. */
static int setup(void **state)
{
	unlink("secret.key");
	unlink("taupe.db");
	unlink("taupe.db-wal");
	unlink("taupe.db-shm");
	assert_int_equal(store_open(".", &store, &trouble), 0);
	add_server("one");
	add_server("two");
	open_vault();
	return 0;
}

static int teardown(void **state)
{
	secret_done(&secret);
	vault_close(vault);
	store_close(store);
	return 0;
}

static int put(const char *owner, const char *about, const char *text)
{
	struct secret s = SECRET_INIT;
	int err;

	secret_set(&s, text, strlen(text));
	err = vault_put(vault, owner, "password", about, &s, &trouble);
	secret_done(&s);
	return err;
}

static int get(const char *owner, const char *about)
{
	secret_done(&secret);
	return vault_get(vault, owner, "password", about, &secret, &trouble);
}

static int change(enum vault_how how, const char *passphrase)
{
	struct secret s = SECRET_INIT;
	int err;

	if (passphrase != NULL)
		secret_set(&s, passphrase, strlen(passphrase));
	err = vault_change(
		vault, how, passphrase != NULL ? &s : NULL, &trouble);
	secret_done(&s);
	return err;
}

static int unlock(const char *passphrase)
{
	struct secret s = SECRET_INIT;
	int err;

	secret_set(&s, passphrase, strlen(passphrase));
	err = vault_unlock(vault, &s, &trouble);
	secret_done(&s);
	return err;
}

/* ---- keeping ---- */

static void a_secret_comes_back(void **state)
{
	assert_int_equal(vault_how(vault), VAULT_SEALED);
	assert_int_equal(put("server:1", "me@one", "swordfish"), 0);
	assert_int_equal(put("server:1", "", ""), 0);
	assert_int_equal(put("server:1", "me@one", "hunter2"), 0);
	reopen();
	assert_false(vault_is_locked(vault));
	assert_int_equal(get("server:1", "me@one"), 0);
	assert_string_equal(secret.p, "hunter2");
	assert_int_equal(get("server:1", ""), 0);
	assert_int_equal(secret.len, 0);
	assert_int_equal(get("server:2", "me@one"), -ERR_NOT_FOUND);
	assert_int_equal(get("server:1", "me"), -ERR_NOT_FOUND);
	assert_int_equal(put("server:7", "", "x"), -ERR_NOT_FOUND);
}

static void what_is_removed_is_gone(void **state)
{
	assert_int_equal(put("server:1", "a", "1"), 0);
	assert_int_equal(put("server:1", "b", "2"), 0);
	assert_int_equal(
		vault_remove(vault, "server:1", "password", "a", &trouble), 0);
	assert_int_equal(get("server:1", "a"), -ERR_NOT_FOUND);
	assert_int_equal(get("server:1", "b"), 0);
	assert_int_equal(
		vault_remove(vault, "server:1", NULL, NULL, &trouble), 0);
	assert_int_equal(get("server:1", "b"), -ERR_NOT_FOUND);
}

static void count(void *arg, const char *kind, const char *about)
{
	assert_string_equal(kind, "password");
	++*(unsigned *)arg;
}

static void they_are_listed_without_the_key(void **state)
{
	unsigned n = 0;

	assert_int_equal(put("server:1", "a", "1"), 0);
	assert_int_equal(put("server:1", "b", "2"), 0);
	assert_int_equal(put("server:2", "a", "3"), 0);
	assert_int_equal(change(VAULT_PASSPHRASE, "open sesame"), 0);
	reopen();
	assert_true(vault_is_locked(vault));
	vault_each(vault, "server:1", count, &n);
	assert_int_equal(n, 2);
	assert_int_equal(
		vault_remove(vault, "server:1", NULL, NULL, &trouble), 0);
}

static bool file_holds(const char *path, const char *text)
{
	struct buf b = scratch_read(path);
	bool holds =
		memmem(buf_ptr(&b), buf_len(&b), text, strlen(text)) != NULL;

	buf_done(&b);
	return holds;
}

static void nothing_lies_there_in_clear(void **state)
{
	assert_int_equal(put("server:1", "", "a very clear text indeed"), 0);
	assert_false(file_holds("taupe.db", "very clear text"));
	assert_false(file_holds("taupe.db-wal", "very clear text"));
}

/* ---- boxes ---- */

struct raw {
	const char *owner;
	uint8_t box[512];
	size_t n;
};

static int take_raw(void *arg, const char *owner, const char *kind,
	const char *about, const void *sealed, size_t n)
{
	struct raw *r = arg;

	if (strcmp(owner, r->owner) != 0)
		return 0;
	assert_true(n <= sizeof(r->box));
	memcpy(r->box, sealed, n);
	r->n = n;
	return 0;
}

static void read_raw(struct raw *r)
{
	assert_int_equal(store_each_secret(store, take_raw, r, &trouble), 0);
	assert_true(r->n > 0);
}

static void write_raw(const struct raw *r, const char *owner)
{
	assert_int_equal(store_put_secret(store, owner, "password", "a", r->box,
				 r->n, &trouble),
		0);
}

static void a_box_opens_in_its_place_only(void **state)
{
	struct raw r = {.owner = "server:1"};

	assert_int_equal(put("server:1", "a", "one's"), 0);
	assert_int_equal(put("server:2", "a", "two's"), 0);
	read_raw(&r);
	write_raw(&r, "server:2");
	assert_int_equal(get("server:1", "a"), 0);
	assert_int_equal(get("server:2", "a"), -ERR_STORE_DAMAGED);
	assert_false(secret_is_set(&secret));
}

static void a_damaged_box_stays_shut(void **state)
{
	struct raw r = {.owner = "server:1"}, bad;

	assert_int_equal(put("server:1", "a", "whole"), 0);
	read_raw(&r);
	for (size_t i = 0; i < r.n; i++) {
		bad = r;
		bad.box[i] ^= 0x10;
		write_raw(&bad, "server:1");
		assert_int_equal(get("server:1", "a"), -ERR_STORE_DAMAGED);
	}
	for (size_t n = 1; n < r.n; n += 7) {
		bad = r;
		bad.n = n;
		write_raw(&bad, "server:1");
		assert_int_equal(get("server:1", "a"), -ERR_STORE_DAMAGED);
	}
	write_raw(&r, "server:1");
	assert_int_equal(get("server:1", "a"), 0);
}

static void the_size_of_a_box_tells_little(void **state)
{
	static const struct vault_box_place place = {"o", "k", "a"};
	uint8_t key[VAULT_BOX_KEY] = {1};
	struct buf shorter = BUF_INIT, longer = BUF_INIT;
	static const char text[VAULT_BOX_MAX + 1];

	assert_int_equal(vault_box_seal(key, &place, "abc", 3, &shorter), 0);
	assert_int_equal(
		vault_box_seal(key, &place, "abcdefghijklm", 13, &longer), 0);
	assert_int_equal(buf_len(&shorter), buf_len(&longer));
	assert_memory_not_equal(buf_ptr(&shorter), buf_ptr(&longer), 20);
	assert_int_equal(
		vault_box_seal(key, &place, text, sizeof(text), &longer),
		-ERR_TOO_LARGE);
	buf_clear(&longer);
	assert_int_equal(
		vault_box_seal(key, &place, text, VAULT_BOX_MAX, &longer), 0);
	assert_int_equal(vault_box_open(key, &place, buf_ptr(&longer),
				 buf_len(&longer), &secret),
		0);
	assert_int_equal(secret.len, VAULT_BOX_MAX);
	key[0] = 2;
	assert_int_equal(vault_box_open(key, &place, buf_ptr(&shorter),
				 buf_len(&shorter), &secret),
		-ERR_STORE_DAMAGED);
	buf_done(&shorter);
	buf_done(&longer);
}

/* ---- the key file ---- */

static void the_key_file_is_ours_alone(void **state)
{
	struct stat st;

	assert_int_equal(stat("secret.key", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, VAULT_KEY_TEXT);
	assert_int_not_equal(access("secret.key.new", F_OK), 0);
	assert_int_equal(put("server:1", "a", "x"), 0);
	assert_int_equal(chmod("secret.key", 0640), 0);
	reopen();
	assert_true(vault_is_locked(vault));
	assert_int_equal(vault_trouble(vault)->code, ERR_FILE);
	assert_int_equal(get("server:1", "a"), -ERR_VAULT_LOCKED);
	assert_int_equal(put("server:1", "a", "y"), -ERR_VAULT_LOCKED);
	assert_int_equal(change(VAULT_PASSPHRASE, "x"), -ERR_VAULT_LOCKED);
	assert_int_equal(chmod("secret.key", 0600), 0);
	assert_int_equal(vault_unlock(vault, NULL, &trouble), 0);
	assert_int_equal(vault_trouble(vault)->code, ERR_OK);
	assert_int_equal(get("server:1", "a"), 0);
}

static void locked_with(int code)
{
	reopen();
	assert_true(vault_is_locked(vault));
	assert_int_equal(vault_trouble(vault)->code, code);
}

static void another_key_opens_nothing(void **state)
{
	uint8_t key[VAULT_BOX_KEY];

	assert_int_equal(put("server:1", "a", "x"), 0);
	assert_int_equal(rename("secret.key", "kept"), 0);
	locked_with(ERR_NOT_FOUND);
	assert_int_equal(vault_key_make_file(".", key, &trouble), 0);
	locked_with(ERR_FORBIDDEN);
	scratch_write("secret.key", "no key\n", 7);
	locked_with(ERR_FILE);
	scratch_write("secret.key", "", 0);
	locked_with(ERR_FILE);
	unlink("secret.key");
	assert_int_equal(symlink("kept", "secret.key"), 0);
	locked_with(ERR_FILE);
	assert_int_equal(rename("kept", "secret.key"), 0);
	reopen();
	assert_false(vault_is_locked(vault));
	assert_int_equal(get("server:1", "a"), 0);
}

static void without_secrets_a_lost_key_is_no_loss(void **state)
{
	unlink("secret.key");
	reopen();
	assert_false(vault_is_locked(vault));
	assert_int_equal(put("server:1", "a", "x"), 0);
	reopen();
	assert_int_equal(get("server:1", "a"), 0);
}

static void a_folder_that_takes_no_key(void **state)
{
	struct vault *v = NULL;
	struct store *other;

	assert_int_equal(mkdir("db", 0700), 0);
	assert_int_equal(store_open("db", &other, &trouble), 0);
	assert_int_equal(
		vault_open(other, "/nonexistent", &v, &trouble), -ERR_FILE);
	assert_null(v);
	store_close(other);
}

/* ---- passphrases, and changes ---- */

static void a_passphrase_is_asked_for_at_each_start(void **state)
{
	assert_int_equal(put("server:1", "a", "x"), 0);
	assert_int_equal(change(VAULT_PASSPHRASE, NULL), -ERR_INVALID);
	assert_int_equal(change(VAULT_PASSPHRASE, ""), -ERR_INVALID);
	assert_int_equal(change(VAULT_PASSPHRASE, "open sesame"), 0);
	assert_int_equal(access("secret.key", F_OK), -1);
	assert_int_equal(get("server:1", "a"), 0);
	reopen();
	assert_int_equal(vault_how(vault), VAULT_PASSPHRASE);
	assert_true(vault_is_locked(vault));
	assert_int_equal(vault_trouble(vault)->code, ERR_OK);
	assert_int_equal(get("server:1", "a"), -ERR_VAULT_LOCKED);
	assert_int_equal(unlock("open barley"), -ERR_FORBIDDEN);
	assert_int_equal(unlock(""), -ERR_FORBIDDEN);
	assert_int_equal(vault_unlock(vault, NULL, &trouble), -ERR_FORBIDDEN);
	assert_true(vault_is_locked(vault));
	assert_int_equal(unlock("open sesame"), 0);
	assert_int_equal(unlock("whatever"), 0); /* it is open */
	assert_int_equal(get("server:1", "a"), 0);
	assert_string_equal(secret.p, "x");
}

static void a_passphrase_can_be_changed(void **state)
{
	assert_int_equal(put("server:1", "a", "x"), 0);
	assert_int_equal(change(VAULT_PASSPHRASE, "first"), 0);
	assert_int_equal(change(VAULT_PASSPHRASE, "second"), 0);
	reopen();
	assert_int_equal(unlock("first"), -ERR_FORBIDDEN);
	assert_int_equal(unlock("second"), 0);
	assert_int_equal(change(VAULT_SEALED, NULL), 0);
	reopen();
	assert_false(vault_is_locked(vault));
	assert_int_equal(get("server:1", "a"), 0);
}

/* Nothing is half sealed when the change fails. */
static void a_change_that_fails_changes_nothing(void **state)
{
	assert_int_equal(change(VAULT_PASSPHRASE, "first"), 0);
	assert_int_equal(put("server:1", "a", "x"), 0);
	assert_int_equal(store_begin(store, &trouble), 0);
	assert_int_not_equal(change(VAULT_SEALED, NULL), 0);
	store_rollback(store);
	assert_int_equal(vault_how(vault), VAULT_PASSPHRASE);
	assert_int_equal(access("secret.key", F_OK), -1);
	assert_int_equal(get("server:1", "a"), 0);
	reopen();
	assert_int_equal(unlock("first"), 0);
	assert_int_equal(get("server:1", "a"), 0);
}

static void a_damaged_box_does_not_stop_a_change(void **state)
{
	struct raw r = {.owner = "server:1"};

	assert_int_equal(put("server:1", "a", "x"), 0);
	assert_int_equal(put("server:2", "a", "y"), 0);
	read_raw(&r);
	r.box[40] ^= 1;
	write_raw(&r, "server:1");
	assert_int_equal(change(VAULT_PASSPHRASE, "first"), 0);
	assert_int_equal(get("server:1", "a"), -ERR_STORE_DAMAGED);
	assert_int_equal(get("server:2", "a"), 0);
	assert_int_equal(put("server:1", "a", "again"), 0);
	assert_int_equal(get("server:1", "a"), 0);
}

static void no_keyring_is_said(void **state)
{
	assert_int_equal(put("server:1", "a", "x"), 0);
	assert_int_equal(change(VAULT_KEYRING, NULL), -ERR_AGAIN);
	assert_int_equal(vault_how(vault), VAULT_SEALED);
	assert_int_equal(get("server:1", "a"), 0);
}

static void strange_settings_are_refused(void **state)
{
	static const char *const recipes[] = {"", "argon2id", "argon2id t=3",
		"argon2id t=99999 m=65536 AAAAAAAAAAAAAAAAAAAAAA==",
		"argon2id t=3 m=999999999 AAAAAAAAAAAAAAAAAAAAAA==",
		"argon2id t=3 m=8 AAAA", "scrypt t=3 m=65536 AAAA"};
	struct vault *v = NULL;

	assert_int_equal(change(VAULT_PASSPHRASE, "first"), 0);
	reopen();
	for (size_t i = 0; i < sizeof(recipes) / sizeof(recipes[0]); i++) {
		assert_int_equal(store_set_setting(store, "secrets_recipe",
					 recipes[i], &trouble),
			0);
		assert_int_equal(unlock("first"), -ERR_STORE_DAMAGED);
	}
	assert_int_equal(
		store_set_setting(store, "secrets", "rot13", &trouble), 0);
	assert_int_equal(
		vault_open(store, ".", &v, &trouble), -ERR_STORE_DAMAGED);
	assert_null(v);
}

/* ---- anew ---- */

static void all_are_forgotten(void)
{
	unsigned n = 0;

	assert_int_equal(vault_reset(vault, &trouble), 0);
	assert_false(vault_is_locked(vault));
	assert_int_equal(vault_trouble(vault)->code, ERR_OK);
	vault_each(vault, "server:1", count, &n);
	vault_each(vault, "server:2", count, &n);
	assert_int_equal(n, 0);
	assert_int_equal(put("server:1", "", "new"), 0);
	reopen();
	assert_int_equal(get("server:1", ""), 0);
	assert_string_equal(secret.p, "new");
}

static void secrets_are_forgotten(void **state)
{
	assert_int_equal(put("server:1", "", "1"), 0);
	assert_int_equal(put("server:2", "", "2"), 0);
	all_are_forgotten();
}

static void a_lost_key_is_a_new_beginning(void **state)
{
	assert_int_equal(put("server:1", "", "1"), 0);
	unlink("secret.key");
	reopen();
	assert_true(vault_is_locked(vault));
	all_are_forgotten();
}

static void a_lost_passphrase_is_a_new_beginning(void **state)
{
	assert_int_equal(put("server:1", "", "1"), 0);
	assert_int_equal(change(VAULT_PASSPHRASE, "open sesame"), 0);
	reopen();
	assert_true(vault_is_locked(vault));
	all_are_forgotten();
	assert_int_equal(vault_how(vault), VAULT_SEALED);
}

static int group_setup(void **state)
{
	unsetenv("DBUS_SESSION_BUS_ADDRESS");
	unsetenv("XDG_RUNTIME_DIR");
	return scratch_setup(state);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_secret_comes_back),
		TEST(what_is_removed_is_gone),
		TEST(they_are_listed_without_the_key),
		TEST(nothing_lies_there_in_clear),
		TEST(a_box_opens_in_its_place_only),
		TEST(a_damaged_box_stays_shut),
		TEST(the_size_of_a_box_tells_little),
		TEST(the_key_file_is_ours_alone),
		TEST(another_key_opens_nothing),
		TEST(without_secrets_a_lost_key_is_no_loss),
		TEST(a_folder_that_takes_no_key),
		TEST(a_passphrase_is_asked_for_at_each_start),
		TEST(a_passphrase_can_be_changed),
		TEST(a_change_that_fails_changes_nothing),
		TEST(a_damaged_box_does_not_stop_a_change),
		TEST(secrets_are_forgotten),
		TEST(a_lost_key_is_a_new_beginning),
		TEST(a_lost_passphrase_is_a_new_beginning),
		TEST(no_keyring_is_said),
		TEST(strange_settings_are_refused),
	};

	return cmocka_run_group_tests(tests, group_setup, scratch_teardown);
}
