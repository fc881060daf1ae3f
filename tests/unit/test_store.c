/*
 * store: servers, and several changes as one.
 */
#include "store_place.h"

#include <string.h>

#include "store/store_list.h"

static int take_server(void *arg, const struct store_server *s)
{
	struct store_server *last = arg;

	store_server_copy(last, s);
	return 0;
}

static void last_server(struct store *s, struct store_server *ret)
{
	struct trouble trouble = {0};

	store_place_ok(
		store_each_server(s, take_server, ret, &trouble), &trouble);
}

static void server_comes_back_whole(void **state)
{
	struct store *s = store_place_open(*state);
	struct store_server put = {
		.name = (char *)"Mon VPS été",
		.host = (char *)"2001:db8::1",
		.port = 2222,
		.user = (char *)"moi",
		.jump_server = store_place_server(s, "A hop"),
		.keep_secrets = STORE_SESSION,
		.note = (char *)"two\nlines",
	};
	struct store_server got = {0};
	struct trouble trouble = {0};

	store_list_add(&put.options, "IdentityFile=~/.ssh/id two");
	store_list_add(&put.options, "IdentityFile=~/.ssh/id");
	store_list_add(&put.options, "TaupePool=2");
	store_place_ok(store_put_server(s, &put, &trouble), &trouble);
	assert_int_not_equal(put.id, 0);
	assert_int_equal(put.revision, 1);
	assert_true(put.created_ms != 0 && put.changed_ms == put.created_ms);

	store_close(s);
	s = store_place_open(*state);
	last_server(s, &got);
	assert_int_equal(got.id, put.id);
	assert_int_equal(got.revision, 1);
	assert_string_equal(got.name, put.name);
	assert_string_equal(got.host, put.host);
	assert_int_equal(got.port, 2222);
	assert_string_equal(got.user, "moi");
	assert_int_equal(got.jump_server, put.jump_server);
	assert_int_equal(got.keep_secrets, STORE_SESSION);
	assert_string_equal(got.note, "two\nlines");
	assert_true(got.created_ms == put.created_ms);
	store_place_same_list(&got.options, &put.options);
	store_server_done(&got);
	store_list_done(&put.options);
	store_close(s);
}

static void server_is_replaced(void **state)
{
	struct store *s = store_place_open(*state);
	struct store_server put = {.name = (char *)"a",
		.host = (char *)"h",
		.user = (char *)"u",
		.note = (char *)"n"};
	struct store_server got = {0};
	struct trouble trouble = {0};

	store_list_add(&put.options, "Port=1");
	store_list_add(&put.options, "Port=2");
	store_place_ok(store_put_server(s, &put, &trouble), &trouble);
	store_list_done(&put.options);
	store_list_add(&put.options, "Port=3");
	put.name = (char *)"b";
	put.user = put.note = NULL;
	put.keep_secrets = STORE_NEVER;
	store_place_ok(store_put_server(s, &put, &trouble), &trouble);
	assert_int_equal(put.revision, 2);
	last_server(s, &got);
	assert_string_equal(got.name, "b");
	assert_null(got.user);
	assert_null(got.note);
	assert_int_equal(got.keep_secrets, STORE_NEVER);
	assert_int_equal(got.revision, 2);
	store_place_same_list(&got.options, &put.options);

	put.id = 99;
	assert_int_equal(store_put_server(s, &put, &trouble), -ERR_NOT_FOUND);
	assert_string_equal(trouble_get(&trouble, "detail"), "server (99)");
	assert_int_equal(put.revision, 2);
	store_server_done(&got);
	store_list_done(&put.options);
	store_close(s);
}

static int put_named(struct store *s, const char *name, const char *host,
	uint32_t jump, struct trouble *trouble)
{
	struct store_server put = {.name = (char *)name,
		.host = (char *)host,
		.jump_server = jump};

	return store_put_server(s, &put, trouble);
}

