/*
 * store: secrets, settings and access.
 */
#include "store_place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- secrets ---- */

static int list_secret(void *arg, const char *owner, const char *kind,
	const char *about, const void *sealed, size_t n)
{
	char *list = arg;
	size_t at = strlen(list);

	snprintf(list + at, 256 - at, "%s %s %s %.*s;", owner, kind, about,
		(int)n, (const char *)sealed);
	return 0;
}

static void secrets_are(struct store *s, const char *wanted)
{
	struct trouble trouble = {0};
	char list[256] = "";

	store_place_ok(
		store_each_secret(s, list_secret, list, &trouble), &trouble);
	assert_string_equal(list, wanted);
}

static void put_secret(struct store *s, const char *owner, const char *kind,
	const char *about, const char *sealed)
{
	struct trouble trouble = {0};

	store_place_ok(store_put_secret(s, owner, kind, about, sealed,
			       strlen(sealed), &trouble),
		&trouble);
}

static void secrets_stay_with_their_owner(void **state)
{
	struct store *s = store_place_open(*state);
	uint32_t server = store_place_server(s, "V");
	uint32_t forward = store_place_forward(s, server, "f");
	struct trouble trouble = {0};

	put_secret(s, "server:1", "password", "me@h", "x");
	put_secret(s, "server:1", "password", "me@h", "one");
	put_secret(s, "server:1", "passphrase", "~/.ssh/id", "two");
	put_secret(s, "server:1", "password", "me@hop", "three");
	put_secret(s, "forward:1", "socks", "u", "four");
	secrets_are(s, "forward:1 socks u four;"
		       "server:1 passphrase ~/.ssh/id two;"
		       "server:1 password me@h one;"
		       "server:1 password me@hop three;");
	store_place_ok(store_remove_secret(
			       s, "server:1", "password", "me@h", &trouble),
		&trouble);
	store_place_ok(store_remove_secret(
			       s, "server:1", "password", "none", &trouble),
		&trouble);
	secrets_are(s, "forward:1 socks u four;"
		       "server:1 passphrase ~/.ssh/id two;"
		       "server:1 password me@hop three;");
	store_place_ok(store_remove_forward(s, forward, &trouble), &trouble);
	secrets_are(s, "server:1 passphrase ~/.ssh/id two;"
		       "server:1 password me@hop three;");
	store_place_ok(store_remove_secret(s, "server:1", NULL, NULL, &trouble),
		&trouble);
	secrets_are(s, "");
	put_secret(s, "server:1", "password", "me@h", "one");
	store_place_ok(store_remove_server(s, server, &trouble), &trouble);
	secrets_are(s, "");
	store_close(s);
}

struct sealing {
	struct store *s;
	unsigned n;
};

static int seal_anew(void *arg, const char *owner, const char *kind,
	const char *about, const void *sealed, size_t n)
{
	struct sealing *sealing = arg;
	char box[200] = "longer than it was, and not where it was before: ";

	sealing->n++;
	strncat(box, sealed, n);
	return store_put_secret(
		sealing->s, owner, kind, about, box, sizeof(box), NULL);
}

/* As a change of the vault's key does. */
static void secrets_are_sealed_anew(void **state)
{
	struct sealing sealing = {store_place_open(*state), 0};
	struct trouble trouble = {0};
	char about[16];

	store_place_forward(sealing.s, store_place_server(sealing.s, "V"), "f");
	for (int i = 0; i < 200; i++) {
		snprintf(about, sizeof(about), "key %d", i);
		put_secret(sealing.s, i % 2 != 0 ? "server:1" : "forward:1",
			"passphrase", about, "box");
	}
	store_place_ok(store_begin(sealing.s, &trouble), &trouble);
	store_place_ok(
		store_each_secret(sealing.s, seal_anew, &sealing, &trouble),
		&trouble);
	store_place_ok(store_commit(sealing.s, &trouble), &trouble);
	assert_int_equal(sealing.n, 200);
	store_close(sealing.s);
}

