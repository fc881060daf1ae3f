/*
 * What commands print: tables, names and their beginnings, members read without
 * a fuss, problems in one sentence, verdicts on forwards that were started.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/field.h"
#include "cli/follow_judge.h"
#include "cli/human.h"
#include "cli/names.h"
#include "cli/problem.h"
#include "cli/question.h"
#include "cli/skim.h"
#include "cli/sse.h"
#include "cli/table.h"
#include "cli/view.h"

static const struct table_column columns[] = {
	{"field.name", false, TABLE_END, 4, 0},
	{"field.local", false, TABLE_MIDDLE, 5, 0},
	{"table.connections", true, TABLE_WHOLE, 0, 1},
};

static struct buf out;

static const char *format(const struct table *t, unsigned width, bool colours)
{
	struct table_style style = {.columns = width, .colours = colours};

	buf_clear(&out);
	table_format(t, &style, &out);
	buf_put_u8(&out, 0);
	return (const char *)buf_ptr(&out);
}

static struct table *two_rows(void)
{
	struct table *t = table_new(columns, 3);

	table_coloured(t, "MySQL", "\033[32m");
	table_cell(t, "127.0.0.1:3307");
	table_cell(t, "2");
	table_cell(t, "évil\n\033[2J");
	table_cell(t, "");
	table_cell(t, "10");
	table_note(t, "It is wrong.");
	return t;
}

static void tables_are_whole_in_pipes(void **state)
{
	struct table *t = two_rows();

	assert_string_equal(format(t, 0, false),
		"Name       Local           Conn.\n"
		"MySQL      127.0.0.1:3307      2\n"
		"évil ?[2J                     10  It is wrong.\n");
	/* Never in the place of an empty last column. */
	table_cell(t, "x");
	table_cell(t, "y");
	table_cell(t, "");
	table_note(t, "Nor this.");
	assert_non_null(strstr(format(t, 0, false),
		"\nx          y                      Nor this.\n"));
	table_free(t);
}

static void tables_fit_terminals(void **state)
{
	struct table *t = two_rows();

	for (unsigned width = 1; width < 60; width++) {
		char *line = strdup(format(t, width, false)), *at = line;

		for (char *one; (one = strsep(&at, "\n")) != NULL;)
			if (width >= 12 && human_width(one) > width)
				fail_msg("%u: %s", width, one);
		free(line);
	}
	/* The last column is the first to go. */
	assert_null(strstr(format(t, 16, false), "Conn."));
	assert_non_null(strstr(format(t, 40, true), "\033[32mMySQL\033[m"));
	table_free(t);
}

