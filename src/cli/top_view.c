#include "cli/top_view.h"

#include <stdio.h>
#include <string.h>

#include "base/catalog.h"
#include "base/clean.h"
#include "cli/ascii.h"
#include "cli/field.h"
#include "cli/human.h"
#include "cli/text.h"
#include "cli/top_details.h"
#include "cli/view.h"

#define REVERSE "\033[7m"
#define PLAIN   "\033[m"
#define YELLOW  "\033[33m"
#define RED     "\033[31m"
#define WIDE    120 /* columns for whole units */
#define MARGIN  2   /* before the table: the selection's mark */

static const struct table_column columns[] = {
	{"", false, TABLE_WHOLE, 0, 0},
	{"field.name", false, TABLE_END, 12, 0},
	{"field.state", false, TABLE_WHOLE, 0, 2},
	{"field.route", false, TABLE_MIDDLE, 20, 3},
	{"field.server", false, TABLE_END, 8, 7},
	{"table.connections", true, TABLE_WHOLE, 0, 4},
	{"table.in", true, TABLE_WHOLE, 0, 6},
	{"", true, TABLE_WHOLE, 0, 5},
	{"table.out", true, TABLE_WHOLE, 0, 6},
	{"", true, TABLE_WHOLE, 0, 5},
	{"table.rtt", true, TABLE_WHOLE, 0, 8},
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* ---- the table ---- */

/* "12.4M" where it is not wide enough for "12.4 MiB". */
static bool is_brief(const struct table_style *style)
{
	return style->columns != 0 && style->columns < WIDE;
}

static void rate_cell(
	struct table *t, const json_t *f, const char *name, bool brief)
{
	char text[HUMAN_MAX] = "";

	if (field_count(f, name) != 0)
		human_rate(text, field_count(f, name), brief);
	table_cell(t, text);
}

static void add_row(
	struct table *t, const json_t *f, const struct table_style *style)
{
	char text[TEXT_MAX], number[HUMAN_MAX] = "";
	const char *colour = view_colour(f);
	bool brief = is_brief(style);

	table_coloured(t, view_dot(f, style), colour);
	table_cell(t, field_text(f, "name"));
	table_coloured(t, view_state(f), colour);
	table_cell(t, view_route(f, style->utf8, text, sizeof(text)));
	table_cell(t, field_text(f, "server"));
	snprintf(number, sizeof(number), "%llu",
		(unsigned long long)field_count(f, "connections"));
	table_cell(t, number);
	table_cell(t, human_bytes(number, field_count(f, "bytes_in"), brief));
	rate_cell(t, f, "rate_in", brief);
	table_cell(t, human_bytes(number, field_count(f, "bytes_out"), brief));
	rate_cell(t, f, "rate_out", brief);
	number[0] = '\0';
	/* While it is down, its server's may still be known. */
	if (strcmp(field_text(f, "state"), "connected") == 0 &&
		field_count(f, "rtt_us") != 0)
		human_rtt(number, (uint32_t)field_count(f, "rtt_us"));
	table_cell(t, number);
}

/* Numbers that grow and states that change move nothing. */
static void steady(struct table *t, bool brief)
{
	static const struct {
		unsigned column, width, brief;
	} widths[] = {{5, 5, 5}, {6, 8, 5}, {7, 10, 7}, {8, 8, 5}, {9, 10, 7},
		{10, 7, 7}};

	table_widen(t, 2, view_state_width());
	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++)
		table_widen(t, widths[i].column,
			brief ? widths[i].brief : widths[i].width);
}

struct table *top_view_table(
	const struct top_list *l, const struct table_style *style)
{
	struct table *t = table_new(columns, COLUMNS);

	for (size_t i = 0; i < top_list_count(l); i++)
		add_row(t, top_list_at(l, i), style);
	return t;
}

/* ---- lines ---- */

static void put(struct buf *out, const char *text)
{
	buf_put(out, text, strlen(text));
}