static void secret_owners(void **state)
{
	static const struct {
		const char *owner;
		int err;
	} rows[] = {
		{"server:1", -ERR_NOT_FOUND},
		{"forward:4294967295", -ERR_NOT_FOUND},
		{"server:4294967296", -ERR_INVALID},
		{"server:99999999999999999999999", -ERR_INVALID},
		{"server:", -ERR_INVALID},
		{"server:0", -ERR_INVALID},
		{"server:-1", -ERR_INVALID},
		{"server: 1", -ERR_INVALID},
		{"server:1x", -ERR_INVALID},
		{"servers:1", -ERR_INVALID},
		{"", -ERR_INVALID},
	};
	struct store *s = store_place_open(*state);
	struct trouble trouble = {0};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(store_put_secret(s, rows[i].owner, "k", "a",
					 "x", 1, &trouble),
			rows[i].err);
	store_close(s);
}

/* ---- settings and access ---- */

static void settings(void **state)
{
	struct store *s = store_place_open(*state);
	struct trouble trouble = {0};
	char *value = (char *)"as it was";

	store_place_ok(
		store_get_setting(s, "lang", &value, &trouble), &trouble);
	assert_null(value);
	store_place_ok(store_set_setting(s, "lang", "en", &trouble), &trouble);
	store_place_ok(store_set_setting(s, "lang", "fr", &trouble), &trouble);
	store_close(s);
	s = store_place_open(*state);
	store_place_ok(
		store_get_setting(s, "lang", &value, &trouble), &trouble);
	assert_string_equal(value, "fr");
	free(value);
	store_place_ok(store_set_setting(s, "lang", NULL, &trouble), &trouble);
	store_place_ok(
		store_get_setting(s, "lang", &value, &trouble), &trouble);
	assert_null(value);
	assert_int_equal(store_set_setting(s, "", "x", &trouble), -ERR_INVALID);
	store_close(s);
}

static int check_access(void *arg, const struct store_access *a)
{
	unsigned *n = arg;

	(*n)++;
	assert_string_equal(a->kind, "token");
	assert_string_equal(a->name, "backup");
	assert_string_equal(a->scope, "read");
	assert_int_equal(a->hash[0], 7);
	assert_int_equal(a->hash[31], 9);
	assert_int_equal(a->created_ms, 1);
	assert_int_equal(a->used_ms, 20);
	assert_int_equal(a->expires_ms, 30);
	return 0;
}

static void access_is_kept(void **state)
{
	struct store *s = store_place_open(*state);
	struct store_access a = {.kind = "token",
		.name = "backup",
		.scope = "read",
		.hash = {[0] = 7, [31] = 9},
		.created_ms = 1,
		.used_ms = 2,
		.expires_ms = 3};
	struct trouble trouble = {0};
	unsigned n = 0;

	store_place_ok(store_add_access(s, &a, &trouble), &trouble);
	assert_int_not_equal(a.id, 0);
	assert_int_equal(store_add_access(s, &a, &trouble), -ERR_CONFLICT);
	store_place_ok(store_touch_access(s, a.id, 20, 30, &trouble), &trouble);
	assert_int_equal(store_touch_access(s, a.id + 1, 20, 30, &trouble),
		-ERR_NOT_FOUND);
	store_place_ok(
		store_each_access(s, check_access, &n, &trouble), &trouble);
	assert_int_equal(n, 1);
	a.scope = "all";
	a.hash[1] = 1;
	assert_int_equal(store_add_access(s, &a, &trouble), -ERR_INVALID);
	store_place_ok(store_remove_access(s, a.id, &trouble), &trouble);
	assert_int_equal(
		store_remove_access(s, a.id, &trouble), -ERR_NOT_FOUND);
	store_close(s);
}

#define TEST(f)                                                                \
	cmocka_unit_test_setup_teardown(                                       \
		f, store_place_setup, store_place_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(secrets_stay_with_their_owner),
		TEST(secrets_are_sealed_anew),
		TEST(secret_owners),
		TEST(settings),
		TEST(access_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
