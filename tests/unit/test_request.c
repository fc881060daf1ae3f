/*
 * What a request says, before anybody acts on it: its address, route, headers,
 * body, and whether it comes from a page of ours.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/body.h"
#include "api/entrance.h"
#include "api/login.h"
#include "api/negotiate.h"
#include "api/origin.h"
#include "api/problem.h"
#include "api/routes.h"
#include "api/target.h"
#include "base/mem.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- addresses ---- */

static void addresses_are_taken_apart(void **state)
{
	struct target t;

	assert_int_equal(target_parse("/", &t), 0);
	assert_int_equal(t.n_segments, 0);
	target_done(&t);
	assert_int_equal(
		target_parse("/api/v1/forwards/3/?a=b%20c&d&e=f+g&&a=2", &t),
		0);
	assert_int_equal(t.n_segments, 4);
	assert_string_equal(t.segment[0], "api");
	assert_string_equal(t.segment[3], "3");
	assert_string_equal(target_arg(&t, "a"), "b c");
	assert_string_equal(target_arg(&t, "d"), "");
	assert_string_equal(target_arg(&t, "e"), "f g");
	assert_null(target_arg(&t, "f"));
	target_done(&t);
	assert_int_equal(target_parse("/caf%C3%A9+1?n=%C2%AB%26%3D", &t), 0);
	assert_string_equal(t.segment[0], "café+1");
	assert_string_equal(target_arg(&t, "n"), "«&=");
	target_done(&t);
}

static void hostile_addresses_are_refused(void **state)
{
	static const char *const bad[] = {"", "*", "api", "http://h/", "//",
		"/a//b", "/.", "/..", "/a/../b", "/%2e%2e/x", "/a%2fb", "/%",
		"/%4", "/%zz", "/%00", "/a%00b", "/%0a", "/%7f", "/%ff",
		"/%c0%af", "/?a=%", "/?%00", "/?a=%e2%80%ae",
		"/1/2/3/4/5/6/7/8/9/10/11/12/13"};
	char longest[TARGET_MAX + 2], args[TARGET_MAX];
	struct target t = {0};

	for (size_t i = 0; i < COUNT(bad); i++)
		if (target_parse(bad[i], &t) == 0)
			fail_msg("\"%s\" was taken", bad[i]);
	memset(longest, 'a', sizeof(longest));
	longest[0] = '/';
	longest[TARGET_MAX + 1] = '\0';
	assert_int_not_equal(target_parse(longest, &t), 0);
	longest[TARGET_MAX] = '\0';
	assert_int_equal(target_parse(longest, &t), 0);
	target_done(&t);
	snprintf(args, sizeof(args), "/?");
	for (int i = 0; i <= TARGET_ARGS; i++)
		snprintf(args + strlen(args), 8, "a%d&", i);
	assert_int_not_equal(target_parse(args, &t), 0);
}

static void ids_are_numbers(void **state)
{
	assert_int_equal(target_number("1"), 1);
	assert_int_equal(target_number("4294967295"), 4294967295u);
	assert_int_equal(target_number("4294967296"), 0);
	assert_int_equal(target_number("99999999999999999999"), 0);
	assert_int_equal(target_number("0"), 0);
	assert_int_equal(target_number("01"), 0);
	assert_int_equal(target_number("-1"), 0);
	assert_int_equal(target_number("1x"), 0);
	assert_int_equal(target_number(""), 0);
}

/* ---- routes ---- */

static enum routes_verdict find(
	const char *method, const char *uri, struct routes_found *f)
{
	struct target t;
	enum routes_verdict verdict;

	memset(f, 0, sizeof(*f));
	assert_int_equal(target_parse(uri, &t), 0);
	verdict = routes_find(method, &t, f);
	f->id_text = NULL;
	target_done(&t);
	return verdict;
}

