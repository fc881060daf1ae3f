/*
 * taupe top without its terminal: keys out of bytes, the list and its
 * selection, pages of every size.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ascii.h"
#include "cli/field.h"
#include "cli/human.h"
#include "cli/top_keys.h"
#include "cli/top_list.h"
#include "cli/top_view.h"

/* ---- keys ---- */

static void keys_are_read(void **state)
{
	static const struct {
		const char *bytes;
		enum top_key key;
		size_t taken;
		const char *text;
	} rows[] = {
		{"q", TOP_KEY_TEXT, 1, "q"},
		{"é", TOP_KEY_TEXT, 2, "é"},
		{"\r", TOP_KEY_ENTER, 1, ""},
		{"\n", TOP_KEY_ENTER, 1, ""},
		{"\x7f", TOP_KEY_BACKSPACE, 1, ""},
		{"\x01", TOP_KEY_NONE, 1, ""},
		{"\033[A", TOP_KEY_UP, 3, ""},
		{"\033OB", TOP_KEY_DOWN, 3, ""},
		{"\033[1;5C", TOP_KEY_RIGHT, 6, ""},
		{"\033[5~", TOP_KEY_PAGE_UP, 4, ""},
		{"\033[6;2~", TOP_KEY_PAGE_DOWN, 6, ""},
		{"\033[H", TOP_KEY_HOME, 3, ""},
		{"\033[4~", TOP_KEY_END, 4, ""},
		{"\033[200~", TOP_KEY_NONE, 6, ""},
		{"\033[999999999999A", TOP_KEY_UP, 15, ""},
		{"\033x", TOP_KEY_NONE, 2, ""},
		{"\033\033[A", TOP_KEY_ESCAPE, 1, ""},
		{"\xff", TOP_KEY_NONE, 1, ""},
		{"\xc3x", TOP_KEY_NONE, 1, ""},
		/* not enough yet */
		{"\033", TOP_KEY_NONE, 0, ""},
		{"\033[", TOP_KEY_NONE, 0, ""},
		{"\033[1;", TOP_KEY_NONE, 0, ""},
		{"\xc3", TOP_KEY_NONE, 0, ""},
	};
	char text[TOP_KEY_TEXT_MAX];
	enum top_key key;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *b = rows[i].bytes;

		assert_int_equal(top_keys_next((const unsigned char *)b,
					 strlen(b), false, &key, text),
			rows[i].taken);
		assert_int_equal(key, rows[i].key);
		assert_string_equal(text, rows[i].text);
	}
	assert_int_equal(top_keys_next((const unsigned char *)"\033", 1, true,
				 &key, text),
		1);
	assert_int_equal(key, TOP_KEY_ESCAPE);
}

/* Whatever comes is taken, and ends. */
static void keys_take_anything(void **state)
{
	unsigned char bytes[64];
	char text[TOP_KEY_TEXT_MAX];
	enum top_key key;

	srand(1);
	for (int round = 0; round < 20000; round++) {
		size_t n = (size_t)rand() % sizeof(bytes), at = 0;

		for (size_t i = 0; i < n; i++)
			bytes[i] =
				rand() % 3 == 0 ? 0x1b : (unsigned char)rand();
		while (at < n) {
			size_t took = top_keys_next(
				bytes + at, n - at, true, &key, text);

			assert_in_range(took, 1, n - at);
			at += took;
		}
	}
}

/* ---- the list ---- */

static json_t *forward(int id, const char *name, const char *status, int rate)
{
	return json_pack(
		"{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:[s]}",
		"id", id, "name", name, "state", status, "server", "vps",
		"type", "local", "local", "127.0.0.1:3307", "remote", "db:3306",
		"position", 10 - id, "rate_in", rate, "connections", id, "tags",
		id % 2 ? "odd" : "even");
}

static struct top_list *some(void)
{
	struct top_list *l = top_list_new();
	json_t *all = json_pack("[o, o, o]", forward(1, "beta", "connected", 5),
		forward(2, "Alpha", "error", 0),
		forward(3, "gamma", "disconnected", 9));

	top_list_reset(l, all);
	json_decref(all);
	return l;
}

static const char *name_at(const struct top_list *l, size_t i)
{
	return field_text(top_list_at(l, i), "name");
}

static void lists_are_sorted(void **state)
{
	static const struct {
		enum top_order order;
		const char *first, *last;
	} rows[] = {
		{TOP_ORDER_LIST, "gamma", "beta"},
		{TOP_ORDER_NAME, "Alpha", "gamma"},
		{TOP_ORDER_STATE, "Alpha", "gamma"},
		{TOP_ORDER_SERVER, "gamma", "beta"},
		{TOP_ORDER_CONNECTIONS, "gamma", "beta"},
		{TOP_ORDER_RATE, "gamma", "Alpha"},
	};
	struct top_list *l = some();
	enum top_order order;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		top_list_sort(l, rows[i].order);
		assert_string_equal(name_at(l, 0), rows[i].first);
		assert_string_equal(name_at(l, 2), rows[i].last);
		assert_true(top_list_order_parse(
			top_list_order_name(rows[i].order), &order));
		assert_int_equal(order, rows[i].order);
	}
	assert_false(top_list_order_parse("size", &order));
	top_list_free(l);
}

