/*
 * What each key does, in each of the modes. The daemon is only asked; what
 * comes of it comes by the stream.
 */
#include <string.h>

#include "base/clean.h"
#include "cli/field.h"
#include "cli/follow.h"
#include "cli/problem.h"
#include "cli/top_private.h"

/* ---- asking the daemon ---- */

static void keep_problem(struct top *t)
{
	struct buf text = BUF_INIT;

	problem_text(client_problem(t->client), &text);
	clean_line(
		t->message, sizeof(t->message), buf_ptr(&text), buf_len(&text));
	buf_done(&text);
}

/* `forwards` is taken over. */
static void ask(struct top *t, json_t *forwards, enum follow_what what)
{
	if (json_array_size(forwards) != 0 &&
		follow_ask(t->client, forwards, what, NULL) < 0)
		keep_problem(t);
	json_decref(forwards);
}

static void ask_one(struct top *t, enum follow_what what)
{
	const json_t *f = top_list_current(t->list);

	if (f != NULL)
		ask(t, json_pack("[O]", f), what);
}

static void start_or_stop(struct top *t)
{
	const json_t *f = top_list_current(t->list);

	ask_one(t, field_true(f, "wanted") ? FOLLOW_DOWN : FOLLOW_UP);
}

static void ask_all(struct top *t, enum follow_what what)
{
	json_t *all = json_array();

	for (size_t i = 0; i < top_list_count(t->list); i++)
		json_array_append(all, (json_t *)top_list_at(t->list, i));
	ask(t, all, what);
}

/* ---- modes ---- */

static void answer_all(struct top *t, const char *text)
{
	t->look.mode = TOP_TABLE;
	if (strcmp(text, "s") == 0)
		ask_all(t, FOLLOW_UP);
	else if (strcmp(text, "x") == 0)
		ask_all(t, FOLLOW_DOWN);
	else if (strcmp(text, "r") == 0)
		ask_all(t, FOLLOW_RESTART);
}

/* The last letter, with all of its bytes. */
static void rub_out(char *text)
{
	size_t n = strlen(text);

	while (n != 0 && ((unsigned char)text[n - 1] & 0xc0) == 0x80)
		n--;
	text[n != 0 ? n - 1 : 0] = '\0';
}

static void type_filter(struct top *t, enum top_key key, const char *text)
{
	char filter[TOP_FILTER_MAX];
	size_t n;

	memcpy(filter, top_list_filtered(t->list), sizeof(filter));
	n = strlen(filter);
	if (key == TOP_KEY_ENTER || key == TOP_KEY_ESCAPE)
		t->look.mode = TOP_TABLE;
	if (key == TOP_KEY_ESCAPE)
		filter[0] = '\0';
	else if (key == TOP_KEY_BACKSPACE)
		rub_out(filter);
	else if (n + strlen(text) < sizeof(filter))
		memcpy(filter + n, text, strlen(text) + 1);
	top_list_filter(t->list, filter);
}

static void next_order(struct top *t, int by)
{
	int order = (int)top_list_order(t->list) + by + TOP_ORDERS;

	top_list_sort(t->list, (enum top_order)(order % TOP_ORDERS));
}

/* One step back, and out where there is none. */
static void step_back(struct top *t)
{
	if (*top_list_filtered(t->list) != '\0')
		top_list_filter(t->list, "");
	else
		top_run_stop(t, 0);
}

static void move(struct top *t, enum top_key key)
{
	long page = (long)top_view_page(&t->look);
	long all = (long)top_list_count(t->list);

	top_list_move(t->list, key == TOP_KEY_UP          ? -1
			       : key == TOP_KEY_DOWN      ? 1
			       : key == TOP_KEY_PAGE_UP   ? -page
			       : key == TOP_KEY_PAGE_DOWN ? page
			       : key == TOP_KEY_HOME      ? -all
							  : all);
}

static void letter(struct top *t, char c)
{
	switch (c) {
	case 'q':
		top_run_stop(t, 0);
		break;
	case 'j':
		move(t, TOP_KEY_DOWN);
		break;
	case 'k':
		move(t, TOP_KEY_UP);
		break;
	case 'g':
		move(t, TOP_KEY_HOME);
		break;
	case 'G':
		move(t, TOP_KEY_END);
		break;
	case ' ':
	case 's':
		start_or_stop(t);
		break;
	case 'r':
		ask_one(t, FOLLOW_RESTART);
		break;
	case 'a':
		t->look.mode = TOP_ALL;
		break;
	case 'o':
	case '>':
		next_order(t, 1);
		break;
	case '<':
		next_order(t, -1);
		break;
	case '/':
		t->look.mode = TOP_FILTER;
		break;
	case 'e':
		t->look.mode = TOP_DETAILS;
		break;
	case '?':
	case 'h':
		t->look.mode = TOP_HELP;
		break;
	default:
		break;
	}
}

static void on_table(struct top *t, enum top_key key, const char *text)
{
	switch (key) {
	case TOP_KEY_TEXT:
		letter(t, text[0]);
		break;
	case TOP_KEY_ENTER:
		t->look.mode = TOP_DETAILS;
		break;
	case TOP_KEY_ESCAPE:
		step_back(t);
		break;
	case TOP_KEY_LEFT:
		next_order(t, -1);
		break;
	case TOP_KEY_RIGHT:
		next_order(t, 1);
		break;
	case TOP_KEY_NONE:
	case TOP_KEY_BACKSPACE:
		break;
	default:
		move(t, key);
		break;
	}
}

void top_act_key(struct top *t, enum top_key key, const char *text)
{
	t->message[0] = '\0';
	switch (t->look.mode) {
	case TOP_TABLE:
		on_table(t, key, text);
		break;
	case TOP_FILTER:
		type_filter(t, key, text);
		break;
	case TOP_ALL:
		answer_all(t, text);
		break;
	case TOP_DETAILS:
	case TOP_HELP:
		/* Any key leads back; the arrows look at the neighbours. */
		if (t->look.mode == TOP_DETAILS &&
			(key == TOP_KEY_UP || key == TOP_KEY_DOWN))
			move(t, key);
		else if (key != TOP_KEY_NONE)
			t->look.mode = TOP_TABLE;
		break;
	}
	top_run_paint(t);
}
