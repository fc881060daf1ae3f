/*
 * store: forwards: what goes in comes out, and what the schema refuses.
 */
#include "store_place.h"

#include <stdlib.h>
#include <string.h>

#include "store/store_list.h"

static int take_forward(void *arg, const struct store_forward *f)
{
	store_forward_copy(arg, f);
	return 0;
}

static void last_forward(struct store *s, struct store_forward *ret)
{
	struct trouble trouble = {0};

	store_place_ok(
		store_each_forward(s, take_forward, ret, &trouble), &trouble);
}

static void same_endpoint(const struct endpoint *a, const struct endpoint *b)
{
	store_place_same_text(a->host, b->host);
	store_place_same_text(a->path, b->path);
	assert_int_equal(a->port, b->port);
}

static void same_forward(
	const struct store_forward *a, const struct store_forward *b)
{
	assert_int_equal(a->id, b->id);
	assert_int_equal(a->revision, b->revision);
	assert_string_equal(a->name, b->name);
	assert_int_equal(a->server, b->server);
	assert_int_equal(a->spec.type, b->spec.type);
	assert_null(a->spec.name);
	assert_null(a->spec.socks_password);
	same_endpoint(&a->spec.listen, &b->spec.listen);
	same_endpoint(&a->spec.target, &b->spec.target);
	assert_int_equal(a->spec.reverse_dynamic, b->spec.reverse_dynamic);
	assert_int_equal(a->spec.bind_left_out, b->spec.bind_left_out);
	store_place_same_text(a->spec.socks_user, b->spec.socks_user);
	assert_int_equal(a->spec.lazy, b->spec.lazy);
	assert_int_equal(a->spec.idle_s, b->spec.idle_s);
	store_place_same_text(a->spec.allow, b->spec.allow);
	assert_true(a->spec.limit_in_bytes_s == b->spec.limit_in_bytes_s);
	assert_true(a->spec.limit_out_bytes_s == b->spec.limit_out_bytes_s);
	store_place_same_list(&a->tags, &b->tags);
	assert_int_equal(a->autostart, b->autostart);
	assert_int_equal(a->auto_off_s, b->auto_off_s);
	assert_true(a->position == b->position);
	store_place_same_text(a->note, b->note);
	assert_true(a->created_ms == b->created_ms);
	assert_true(a->changed_ms == b->changed_ms);
	assert_int_equal(a->wanted, b->wanted);
	assert_true(a->wanted_since_ms == b->wanted_since_ms);
	store_place_same_text(a->stopped_boot, b->stopped_boot);
}

static void comes_back(const char *folder, struct store_forward *put)
{
	struct store *s = store_place_open(folder);
	struct store_forward got = {0};
	struct trouble trouble = {0};

	put->server = store_place_server(s, "VPS");
	store_place_ok(store_put_forward(s, put, &trouble), &trouble);
	store_close(s);
	s = store_place_open(folder);
	last_forward(s, &got);
	same_forward(&got, put);
	store_forward_done(&got);
	store_place_ok(store_remove_forward(s, put->id, &trouble), &trouble);
	store_place_ok(store_remove_server(s, put->server, &trouble), &trouble);
	put->id = 0;
	store_close(s);
}

static void forwards_come_back_whole(void **state)
{
	struct string_list tags = {0};
	struct store_forward rows[] = {
		{.name = (char *)"MySQL vers localhost",
			.spec = {.type = FORWARD_LOCAL,
				.listen = {.host = (char *)"127.0.0.1",
					.port = 3307},
				.target = {.host = (char *)"::1", .port = 3306},
				.lazy = true,
				.idle_s = UINT32_MAX,
				.allow = (char *)"10.0.0.0/8,::1",
				.limit_in_bytes_s = INT64_MAX,
				.limit_out_bytes_s = 1},
			.autostart = true,
			.auto_off_s = UINT32_MAX,
			.position = INT64_MIN,
			.note = (char *)"",
			.wanted = true,
			.wanted_since_ms = 1700000000000,
			.stopped_boot = (char *)"6f1e"},
		{.name = (char *)"sockets",
			.spec = {.type = FORWARD_LOCAL,
				.listen = {.path = (char *)"/tmp/l.sock"},
				.target = {.path = (char *)"/run/r.sock"}}},
		{.name = (char *)"reverse proxy",
			.spec = {.type = FORWARD_REMOTE,
				.listen = {.host = (char *)"", .port = 0},
				.reverse_dynamic = true,
				.bind_left_out = true,
				.socks_user = (char *)"u"}},
		{.name = (char *)"proxy",
			.spec = {.type = FORWARD_DYNAMIC,
				.listen = {.host = (char *)"localhost",
					.port = 1080}}},
	};

	store_list_add(&tags, "db");
	store_list_add(&tags, "été");
	rows[0].tags = tags;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		comes_back(*state, &rows[i]);
	store_list_done(&tags);
}