static void routes_are_found(void **state)
{
	struct routes_found f;

	assert_int_equal(find("GET", "/api/v1/tokens", &f), ROUTES_FOUND);
	assert_string_equal(f.route->pattern, "/api/v1/tokens");
	assert_int_equal(find("HEAD", "/api/v1/tokens", &f), ROUTES_FOUND);
	assert_string_equal(f.route->method, "GET");
	assert_int_equal(find("DELETE", "/api/v1/tokens/12", &f), ROUTES_FOUND);
	assert_int_equal(f.id, 12);
	assert_int_equal(find("DELETE", "/api/v1/tokens/x", &f), ROUTES_NONE);
	assert_int_equal(find("DELETE", "/api/v1/tokens/0", &f), ROUTES_NONE);
	assert_int_equal(find("GET", "/api/v1/none", &f), ROUTES_NONE);
	assert_int_equal(find("GET", "/api/v1", &f), ROUTES_NONE);
	assert_int_equal(find("GET", "/api/v1/tokens/1/2", &f), ROUTES_NONE);
	assert_int_equal(find("PUT", "/api/v1/tokens", &f), ROUTES_METHOD);
	assert_string_equal(f.allow, "GET, HEAD, POST, OPTIONS");
	assert_int_equal(find("get", "/api/v1/tokens", &f), ROUTES_METHOD);
	assert_int_equal(find("GET", "/api/v1/tokens/12", &f), ROUTES_METHOD);
	assert_string_equal(f.allow, "DELETE, OPTIONS");
	assert_int_equal(find("GET", "/healthz", &f), ROUTES_FOUND);
	assert_int_equal(f.route->scope, ROUTE_PUBLIC);
}

/* ---- headers ---- */