/* One line of at most the style's columns, in a colour where there are any. */
static void put_line(const struct top_look *look, const char *colour,
	const char *text, struct buf *out)
{
	char cleaned[TEXT_MAX], cut[TEXT_MAX];
	bool coloured = *colour != '\0' && look->style.colours;

	clean_line(cleaned, sizeof(cleaned), text, strlen(text));
	human_fit(
		cut, sizeof(cut), cleaned, look->style.columns, HUMAN_CUT_END);
	put(out, coloured ? colour : "");
	put(out, cut);
	put(out, coloured ? PLAIN "\n" : "\n");
}

static char *number(char ret_text[HUMAN_MAX], size_t n)
{
	snprintf(ret_text, HUMAN_MAX, "%zu", n);
	return ret_text;
}

static void header(const struct top_look *look, struct buf *out)
{
	char text[TEXT_MAX], n[HUMAN_MAX], up[HUMAN_MAX], errors[HUMAN_MAX];
	char in[HUMAN_MAX], rate_out[HUMAN_MAX];
	struct top_totals sum;

	if (look->cut) {
		put_line(look, YELLOW, catalog_get("top.cut"), out);
		return;
	}
	if (look->questions != 0) {
		text_format(text, sizeof(text), "top.questions", "n",
			number(n, look->questions), NULL);
		put_line(look, YELLOW, text, out);
		return;
	}
	top_list_totals(look->list, &sum);
	text_format(text, sizeof(text), "top.summary", "n",
		number(n, sum.forwards), "up", number(up, sum.connected),
		"errors", number(errors, sum.errors), "in",
		human_rate(in, sum.rate_in, false), "out",
		human_rate(rate_out, sum.rate_out, false), NULL);
	put_line(look, "", text, out);
}

static void footer(const struct top_look *look, struct buf *out)
{
	const char *filter = top_list_filtered(look->list);
	char text[TEXT_MAX], n[HUMAN_MAX], key[64];

	snprintf(key, sizeof(key), "top_order.%s",
		top_list_order_name(top_list_order(look->list)));
	if (look->mode == TOP_FILTER)
		text_format(
			text, sizeof(text), "top.filter", "text", filter, NULL);
	else if (look->mode == TOP_ALL)
		text_format(text, sizeof(text), "top.all", "n",
			number(n, top_list_count(look->list)), NULL);
	else if (look->mode != TOP_TABLE)
		text_format(text, sizeof(text), "top.back", NULL);
	else if (*look->message != '\0')
		snprintf(text, sizeof(text), "%s", look->message);
	else if (*filter != '\0')
		text_format(text, sizeof(text), "top.filtered", "text", filter,
			"order", catalog_get(key), NULL);
	else
		text_format(text, sizeof(text), "top.keys", "order",
			catalog_get(key), NULL);
	put_line(look, *look->message != '\0' ? RED : "", text, out);
}

/* ---- the page ---- */

/* What stands around the rows, as far as there is room for it. */
struct frame {
	bool header, titles, note, footer;
	size_t room; /* for rows */
};

static struct frame frame_of(const struct top_look *look)
{
	struct frame f = {.header = look->rows >= 5,
		.titles = look->rows >= 4,
		.note = look->rows >= 10,
		.footer = look->rows >= 3};
	size_t taken = (size_t)f.header + f.titles + f.note + f.footer;

	f.room = look->rows > taken ? look->rows - taken : 1;
	return f;
}

size_t top_view_page(const struct top_look *look)
{
	return frame_of(look).room;
}

/* The selected row stays in sight, and no room is left empty below. */
static void scroll(struct top_look *look, size_t room)
{
	size_t n = top_list_count(look->list);
	size_t at = top_list_selected(look->list);

	if (look->first + room > n)
		look->first = n > room ? n - room : 0;
	if (at < look->first)
		look->first = at;
	if (at >= look->first + room)
		look->first = at - room + 1;
}

