/*
 * store: what goes in comes out, and what the schema refuses.
 */
#include "store_place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/store_list.h"

#define HOUR_MS UINT64_C(3600000)
#define DAY_MS  (24 * HOUR_MS)

/* ---- servers ---- */

static void same_list(const struct string_list *a, const struct string_list *b)
{
	assert_int_equal(a->n, b->n);
	for (size_t i = 0; i < a->n; i++)
		assert_string_equal(a->item[i], b->item[i]);
}

static void same_text(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		assert_ptr_equal(a, b);
	else
		assert_string_equal(a, b);
}

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
	same_list(&got.options, &put.options);
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
	same_list(&got.options, &put.options);

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

/* ---- forwards ---- */

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
	same_text(a->host, b->host);
	same_text(a->path, b->path);
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
	same_text(a->spec.socks_user, b->spec.socks_user);
	assert_int_equal(a->spec.lazy, b->spec.lazy);
	assert_int_equal(a->spec.idle_s, b->spec.idle_s);
	same_text(a->spec.allow, b->spec.allow);
	assert_true(a->spec.limit_in_bytes_s == b->spec.limit_in_bytes_s);
	assert_true(a->spec.limit_out_bytes_s == b->spec.limit_out_bytes_s);
	same_list(&a->tags, &b->tags);
	assert_int_equal(a->autostart, b->autostart);
	assert_int_equal(a->auto_off_s, b->auto_off_s);
	assert_true(a->position == b->position);
	same_text(a->note, b->note);
	assert_true(a->created_ms == b->created_ms);
	assert_true(a->changed_ms == b->changed_ms);
	assert_int_equal(a->wanted, b->wanted);
	assert_true(a->wanted_since_ms == b->wanted_since_ms);
	same_text(a->stopped_boot, b->stopped_boot);
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
		TEST(server_comes_back_whole),
		TEST(server_is_replaced),
		TEST(server_is_refused),
		TEST(server_in_use_stays),
		TEST(forwards_come_back_whole),
		TEST(forwards_are_refused),
		TEST(forward_is_all_or_nothing),
		TEST(tags_are_sorted_and_unique),
		TEST(wanted_is_no_edit),
		TEST(people_order),
		TEST(walks),
		TEST(several_as_one),
		TEST(secrets_stay_with_their_owner),
		TEST(secrets_are_sealed_anew),
		TEST(secret_owners),
		TEST(settings),
		TEST(access_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