static void languages_are_negotiated(void **state)
{
	static const struct {
		const char *accept;
		enum lang lang;
	} rows[] = {
		{NULL, LANG_EN},
		{"", LANG_EN},
		{"fr", LANG_FR},
		{"FR-ca", LANG_FR},
		{"fry", LANG_EN},
		{"de, fr;q=0.5", LANG_FR},
		{"en;q=0.5, fr;q=0.9", LANG_FR},
		{"fr;q=0.001,en;q=0", LANG_FR},
		{"fr;q=0", LANG_EN},
		{"fr ; q=0.9 , en", LANG_EN},
		{"en,fr", LANG_EN},
		{"fr;q=1.000,en;q=0.999", LANG_FR},
		{";;q=,,fr;x", LANG_FR},
		{"*", LANG_EN},
		{"fr;q=99999999999", LANG_FR},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (negotiate_lang(rows[i].accept, LANG_EN) != rows[i].lang)
			fail_msg("%s", rows[i].accept);
	assert_int_equal(negotiate_lang("de", LANG_FR), LANG_FR);
}

static void compression_is_negotiated(void **state)
{
	assert_false(negotiate_gzip(NULL));
	assert_false(negotiate_gzip("br, deflate"));
	assert_true(negotiate_gzip("deflate, gzip;q=1.0, *;q=0.5"));
	assert_false(negotiate_gzip("gzip;q=0"));
	assert_true(negotiate_gzip("GZIP"));
}

static void revisions_are_read(void **state)
{
	static const char *const bad[] = {"3", "\"\"", "\"0\"", "\"3", "\"3x\"",
		"\"-1\"", "\"4294967296\"", "W/\"3\"", "\"3\", \"4\"", ""};
	uint32_t revision = 9;

	assert_true(negotiate_if_match(NULL, &revision));
	assert_int_equal(revision, 0);
	assert_true(negotiate_if_match("*", &revision));
	assert_int_equal(revision, 0);
	assert_true(negotiate_if_match("\"3\"", &revision));
	assert_int_equal(revision, 3);
	for (size_t i = 0; i < COUNT(bad); i++)
		if (negotiate_if_match(bad[i], &revision))
			fail_msg("%s", bad[i]);
}

static void entity_tags_are_found(void **state)
{
	assert_false(negotiate_has_etag(NULL, "\"a\""));
	assert_true(negotiate_has_etag("\"a\"", "\"a\""));
	assert_true(negotiate_has_etag("\"b\" , W/\"a\"", "\"a\""));
	assert_true(negotiate_has_etag("*", "\"a\""));
	assert_false(negotiate_has_etag("\"ab\", a", "\"a\""));
	assert_false(negotiate_has_etag(",,", "\"a\""));
}

static void only_json_is_json(void **state)
{
	assert_true(negotiate_is_json("application/json"));
	assert_true(negotiate_is_json("Application/JSON; charset=UTF-8"));
	assert_false(negotiate_is_json(NULL));
	assert_false(negotiate_is_json("text/plain"));
	assert_false(negotiate_is_json("application/json2"));
	assert_false(negotiate_is_json("application/x-www-form-urlencoded"));
	assert_false(negotiate_is_json("application/json; charset=latin1"));
}

/* ---- bodies ---- */

static char *nest(unsigned depth)
{
	char *text = mem_zalloc(2 * (size_t)depth + 16, 1);
	size_t at = (size_t)snprintf(text, 16, "{\"a\":");

	for (unsigned i = 1; i < depth; i++)
		text[at++] = '[';
	text[at++] = '0';
	for (unsigned i = 1; i < depth; i++)
		text[at++] = ']';
	text[at] = '}';
	return text;
}

static bool is_taken(const char *text, const char *detail)
{
	struct trouble trouble;
	json_t *body = body_parse(text, strlen(text), &trouble);

	if (body == NULL) {
		assert_int_equal(trouble.code, ERR_INVALID);
		assert_string_equal(trouble_get(&trouble, "detail"), detail);
		return false;
	}
	json_decref(body);
	return true;
}

static void bodies_are_bounded(void **state)
{
	static const char deep[] = "the body is nested more than 16 deep";
	static const char none[] = "the body is no JSON object";
	char *text = nest(BODY_DEPTH);

	assert_true(is_taken(text, ""));
	free(text);
	text = nest(BODY_DEPTH + 1);
	assert_false(is_taken(text, deep));
	free(text);
	text = nest(200000);
	assert_false(is_taken(text, deep));
	free(text);
	/* Brackets in texts are none. */
	assert_true(is_taken(
		"{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[[[[[[[\"}", ""));
	assert_true(is_taken(" {} ", ""));
	assert_false(is_taken("", none));
	assert_false(is_taken("[]", none));
	assert_false(is_taken("1", none));
	assert_false(is_taken("{\"a\":1} x", none));
	assert_false(is_taken("{\"a\":\"\\u0000\"}", none));
	assert_false(is_taken("{\"a\":\"\xff\"}", none));
	assert_false(is_taken("{\"a\":\"\\", none));
	assert_false(
		is_taken("{\"a\":1,\"a\":2}", "the body names a field twice"));
}

/* ---- where from ---- */

static void hosts_are_ours(void **state)
{
	static const char *const ours[] = {"127.0.0.1:7622", "localhost:7622",
		"LOCALHOST:7622", "[::1]:7622"};
	static const char *const others[] = {"127.0.0.1", "127.0.0.1:7623",
		"evil.example:7622", "localhost:7622.evil.example", "",
		"127.0.0.1:7622/", "localhost.:7622", "user@localhost:7622"};
	struct origin o;

	assert_int_equal(
		origin_init(&o, "127.0.0.1", 7622, false, NULL, NULL), 0);
	for (size_t i = 0; i < COUNT(ours); i++)
		assert_true(origin_allows_host(&o, ours[i]));
	for (size_t i = 0; i < COUNT(others); i++)
		if (origin_allows_host(&o, others[i]))
			fail_msg("%s", others[i]);
	assert_false(origin_allows_host(&o, NULL));
	origin_done(&o);
}

static void origins_are_ours(void **state)
{
	const char *host = "127.0.0.1:7622";
	struct origin o;
	char *url;

	assert_int_equal(
		origin_init(&o, "127.0.0.1", 7622, false, NULL, NULL), 0);
	assert_true(origin_allows(&o, "http://127.0.0.1:7622", host));
	assert_false(origin_allows(&o, "https://127.0.0.1:7622", host));
	assert_false(origin_allows(&o, "http://localhost:7622", host));
	assert_false(origin_allows(&o, "http://127.0.0.1:80", host));
	assert_false(origin_allows(&o, "http://127.0.0.1:7622.x", host));
	assert_false(origin_allows(&o, "null", host));
	assert_false(origin_allows(&o, "", host));
	assert_false(origin_allows(&o, NULL, host));
	url = origin_url(&o);
	assert_string_equal(url, "http://127.0.0.1:7622");
	free(url);
	origin_done(&o);
}

static void public_addresses_are_ours(void **state)
{
	static const char *const bad[] = {"", "x", "ftp://x", "https://",
		"https://x/y", "https://x?y", "https://u@x", "http://x y"};
	struct trouble trouble;
	struct origin o;
	char *url;

	assert_int_equal(origin_init(&o, "", 7622, false,
				 "https://Taupe.example/", NULL),
		0);
	assert_true(origin_allows_host(&o, "taupe.example"));
	assert_true(origin_allows_host(&o, "taupe.example:443"));
	assert_false(origin_allows_host(&o, "taupe.example:7622"));
	assert_false(origin_allows_host(&o, "taupe.example.evil"));
	assert_true(
		origin_allows(&o, "https://taupe.example", "127.0.0.1:7622"));
	url = origin_url(&o);
	assert_string_equal(url, "https://Taupe.example");
	free(url);
	origin_done(&o);
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(
			origin_init(&o, "", 1, false, bad[i], &trouble),
			-ERR_INVALID);
		origin_done(&o);
	}
}

