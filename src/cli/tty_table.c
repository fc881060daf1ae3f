#include "cli/tty_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/catalog.h"
#include "base/mem.h"
#include "cli/human.h"
#include "cli/text.h"
#include "cli/tty_layout.h"

/* A line in the making. */
struct line {
	struct buf *text;
	unsigned at; /* columns so far */
};

static void put(struct line *line, const char *text)
{
	buf_put(line->text, text, strlen(text));
	line->at += (unsigned)human_width(text);
}

static void pad(struct line *line, size_t n)
{
	buf_printf(line->text, "%*s", (int)n, "");
	line->at += (unsigned)n;
}

static const char *state_colour(enum tunnel_state state)
{
	static const char *const colours[STATE_COUNT] = {
		[STATE_DISCONNECTED] = "",
		[STATE_CONNECTING] = "\033[33m",
		[STATE_CONNECTED] = "\033[32m",
		[STATE_RECONNECTING] = "\033[33m",
		[STATE_ERROR] = "\033[31m",
	};

	return colours[state];
}

static void put_state(struct line *line, const struct tty_style *style,
	enum tunnel_state state, const char *text)
{
	const char *colour = style->colours ? state_colour(state) : "";

	buf_put(line->text, colour, strlen(colour));
	put(line, text);
	if (*colour != '\0')
		buf_put(line->text, "\033[m", 3);
}

static void put_dot(struct line *line, const struct tty_style *style,
	enum tunnel_state state)
{
	bool filled = state != STATE_DISCONNECTED;

	if (style->utf8)
		put_state(line, style, state, filled ? "●" : "○");
	else
		put_state(line, style, state, filled ? "*" : "-");
	put(line, " ");
}

static bool right_aligned(enum tty_column column)
{
	return column >= TTY_COLUMN_CONNECTIONS;
}

static void put_cell(struct line *line, const struct tty_layout *layout,
	enum tty_column column, const char *text, const struct tty_style *style,
	enum tunnel_state state)
{
	char cut[TTY_CELL_MAX];
	size_t width = layout->width[column], used;

	if (width == 0)
		return;
	human_fit(cut, sizeof(cut), text, width,
		column == TTY_COLUMN_ROUTE ? HUMAN_CUT_MIDDLE : HUMAN_CUT_END);
	used = human_width(cut);
	if (right_aligned(column))
		pad(line, width - used);
	if (column == TTY_COLUMN_STATE)
		put_state(line, style, state, cut);
	else
		put(line, cut);
	if (!right_aligned(column))
		pad(line, width - used);
	pad(line, TTY_GAP);
}

static struct line begin(struct tty_table *t)
{
	return (struct line){.text = &t->text, .at = 0};
}

static void end(struct tty_table *t, struct line *line)
{
	/* Padding behind the last cell. */
	while (line->at != 0 && t->text.data[t->text.tail - 1] == ' ') {
		t->text.tail--;
		line->at--;
	}
	buf_put(&t->text, "\n", 1);
	if (t->n == t->cap) {
		t->cap = t->cap * 2 + 16;
		t->width = mem_realloc(t->width, t->cap, sizeof(*t->width));
	}
	t->width[t->n++] = line->at;
}

/* " · text", where it still fits. */
static void put_fact(
	struct line *line, unsigned room, const char *text, bool utf8)
{
	const char *between = utf8 ? " · " : " - ";

	if (line->at + 3 + human_width(text) > room)
		return;
	put(line, between);
	put(line, text);
}

static void put_link_facts(
	struct line *line, const struct run_state *s, unsigned room, bool utf8)
{
	char text[TEXT_MAX], number[HUMAN_MAX];

	if (s->rtt_us != 0)
		put_fact(line, room, human_rtt(number, s->rtt_us), utf8);
	if (s->cipher[0] != '\0') {
		/* The maker's domain tells a person nothing. */
		snprintf(text, sizeof(text), "%.*s",
			(int)strcspn(s->cipher, "@"), s->cipher);
		put_fact(line, room, text, utf8);
	}
	if (s->links > 1) {
		snprintf(number, sizeof(number), "%u", (unsigned)s->links);
		put_fact(line, room,
			text_format(text, sizeof(text), "table.links", "n",
				number, NULL),
			utf8);
	}
	if (s->up_since_ms != 0 && s->wall_ms > s->up_since_ms) {
		human_duration(
			number, (s->wall_ms - s->up_since_ms) / 1000 * 1000);
		put_fact(line, room,
			text_format(text, sizeof(text), "table.up", "time",
				number, NULL),
			utf8);
	}
}