static void names_by_their_beginning(void **state)
{
	json_t *list = json_pack("[{s:i,s:s},{s:i,s:s},{s:i,s:s}]", "id", 1,
		"name", "Post", "id", 2, "name", "Postgres", "id", 30, "name",
		"Redis");
	struct buf hint = BUF_INIT;
	json_t *found;
	static const struct {
		const char *word;
		int r, id;
		const char *hint;
	} rows[] = {
		{"Post", 0, 1, ""},
		{"Postg", 0, 2, ""},
		{"re", 0, 30, ""},
		{"2", 0, 2, ""},
		{"30", 0, 30, ""},
		{"Pos", -ERR_CONFLICT, 0, "Post, Postgres"},
		{"pos", -ERR_CONFLICT, 0, "Post, Postgres"},
		{"Redus", -ERR_NOT_FOUND, 0, "Redis"},
		{"nothing at all", -ERR_NOT_FOUND, 0, ""},
		{"", -ERR_NOT_FOUND, 0, ""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_clear(&hint);
		assert_int_equal(names_find(list, rows[i].word, &found, &hint),
			rows[i].r);
		if (rows[i].r == 0)
			assert_int_equal(field_int(found, "id"), rows[i].id);
		buf_put_u8(&hint, 0);
		assert_string_equal((const char *)buf_ptr(&hint), rows[i].hint);
	}
	buf_done(&hint);
	json_decref(list);
}

static void members_of_the_wrong_type(void **state)
{
	json_t *o = json_pack("{s:n,s:i,s:s,s:s,s:s}", "null", "minus", -5,
		"word", "x", "at", "2026-11-23T04:54:16.250Z", "bad",
		"2026-13-99");

	assert_string_equal(field_text(o, "null"), "");
	assert_string_equal(field_text(NULL, "word"), "");
	assert_int_equal(field_count(o, "minus"), 0);
	assert_int_equal(field_int(o, "word"), 0);
	assert_false(field_true(o, "word"));
	assert_null(field_object(o, "null"));
	assert_int_equal(field_time(o, "at"), 1795409656250);
	assert_int_equal(field_time(o, "bad"), 0);
	assert_int_equal(field_time(o, "null"), 0);
	json_decref(o);
}

static void problems_in_one_sentence(void **state)
{
	static const struct {
		const char *json, *text;
		enum exit_code code;
	} rows[] = {
		{"{\"code\":\"port_in_use\",\"detail\":\"Taken.\","
		 "\"offer\":\"Take 8.\"}",
			"Taken. Take 8.", EXIT_CODE_FORWARD},
		{"{\"code\":\"auth_failed\",\"message\":\"No.\"}", "No.",
			EXIT_CODE_AUTH},
		{"{\"code\":\"invalid_argument\",\"detail\":\"Bad.\","
		 "\"fields\":[{\"field\":\"pool\",\"message\":\"Big.\","
		 "\"code\":\"invalid_argument\","
		 "\"args\":{\"detail\":\"it is missing\"}},"
		 "{\"field\":\"name\",\"message\":\"Taken.\","
		 "\"code\":\"name_taken\"},"
		 "{\"field\":\"x\",\"message\":\"Taken.\"}]}",
			"pool: it is missing.\n  Taken.", EXIT_CODE_USAGE},
		{"{\"code\":\"of tomorrow\"}", "of tomorrow", EXIT_CODE_OTHER},
		{"<html>", "The daemon answered with HTTP status 500.",
			EXIT_CODE_OTHER},
		{"[]", "The daemon answered with HTTP status 500.",
			EXIT_CODE_OTHER},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *p =
			problem_read(rows[i].json, strlen(rows[i].json), 500);
		struct buf text = BUF_INIT;

		problem_text(p, &text);
		buf_put_u8(&text, 0);
		assert_string_equal((const char *)buf_ptr(&text), rows[i].text);
		assert_int_equal(problem_exit(p), rows[i].code);
		buf_done(&text);
		json_decref(p);
	}
}

static json_t *forward(const char *state, const char *since, bool wanted,
	const char *next_try_at)
{
	json_t *f = json_pack("{s:s,s:s,s:b}", "state", state, "since", since,
		"wanted", wanted);

	if (next_try_at != NULL) {
		json_object_set_new(
			f, "error", json_pack("{s:s}", "code", "link_lost"));
		json_object_set_new(f, "next_try_at", json_string(next_try_at));
	}
	return f;
}

static void verdicts(void **state)
{
	static const struct {
		enum follow_what what;
		uint64_t timeout_s;
		const char *state, *since;
		bool wanted;
		const char *next_try_at;
		enum follow_verdict verdict;
	} rows[] = {
		{FOLLOW_UP, 0, "connected", "1", true, NULL, FOLLOW_DONE},
		{FOLLOW_UP, 0, "connecting", "1", true, NULL, FOLLOW_WAITS},
		/* the old trouble, the new one */
		{FOLLOW_UP, 0, "error", "0", true, "0", FOLLOW_WAITS},
		{FOLLOW_UP, 0, "error", "1", true, "1", FOLLOW_FAILED},
		/* tried, and going to try again */
		{FOLLOW_UP, 0, "reconnecting", "1", true, "1", FOLLOW_FAILED},
		{FOLLOW_UP, 0, "connecting", "0", true, "1", FOLLOW_FAILED},
		{FOLLOW_UP, 0, "connecting", "0", true, "0", FOLLOW_WAITS},
		{FOLLOW_UP, 0, "connecting", "0", true, "", FOLLOW_WAITS},
		{FOLLOW_UP, 9, "reconnecting", "1", true, "1", FOLLOW_WAITS},
		{FOLLOW_UP, 9, "error", "1", true, "1", FOLLOW_FAILED},
		{FOLLOW_DOWN, 0, "disconnected", "1", false, NULL, FOLLOW_DONE},
		{FOLLOW_DOWN, 0, "disconnected", "1", true, NULL, FOLLOW_WAITS},
		{FOLLOW_DOWN, 0, "error", "1", false, "1", FOLLOW_WAITS},
		{FOLLOW_RESTART, 0, "connected", "2", true, NULL, FOLLOW_DONE},
	};
	json_t *before = forward("error", "0", true, "0");
	json_t *up = forward("connected", "1", true, NULL);
	struct follow_wish again = {.what = FOLLOW_RESTART};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct follow_wish wish = {
			.what = rows[i].what, .timeout_s = rows[i].timeout_s};
		json_t *now = forward(rows[i].state, rows[i].since,
			rows[i].wanted, rows[i].next_try_at);

		if (follow_judge(&wish, before, now) != rows[i].verdict)
			fail_msg("row %zu", i);
		json_decref(now);
	}
	/* Still the one from before the restart. */
	assert_int_equal(follow_judge(&again, up, up), FOLLOW_WAITS);
	json_decref(up);
	json_decref(before);
}