static void own_ports_may_be_left_out(void **state)
{
	struct origin o;

	assert_int_equal(origin_init(&o, "::1", 80, false, NULL, NULL), 0);
	assert_true(origin_allows_host(&o, "[::1]"));
	assert_true(origin_allows_host(&o, "localhost:80"));
	origin_done(&o);
	assert_int_equal(
		origin_init(&o, "192.0.2.1", 443, true, NULL, NULL), 0);
	assert_true(origin_allows_host(&o, "192.0.2.1"));
	assert_false(origin_allows_host(&o, "192.0.2.2"));
	origin_done(&o);
	assert_int_equal(origin_init(&o, "0.0.0.0", 443, true, NULL, NULL), 0);
	assert_true(origin_allows_host(&o, "named.by.the.certificate"));
	origin_done(&o);
}

static void places_to_listen_are_read(void **state)
{
	static const struct {
		const char *text, *host;
		uint16_t port;
	} rows[] = {
		{"127.0.0.1:80", "127.0.0.1", 80},
		{"[::1]:0", "::1", 0},
		{"[::1]", "::1", 7622},
		{"localhost", "localhost", 7622},
		{"*:65535", "", 65535},
		{":1", "", 1},
	};
	static const char *const bad[] = {"a:", "a:x", "a:65536", "a:-1",
		"a:1x", "[::1", "[::1]1", "::1", "a: 1"};
	struct endpoint e = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(entrance_parse(rows[i].text, &e, NULL), 0);
		assert_string_equal(e.host, rows[i].host);
		assert_int_equal(e.port, rows[i].port);
		endpoint_done(&e);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		if (entrance_parse(bad[i], &e, NULL) == 0)
			fail_msg("%s", bad[i]);
	assert_true(entrance_is_loopback("127.1.2.3"));
	assert_true(entrance_is_loopback("::1"));
	assert_true(entrance_is_loopback("localhost"));
	assert_false(entrance_is_loopback("0.0.0.0"));
	assert_false(entrance_is_loopback(""));
	assert_false(entrance_is_loopback("127.0.0.1.example"));
	assert_false(entrance_is_loopback("::ffff:127.0.0.1"));
}

/* ---- logging in ---- */

static void codes_serve_once_and_not_for_long(void **state)
{
	struct login l = {0};
	char first[LOGIN_CODE], other[LOGIN_CODE];

	assert_false(login_knows(&l, 1, ""));
	login_make(&l, 1000, first);
	assert_int_equal(strlen(first), LOGIN_CODE - 1);
	assert_true(login_knows(&l, 1000, first));
	assert_true(login_knows(&l, 1000 + LOGIN_CODE_MS - 1, first));
	assert_false(login_knows(&l, 1000 + LOGIN_CODE_MS, first));
	login_use(&l, first);
	assert_false(login_knows(&l, 1000, first));
	login_make(&l, 1000, first);
	for (int i = 1; i < LOGIN_CODES; i++)
		login_make(&l, 1000 + (uint64_t)i, other);
	assert_true(login_knows(&l, 2000, first));
	login_make(&l, 2000, other);
	assert_false(login_knows(&l, 2000, first));
	assert_true(login_knows(&l, 2000, other));
}