static void server_is_refused(void **state)
{
	struct store *s = store_place_open(*state);
	struct trouble trouble = {0};
	char name[66];

	store_place_server(s, "taken");
	assert_int_equal(
		put_named(s, "taken", "h", 0, &trouble), -ERR_CONFLICT);
	assert_string_equal(trouble_get(&trouble, "name"), "taken");
	assert_int_equal(put_named(s, "taken", "h", 0, NULL), -ERR_CONFLICT);
	assert_int_equal(put_named(s, "", "h", 0, &trouble), -ERR_INVALID);
	assert_non_null(strstr(trouble_get(&trouble, "detail"), "server_name"));
	assert_int_equal(put_named(s, NULL, "h", 0, &trouble), -ERR_INVALID);
	assert_int_equal(put_named(s, "x", "", 0, &trouble), -ERR_INVALID);
	assert_int_equal(put_named(s, "x", "h", 7, &trouble), -ERR_NOT_FOUND);
	memset(name, 'x', 65);
	name[65] = '\0';
	assert_int_equal(put_named(s, name, "h", 0, &trouble), -ERR_INVALID);
	name[64] = '\0';
	assert_int_equal(put_named(s, name, "h", 0, &trouble), 0);
	store_close(s);
}

static void server_in_use_stays(void **state)
{
	struct store *s = store_place_open(*state);
	uint32_t hop = store_place_server(s, "hop"), far;
	struct trouble trouble = {0};
	uint32_t forward;

	assert_int_equal(put_named(s, "far", "h", hop, &trouble), 0);
	far = hop + 1;
	forward = store_place_forward(s, hop, "MySQL");
	assert_int_equal(store_remove_server(s, hop, &trouble), -ERR_IN_USE);
	assert_string_equal(trouble_get(&trouble, "name"), "hop");
	assert_string_equal(trouble_get(&trouble, "detail"), "MySQL, far");
	store_place_ok(store_remove_forward(s, forward, &trouble), &trouble);
	assert_int_equal(store_remove_server(s, hop, NULL), -ERR_IN_USE);
	store_place_ok(store_remove_server(s, far, &trouble), &trouble);
	store_place_ok(store_remove_server(s, hop, &trouble), &trouble);
	assert_int_equal(store_remove_server(s, hop, &trouble), -ERR_NOT_FOUND);
	assert_int_equal(
		store_remove_forward(s, forward, &trouble), -ERR_NOT_FOUND);
	/* An id is not given twice. */
	assert_int_equal(store_place_server(s, "next"), far + 1);
	store_close(s);
}

static void several_as_one(void **state)
{
	struct store *s = store_place_open(*state);
	uint32_t server = store_place_server(s, "V");
	struct trouble trouble = {0};

	store_place_ok(store_begin(s, &trouble), &trouble);
	assert_int_equal(store_begin(s, &trouble), -ERR_INTERNAL);
	store_place_forward(s, server, "a");
	store_rollback(s);
	store_rollback(s);
	assert_int_equal(store_place_count_forwards(s), 0);
	assert_int_equal(store_commit(s, &trouble), -ERR_INTERNAL);
	store_place_ok(store_begin(s, &trouble), &trouble);
	store_place_forward(s, server, "a");
	store_place_forward(s, server, "b");
	store_close(s); /* takes it back */
	s = store_place_open(*state);
	assert_int_equal(store_place_count_forwards(s), 0);
	store_place_ok(store_begin(s, &trouble), &trouble);
	store_place_forward(s, server, "a");
	store_place_ok(store_commit(s, &trouble), &trouble);
	store_close(s);
	s = store_place_open(*state);
	assert_int_equal(store_place_count_forwards(s), 1);
	store_close(s);
}

#define TEST(f)                                                                \
	cmocka_unit_test_setup_teardown(                                       \
		f, store_place_setup, store_place_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(server_comes_back_whole),
		TEST(server_is_replaced),
		TEST(server_is_refused),
		TEST(server_in_use_stays),
		TEST(several_as_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