static void forwards_are_refused(void **state)
{
	struct store *s = store_place_open(*state);
	uint32_t server = store_place_server(s, "VPS");
	const struct endpoint here = {
		.host = (char *)"127.0.0.1", .port = 3307};
	const struct endpoint both = {
		.host = (char *)"h", .path = (char *)"/p", .port = 1};
	const struct endpoint zero = {.host = (char *)"h"};
	const struct endpoint none = {0};
	const struct {
		struct forward_spec spec;
		const char *why;
	} rows[] = {
		{{.listen = none, .target = here}, "forward_listen"},
		{{.listen = both, .target = here}, "forward_listen"},
		{{.listen = here, .target = none}, "forward_target"},
		{{.listen = here, .target = both}, "forward_target"},
		{{.listen = here, .target = zero}, "forward_target_port"},
		{{.listen = here, .target = here, .allow = (char *)""},
			"forward_allow"},
		{{.type = FORWARD_DYNAMIC,
			 .listen = here,
			 .socks_user = (char *)""},
			"forward_socks_user"},
		{{.type = FORWARD_DYNAMIC,
			 .listen = here,
			 .reverse_dynamic = true},
			"forward_reverse_dynamic"},
	};
	struct trouble trouble = {0};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct store_forward put = {.name = (char *)"f",
			.server = server,
			.spec = rows[i].spec};

		assert_int_equal(
			store_put_forward(s, &put, &trouble), -ERR_INVALID);
		assert_non_null(
			strstr(trouble_get(&trouble, "detail"), rows[i].why));
		assert_int_equal(put.id, 0);
	}
	assert_int_equal(store_place_count_forwards(s), 0);
	store_close(s);
}

/* A tag that is too long undoes the row that was written before it. */
static void forward_is_all_or_nothing(void **state)
{
	struct store *s = store_place_open(*state);
	struct store_forward f = {0};
	struct trouble trouble = {0};
	uint32_t server = store_place_server(s, "VPS");

	store_place_forward(s, server, "one");
	last_forward(s, &f);
	free(f.name);
	f.name = strdup("two");
	store_list_add(&f.tags, "123456789012345678901234567890123");
	assert_int_equal(store_put_forward(s, &f, &trouble), -ERR_INVALID);
	assert_non_null(strstr(trouble_get(&trouble, "detail"), "forward_tag"));
	assert_int_equal(f.revision, 1);

	/* Nor is it the end of what store_begin began. */
	store_place_ok(store_begin(s, &trouble), &trouble);
	store_place_forward(s, server, "three");
	assert_int_equal(store_put_forward(s, &f, &trouble), -ERR_INVALID);
	store_place_ok(store_commit(s, &trouble), &trouble);
	assert_int_equal(store_place_count_forwards(s), 2);
	store_forward_done(&f);
	last_forward(s, &f);
	assert_string_equal(f.name, "three");
	store_forward_done(&f);
	store_close(s);
}