static void server_line(struct tty_table *t, const struct run_state *s,
	const struct tty_style *style, unsigned room)
{
	struct line line = begin(t);
	char text[TTY_CELL_MAX], number[HUMAN_MAX], wait[TEXT_MAX];
	size_t taken = 4 + human_width(tty_layout_state(s->state));

	put_dot(&line, style, s->state);
	tty_layout_clean(text, s->server);
	human_fit(wait, sizeof(wait), text, room > taken ? room - taken : 1,
		HUMAN_CUT_MIDDLE);
	put(&line, wait);
	if (line.at + taken <= room + 2) {
		pad(&line, TTY_GAP);
		put_state(&line, style, s->state, tty_layout_state(s->state));
	}
	if (s->next_try_at_ms > s->now_ms) {
		/* Whole seconds, rounded up: the count ends at 1. */
		human_duration(number,
			(s->next_try_at_ms - s->now_ms + 999) / 1000 * 1000);
		put_fact(&line, room,
			text_format(wait, sizeof(wait), "table.next_try",
				"wait", number, NULL),
			style->utf8);
	}
	if (s->state == STATE_CONNECTED)
		put_link_facts(&line, s, room, style->utf8);
	end(t, &line);
}

static void title_line(struct tty_table *t, const struct tty_layout *layout,
	const struct tty_style *style)
{
	struct line line = begin(t);

	pad(&line, 2);
	for (int c = 0; c < TTY_COLUMNS; c++)
		put_cell(&line, layout, (enum tty_column)c,
			tty_layout_title((enum tty_column)c), style,
			STATE_DISCONNECTED);
	end(t, &line);
}

static void forward_line(struct tty_table *t, const struct run_forward *f,
	const struct tty_layout *layout, const struct tty_style *style)
{
	struct line line = begin(t);
	char text[TTY_CELL_MAX];

	put_dot(&line, style, f->state);
	for (int c = 0; c < TTY_COLUMNS; c++) {
		tty_layout_cell(f, (enum tty_column)c, layout->plan, text);
		put_cell(&line, layout, (enum tty_column)c, text, style,
			f->state);
	}
	end(t, &line);
}

static void text_line(
	struct tty_table *t, unsigned indent, const char *text, unsigned room)
{
	struct line line = begin(t);
	char cleaned[TTY_CELL_MAX], cut[TTY_CELL_MAX];

	tty_layout_clean(cleaned, text);
	pad(&line, indent);
	put(&line, human_fit(cut, sizeof(cut), cleaned,
			   room > indent ? room - indent : 1, HUMAN_CUT_END));
	end(t, &line);
}

/* The numbers of a forward in words, below its line. */
static void numbers_line(struct tty_table *t, const struct run_forward *f,
	bool brief, unsigned room)
{
	char text[TEXT_MAX], n[HUMAN_MAX], in[HUMAN_MAX], out[HUMAN_MAX];
	char rate_in[HUMAN_MAX], rate_out[HUMAN_MAX];

	snprintf(n, sizeof(n), "%u", (unsigned)f->connections);
	text_format(text, sizeof(text), "table.numbers", "n", n, "in",
		human_bytes(in, f->bytes_in, brief), "rate_in",
		human_rate(rate_in, f->rate_in, brief), "out",
		human_bytes(out, f->bytes_out, brief), "rate_out",
		human_rate(rate_out, f->rate_out, brief), NULL);
	text_line(t, 4, text, room);
}

static void forward_lines(struct tty_table *t, const struct run_state *s,
	const struct tty_layout *layout, const struct tty_style *style,
	unsigned room)
{
	unsigned max = style->rows > 2 ? style->rows - 1 : 2;
	unsigned each = layout->plan->two_lines ? 2 : 1;
	char text[TEXT_MAX], number[HUMAN_MAX];

	for (size_t i = 0; i < s->n_forwards; i++) {
		const struct run_forward *f = &s->forward[i];
		size_t left = s->n_forwards - i;

		if (t->n + each + (left > 1) > max) {
			snprintf(number, sizeof(number), "%zu", left);
			text_line(t, 2,
				text_format(text, sizeof(text), "table.more",
					"n", number, NULL),
				room);
			return;
		}
		forward_line(t, f, layout, style);
		if (layout->plan->two_lines)
			numbers_line(t, f, layout->plan->brief, room);
		if (f->state == STATE_ERROR && f->trouble.code != ERR_OK &&
			t->n + 1 + (left - 1) * each <= max) {
			trouble_text(&f->trouble, text, sizeof(text));
			text_line(t, 4, text, room);
		}
	}
}

void tty_table_make(struct tty_table *t, const struct run_state *s,
	const struct tty_style *style)
{
	unsigned room = style->columns > 8 ? style->columns - 1 : 7;
	struct tty_layout layout;

	buf_clear(&t->text);
	t->n = 0;
	tty_layout_make(&layout, s, room, style->rows);
	server_line(t, s, style, room);
	if (layout.plan->numbers && style->rows > 6)
		title_line(t, &layout, style);
	forward_lines(t, s, &layout, style, room);
}

void tty_table_done(struct tty_table *t)
{
	buf_done(&t->text);
	free(t->width);
	memset(t, 0, sizeof(*t));
}