/* The selected row stands in reverse, whatever the colours in it. */
static void put_row(const struct top_look *look, const char *line, size_t n,
	bool selected, struct buf *out)
{
	put(out, selected ? "> " : "  ");
	if (!selected || !look->style.colours) {
		buf_put(out, line, n);
		put(out, "\n");
		return;
	}
	put(out, REVERSE);
	for (const char *end = line + n; line < end; line++) {
		buf_put(out, line, 1);
		if (*line == 'm' && end - line > 1 && line[-1] == '[')
			put(out, REVERSE);
	}
	put(out, PLAIN "\n");
}

static void put_rows(
	struct top_look *look, const struct frame *f, struct buf *out)
{
	struct table_style style = look->style;
	struct buf text = BUF_INIT;
	const char *line, *nl;
	struct table *t;

	style.columns = style.columns > MARGIN ? style.columns - MARGIN : 1;
	t = top_view_table(look->list, &look->style);
	steady(t, is_brief(&look->style));
	table_format(t, &style, &text);
	table_free(t);
	buf_put_u8(&text, 0);
	line = (const char *)buf_ptr(&text);
	for (size_t i = 0; (nl = strchr(line, '\n')) != NULL; i++) {
		size_t row = i - 1;

		if (i == 0 ? f->titles
			   : row >= look->first && row < look->first + f->room)
			put_row(look, line, (size_t)(nl - line),
				i != 0 && row == top_list_selected(look->list),
				out);
		line = nl + 1;
	}
	buf_done(&text);
}

/* Down to the footer. */
static void fill(struct buf *out, size_t from, size_t lines)
{
	const char *p = (const char *)out->data + out->head + from;
	size_t n = 0;

	for (size_t i = from; i < buf_len(out); i++)
		n += *p++ == '\n';
	while (n++ < lines)
		put(out, "\n");
}

static void table_page(struct top_look *look, struct buf *out)
{
	struct frame f = frame_of(look);
	char text[TEXT_MAX] = "";
	size_t start;

	scroll(look, f.room);
	if (f.header)
		header(look, out);
	start = buf_len(out);
	if (top_list_count(look->list) != 0)
		put_rows(look, &f, out);
	else
		put_line(look, "",
			catalog_get(*top_list_filtered(look->list) != '\0'
					    ? "top.none_such"
					    : "cli.no_forwards"),
			out);
	fill(out, start, f.room + f.titles);
	if (f.note && top_list_current(look->list) != NULL)
		view_trouble(top_list_current(look->list), text, sizeof(text));
	if (f.note)
		put_line(look, RED, text, out);
	if (f.footer)
		footer(look, out);
}

/* Lines of `text` down to the footer. */
static void text_page(
	const struct top_look *look, const struct buf *text, struct buf *out)
{
	const char *line = (const char *)text->data + text->head;
	size_t left = buf_len(text), room = look->rows > 1 ? look->rows - 1 : 1;
	size_t start = buf_len(out);

	for (size_t i = 0; i < room && left != 0; i++) {
		const char *nl = memchr(line, '\n', left);
		size_t n = nl != NULL ? (size_t)(nl - line) : left;
		char one[TEXT_MAX];

		snprintf(one, sizeof(one), "%.*s", (int)n, line);
		put_line(look, "", one, out);
		n += nl != NULL;
		line += n;
		left -= n;
	}
	fill(out, start, room);
	if (look->rows > 1)
		footer(look, out);
}

void top_view_make(struct top_look *look, struct buf *out)
{
	struct buf text = BUF_INIT;

	if (look->mode == TOP_HELP)
		put(&text, catalog_get("top.help"));
	else if (look->mode == TOP_DETAILS)
		top_details_make(
			top_list_current(look->list), &look->style, &text);
	if (look->mode == TOP_HELP || look->mode == TOP_DETAILS)
		text_page(look, &text, out);
	else
		table_page(look, out);
	buf_done(&text);
	if (!look->style.utf8)
		ascii_fold(out);
}