static void tags_are_sorted_and_unique(void **state)
{
	struct store *s = store_place_open(*state);
	struct store_forward f = {0};
	struct trouble trouble = {0};

	store_place_forward(s, store_place_server(s, "VPS"), "f");
	last_forward(s, &f);
	store_list_add(&f.tags, "web");
	store_list_add(&f.tags, "db");
	store_list_add(&f.tags, "web");
	store_place_ok(store_put_forward(s, &f, &trouble), &trouble);
	last_forward(s, &f);
	assert_int_equal(f.revision, 2);
	assert_int_equal(f.tags.n, 2);
	assert_string_equal(f.tags.item[0], "db");
	assert_string_equal(f.tags.item[1], "web");
	store_list_done(&f.tags);
	store_place_ok(store_put_forward(s, &f, &trouble), &trouble);
	last_forward(s, &f);
	assert_int_equal(f.tags.n, 0);
	store_forward_done(&f);
	store_close(s);
}

static void wanted_is_no_edit(void **state)
{
	struct store *s = store_place_open(*state);
	uint32_t id = store_place_forward(s, store_place_server(s, "V"), "f");
	struct store_forward before = {0}, after = {0};
	struct trouble trouble = {0};

	last_forward(s, &before);
	store_place_ok(
		store_set_wanted(s, id, true, 5, "boot", &trouble), &trouble);
	last_forward(s, &after);
	assert_true(after.wanted);
	assert_int_equal(after.wanted_since_ms, 5);
	assert_string_equal(after.stopped_boot, "boot");
	before.wanted = true;
	before.wanted_since_ms = 5;
	before.stopped_boot = strdup("boot");
	same_forward(&after, &before);
	assert_int_equal(store_set_wanted(s, id + 1, true, 0, NULL, &trouble),
		-ERR_NOT_FOUND);
	store_forward_done(&before);
	store_forward_done(&after);
	store_close(s);
}

static int take_order(void *arg, const struct store_forward *f)
{
	char *order = arg;

	strncat(order, f->name, 8);
	return 0;
}

static void people_order(void **state)
{
	struct store *s = store_place_open(*state);
	uint32_t server = store_place_server(s, "V");
	static const struct {
		const char *name;
		int64_t position;
	} rows[] = {{"c", 1}, {"a", -7}, {"d", 1}, {"b", 0}};
	struct trouble trouble = {0};
	char order[16] = "";

	for (size_t i = 0; i < 4; i++) {
		struct store_forward f = {.name = (char *)rows[i].name,
			.server = server,
			.position = rows[i].position,
			.spec = {.type = FORWARD_DYNAMIC,
				.listen = {.host = (char *)""}}};

		store_place_ok(store_put_forward(s, &f, &trouble), &trouble);
	}
	store_place_ok(
		store_each_forward(s, take_order, order, &trouble), &trouble);
	assert_string_equal(order, "abcd");
	store_close(s);
}

static int stop_at_first(void *arg, const struct store_forward *f)
{
	unsigned *n = arg;

	(*n)++;
	return -ERR_CANCELLED;
}

struct nested {
	struct store *s;
	unsigned n;
};

static int count_inside(void *arg, const struct store_forward *f)
{
	struct nested *nested = arg;

	nested->n += store_place_count_forwards(nested->s);
	return 0;
}

static void walks(void **state)
{
	struct store *s = store_place_open(*state);
	uint32_t server = store_place_server(s, "V");
	struct nested nested = {s, 0};
	struct trouble trouble = {0};
	unsigned n = 0;

	store_place_forward(s, server, "a");
	store_place_forward(s, server, "b");
	store_place_forward(s, server, "c");
	assert_int_equal(store_each_forward(s, stop_at_first, &n, &trouble),
		-ERR_CANCELLED);
	assert_int_equal(n, 1);
	for (int i = 0; i < 3; i++)
		store_place_ok(
			store_each_forward(s, count_inside, &nested, &trouble),
			&trouble);
	assert_int_equal(nested.n, 27);
	store_close(s);
}

#define TEST(f)                                                                \
	cmocka_unit_test_setup_teardown(                                       \
		f, store_place_setup, store_place_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(forwards_come_back_whole),
		TEST(forwards_are_refused),
		TEST(forward_is_all_or_nothing),
		TEST(tags_are_sorted_and_unique),
		TEST(wanted_is_no_edit),
		TEST(people_order),
		TEST(walks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