static void failures_are_counted(void **state)
{
	struct login l = {0};

	for (uint64_t i = 0; i < LOGIN_FAILURES; i++) {
		assert_int_equal(login_pause(&l, LOGIN_BY_CODE, 5000 + i), 0);
		login_failed(&l, LOGIN_BY_CODE, 5000 + i);
	}
	assert_int_equal(
		login_pause(&l, LOGIN_BY_CODE, 5010), LOGIN_FAILURE_MS - 10);
	assert_int_equal(login_pause(&l, LOGIN_BY_PASSPHRASE, 5010), 0);
	assert_int_equal(
		login_pause(&l, LOGIN_BY_CODE, 5000 + LOGIN_FAILURE_MS), 0);
	login_failed(&l, LOGIN_BY_CODE, 5000 + LOGIN_FAILURE_MS);
	assert_int_equal(
		login_pause(&l, LOGIN_BY_CODE, 5000 + LOGIN_FAILURE_MS), 1);
}

/* ---- problems ---- */

static void problems_speak_the_readers_language(void **state)
{
	struct control_fields fields = {.n = 1};
	struct trouble t;
	json_t *p;

	trouble_set(&t, ERR_PORT_IN_USE);
	trouble_arg(&t, "address", "127.0.0.1:80");
	trouble_arg(&t, "holder", "nginx (pid 7)");
	trouble_arg(&t, "next", "81");
	fields.item[0].field = "local_port";
	fields.item[0].trouble = t;
	p = problem_json(&t, &fields, LANG_FR);
	assert_string_equal(
		json_string_value(json_object_get(p, "code")), "port_in_use");
	assert_int_equal(json_integer_value(json_object_get(p, "status")), 409);
	assert_string_equal(
		json_string_value(json_object_get(p, "title")), "Conflit");
	assert_non_null(strstr(
		json_string_value(json_object_get(p, "detail")), "nginx"));
	assert_string_equal(json_string_value(json_object_get(
				    json_object_get(p, "args"), "next")),
		"81");
	assert_int_equal(json_array_size(json_object_get(p, "fields")), 1);
	json_decref(p);
	p = problem_json(&t, NULL, LANG_EN);
	assert_null(json_object_get(p, "fields"));
	assert_string_equal(
		json_string_value(json_object_get(p, "title")), "Conflict");
	json_decref(p);
}

static void every_status_has_its_title(void **state)
{
	for (int code = 1; code < ERR_COUNT; code++)
		for (int l = 0; l < LANG_COUNT; l++) {
			char key[32];

			snprintf(key, sizeof(key), "status.%d", err_http(code));
			if (catalog_find((enum lang)l, key) == NULL)
				fail_msg("%s is missing", key);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_taken_apart),
		cmocka_unit_test(hostile_addresses_are_refused),
		cmocka_unit_test(ids_are_numbers),
		cmocka_unit_test(routes_are_found),
		cmocka_unit_test(languages_are_negotiated),
		cmocka_unit_test(compression_is_negotiated),
		cmocka_unit_test(revisions_are_read),
		cmocka_unit_test(entity_tags_are_found),
		cmocka_unit_test(only_json_is_json),
		cmocka_unit_test(bodies_are_bounded),
		cmocka_unit_test(hosts_are_ours),
		cmocka_unit_test(origins_are_ours),
		cmocka_unit_test(public_addresses_are_ours),
		cmocka_unit_test(own_ports_may_be_left_out),
		cmocka_unit_test(places_to_listen_are_read),
		cmocka_unit_test(codes_serve_once_and_not_for_long),
		cmocka_unit_test(failures_are_counted),
		cmocka_unit_test(problems_speak_the_readers_language),
		cmocka_unit_test(every_status_has_its_title),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