static void secrets_become_json(void **state)
{
	struct secret s = SECRET_INIT;
	struct buf text = BUF_INIT;
	json_t *back;

	secret_set(&s, "a\"b\\c\n\x01é", 9);
	question_put_body(
		&text, json_pack("{s:s}", "kind", "password"), "value", &s);
	back = json_loadb(
		(const char *)buf_ptr(&text), buf_len(&text), 0, NULL);
	assert_non_null(back);
	assert_string_equal(field_text(back, "value"), s.p);
	assert_string_equal(field_text(back, "kind"), "password");
	json_decref(back);
	buf_clear(&text);
	question_put_body(&text, json_object(), "value", &s);
	assert_memory_equal(buf_ptr(&text), "{\"value\":\"a", 11);
	buf_wipe_done(&text);
	secret_done(&s);
}

static void on_event(void *arg, const char *event, const char *data, size_t n)
{
	buf_printf(arg, "%s=%.*s;", event, (int)n, data);
}

/* WHATWG HTML, §9.2.6: the examples there, cut in every way. */
static void events_from_bytes(void **state)
{
	static const char text[] = ": hi\r\nid: 1\nevent: forward\ndata: a\n"
				   "data:b\n\ndata\n\ndata\ndata\n\ndata:  x\n"
				   "other: y\n\nevent: lost\n\ndata: cut";

	for (size_t cut = 0; cut < sizeof(text) - 1; cut++) {
		struct sse s = {0};
		struct buf got = BUF_INIT;

		assert_int_equal(sse_feed(&s, text, cut, on_event, &got), 0);
		assert_int_equal(
			sse_feed(&s, text + cut, sizeof(text) - 1 - cut,
				on_event, &got),
			0);
		buf_put_u8(&got, 0);
		assert_string_equal((const char *)buf_ptr(&got),
			"forward=a\nb;message=;message=\n;message= x;");
		buf_done(&got);
		sse_done(&s);
	}
}

static void lists_are_skimmed(void **state)
{
	static const char *const keep[] = {"a", "long name", NULL};
	static const struct {
		const char *json, *wanted; /* NULL: refused */
	} rows[] = {
		{"[]", "[]"},
		{" [ { } ] \n", "[{}]"},
		{"[{\"a\":1,\"b\":2},{\"b\":[1,{\"a\":3}],\"a\":\"x,}]\"}]",
			"[{\"a\":1},{\"a\":\"x,}]\"}]"},
		{"[{\"b\":\"\\\"\",\"long name\":{\"b\":[]}}]",
			"[{\"long name\":{\"b\":[]}}]"},
		{"", NULL},
		{"{\"a\":1}", NULL},
		{"[1]", NULL},
		{"[{\"a\":1}", NULL},
		{"[{\"a\":1}] x", NULL},
		{"[{\"a\"}]", NULL},
		{"[{\"a\":\"\\", NULL},
		{"[{\"a\":[}", NULL},
		{"[{a:1}]", NULL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		/* On the heap, so that a sanitizer sees its end. */
		size_t n = strlen(rows[i].json);
		char *copy = memcpy(malloc(n + (n == 0)), rows[i].json, n);
		struct buf text = BUF_INIT;

		assert_int_equal(skim_list(copy, n, keep, &text),
			rows[i].wanted != NULL);
		buf_put_u8(&text, 0);
		if (rows[i].wanted != NULL)
			assert_string_equal(
				(const char *)buf_ptr(&text), rows[i].wanted);
		buf_done(&text);
		free(copy);
	}
}

static int finish(void **state)
{
	buf_done(&out);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_are_whole_in_pipes),
		cmocka_unit_test(tables_fit_terminals),
		cmocka_unit_test(names_by_their_beginning),
		cmocka_unit_test(members_of_the_wrong_type),
		cmocka_unit_test(problems_in_one_sentence),
		cmocka_unit_test(verdicts),
		cmocka_unit_test(secrets_become_json),
		cmocka_unit_test(events_from_bytes),
		cmocka_unit_test(lists_are_skimmed),
	};

	setenv("LC_ALL", "C", 1);
	return cmocka_run_group_tests(tests, NULL, finish);
}