static void the_selection_stays_on_its_forward(void **state)
{
	struct top_list *l = some();
	json_t *row = json_pack("[[i,i,i,i,i,i,i,i], [i], s]", 1, 7, 8, 9, 10,
		99, 12, 13, 77, "no row");
	struct top_totals sum;

	top_list_sort(l, TOP_ORDER_NAME);
	top_list_move(l, -5);
	assert_string_equal(field_text(top_list_current(l), "name"), "Alpha");
	top_list_move(l, 1);
	top_list_sort(l, TOP_ORDER_RATE);
	assert_string_equal(field_text(top_list_current(l), "name"), "beta");
	top_list_traffic(l, row);
	assert_string_equal(name_at(l, 0), "beta");
	assert_int_equal(top_list_selected(l), 0);
	assert_int_equal(field_count(top_list_current(l), "rtt_us"), 13);
	top_list_totals(l, &sum);
	assert_int_equal(sum.forwards, 3);
	assert_int_equal(sum.connected, 1);
	assert_int_equal(sum.errors, 1);
	assert_int_equal(sum.rate_in, 108);
	top_list_remove(l, 1);
	assert_int_equal(top_list_count(l), 2);
	assert_string_equal(field_text(top_list_current(l), "name"), "gamma");
	top_list_move(l, 99);
	top_list_remove(l, 2);
	top_list_remove(l, 2);
	top_list_remove(l, 3);
	assert_null(top_list_current(l));
	top_list_move(l, 1);
	json_decref(row);
	top_list_free(l);
}

static void lists_are_filtered(void **state)
{
	static const struct {
		const char *text;
		size_t n;
	} rows[] = {{"ALPHA", 1}, {"odd", 2}, {"vps", 3}, {"3306", 3},
		{"nothing", 0}, {"", 3}};
	struct top_list *l = some();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		top_list_filter(l, rows[i].text);
		assert_int_equal(top_list_count(l), rows[i].n);
		assert_string_equal(top_list_filtered(l), rows[i].text);
	}
	top_list_free(l);
}

/* ---- pages ---- */

/* Columns without escape sequences. */
static size_t width_of(const char *line)
{
	char plain[4096];
	size_t n = 0;

	for (; *line != '\0'; line++) {
		if (*line == '\033') {
			line = strchr(line, 'm');
			assert_non_null(line);
			continue;
		}
		plain[n++] = *line;
	}
	plain[n] = '\0';
	return human_width(plain);
}

static void assert_fits(struct top_look *look)
{
	struct buf out = BUF_INIT;
	char *text, *at, *line;
	unsigned n = 0;

	top_view_make(look, &out);
	buf_put_u8(&out, 0);
	text = at = strdup((const char *)buf_ptr(&out));
	while ((line = strsep(&at, "\n")) != NULL && at != NULL) {
		n++;
		if (look->style.columns >= 12 &&
			width_of(line) > look->style.columns)
			fail_msg("%u: %s", look->style.columns, line);
	}
	assert_in_range(n, 1, look->rows);
	free(text);
	buf_done(&out);
}

static void pages_fit_every_size(void **state)
{
	struct top_list *l = some();
	struct top_look look = {.list = l, .message = ""};

	for (int mode = TOP_TABLE; mode <= TOP_HELP; mode++)
		for (unsigned columns = 1; columns < 150; columns += 3)
			for (unsigned rows = 1; rows < 30; rows++) {
				look.mode = (enum top_mode)mode;
				look.style = (struct table_style){
					columns, rows % 2 == 0, rows % 3 == 0};
				look.rows = rows;
				look.cut = rows % 5 == 0;
				look.questions = rows % 4 == 0;
				assert_fits(&look);
			}
	top_list_filter(l, "nothing");
	look.mode = TOP_TABLE;
	assert_fits(&look);
	look.mode = TOP_DETAILS;
	assert_fits(&look);
	top_list_free(l);
}

static void the_selected_row_is_in_sight(void **state)
{
	struct top_list *l = top_list_new();
	json_t *all = json_array();
	struct top_look look = {.list = l,
		.message = "",
		.rows = 12,
		.style = {90, true, true}};
	char name[32];

	for (int i = 1; i <= 500; i++) {
		snprintf(name, sizeof(name), "forward-%03d.", i);
		json_array_append_new(all, forward(i, name, "connected", 0));
	}
	top_list_reset(l, all);
	top_list_sort(l, TOP_ORDER_NAME);
	for (long by = -499; by < 500; by += 83) {
		struct buf out = BUF_INIT;

		top_list_move(l, by);
		top_view_make(&look, &out);
		buf_put_u8(&out, 0);
		assert_non_null(strstr((const char *)buf_ptr(&out),
			field_text(top_list_current(l), "name")));
		buf_done(&out);
	}
	json_decref(all);
	top_list_free(l);
}

static void letters_become_ascii(void **state)
{
	static const struct {
		const char *text, *folded;
	} rows[] = {
		{"plain", "plain"},
		{"Connecté à l’œuvre…", "Connecte a l'ouvre."},
		{"a → b", "a > b"},
		{"«\u202fx\u202f»", "\" x \""},
		{"e\u0301", "e"},
		{"日本", "??"},
		{"\xff\xc3", "??"},
		{"", ""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf text = BUF_INIT;

		buf_printf(&text, "%s", rows[i].text);
		ascii_fold(&text);
		buf_put_u8(&text, 0);
		assert_string_equal(
			(const char *)buf_ptr(&text), rows[i].folded);
		buf_done(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_read),
		cmocka_unit_test(keys_take_anything),
		cmocka_unit_test(lists_are_sorted),
		cmocka_unit_test(the_selection_stays_on_its_forward),
		cmocka_unit_test(lists_are_filtered),
		cmocka_unit_test(pages_fit_every_size),
		cmocka_unit_test(the_selected_row_is_in_sight),
		cmocka_unit_test(letters_become_ascii),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
