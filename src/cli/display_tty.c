/*
 * A table that is repainted in place at the bottom of the terminal, with event
 * lines scrolling by above it. Each repaint is one write of: cursor up to the
 * table's first line, new event lines, the table's lines, each cleared to its
 * end. The cursor rests, hidden, on the line below the table.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/display.h"
#include "cli/human.h"
#include "cli/text.h"
#include "cli/tty_table.h"

#define HIDE_CURSOR "\033[?25l"
#define SHOW_CURSOR "\033[?25h"
#define CLEAR_LINE  "\033[K"
#define CLEAR_BELOW "\033[J"
/* Event lines kept while a prompt is open; what is past that is dropped. */
#define PENDING_MAX (64 * 1024)

struct display_tty {
	struct display base;
	struct tty_style style;
	struct tty_table table; /* as last painted */
	struct buf pending;     /* event lines not shown yet */
	struct buf out;
	bool painted; /* the table is on the screen, the cursor hidden */
	bool held;
};

static void put(struct buf *out, const char *text)
{
	buf_put(out, text, strlen(text));
}

/* Screen lines that the painted table takes: a terminal made narrower since
 * then has wrapped the long ones. */
static unsigned lines_taken(const struct display_tty *d)
{
	unsigned n = 0;

	for (unsigned i = 0; i < d->table.n; i++) {
		unsigned width = d->table.width[i];

		n += width == 0 ? 1
				: (width + d->style.columns - 1) /
					  d->style.columns;
	}
	return n;
}

static void to_first_line(struct display_tty *d)
{
	unsigned n = d->painted ? lines_taken(d) : 0;

	put(&d->out, "\r");
	if (n != 0)
		buf_printf(&d->out, "\033[%uA", n);
}

/* `text` with every line's rest cleared. */
static void put_lines(struct buf *out, const struct buf *text)
{
	const char *p = (const char *)text->data + text->head, *nl;
	size_t left = buf_len(text);

	while (left != 0 && (nl = memchr(p, '\n', left)) != NULL) {
		buf_put(out, p, (size_t)(nl - p));
		put(out, CLEAR_LINE "\n");
		left -= (size_t)(nl - p) + 1;
		p = nl + 1;
	}
}

static void tty_paint(struct display *base)
{
	struct display_tty *d = (struct display_tty *)base;

	if (d->held)
		return;
	if (!d->painted)
		put(&d->out, HIDE_CURSOR);
	to_first_line(d);
	put_lines(&d->out, &d->pending);
	buf_clear(&d->pending);
	tty_table_make(&d->table, base->state, &d->style);
	put_lines(&d->out, &d->table.text);
	put(&d->out, CLEAR_BELOW);
	d->painted = true;
	display_write(base, &d->out);
}

static void wipe(struct display_tty *d)
{
	to_first_line(d);
	put(&d->out, CLEAR_BELOW);
	put_lines(&d->out, &d->pending);
	buf_clear(&d->pending);
	if (d->painted)
		put(&d->out, SHOW_CURSOR);
	d->painted = false;
	display_write(&d->base, &d->out);
}

/* Columns that event lines are indented by, past their time. */
#define INDENT 10

/* `text` from column INDENT on, broken at spaces; a word that is wider than the
 * terminal is left to the terminal. */
static void put_wrapped(struct display_tty *d, const struct buf *text)
{
	const char *p = (const char *)text->data + text->head;
	size_t left = buf_len(text), at = INDENT, room = d->style.columns;

	while (left != 0) {
		size_t gap = strspn(p, " "), n = gap + strcspn(p + gap, " \n");
		char word[TEXT_MAX];
		size_t width;

		if (*p == '\n')
			n = 1;
		snprintf(word, sizeof(word), "%.*s", (int)n, p);
		width = human_width(word);
		if (*p == '\n' ||
			(at > INDENT && at + width >= room && room > 40)) {
			buf_printf(&d->pending, "\n%*s", INDENT, "");
			at = INDENT;
			gap += *p == '\n';
		} else {
			gap = 0;
		}
		buf_put(&d->pending, p + gap, n - gap);
		at += width;
		p += n;
		left -= n;
	}
	buf_put(&d->pending, "\n", 1);
}

static void tty_event(struct display *base, const struct event *e)
{
	struct display_tty *d = (struct display_tty *)base;
	struct buf line = BUF_INIT;
	char time[HUMAN_MAX];

	if (display_sentence(base->state, e, true, &line) &&
		buf_len(&d->pending) + buf_len(&line) < PENDING_MAX) {
		buf_put(&line, "", 1);
		line.tail--; /* a NUL for strspn, past the text */
		buf_printf(&d->pending, "%s  ",
			human_clock(time, e->wall_ms, false));
		put_wrapped(d, &line);
	}
	buf_done(&line);
}

static void tty_hold(struct display *base, bool held)
{
	struct display_tty *d = (struct display_tty *)base;

	if (held && !d->held)
		wipe(d);
	d->held = held;
	if (!held)
		tty_paint(base);
}

static void tty_free(struct display *base)
{
	struct display_tty *d = (struct display_tty *)base;

	wipe(d);
	tty_table_done(&d->table);
	buf_done(&d->pending);
	buf_done(&d->out);
	free(d);
}

static const struct display_ops ops = {
	.event = tty_event,
	.paint = tty_paint,
	.hold = tty_hold,
	.free = tty_free,
};

struct display *display_tty_new(
	const struct run_state *state, int fd, bool colours, bool utf8)
{
	struct display_tty *d = mem_zalloc(1, sizeof(*d));

	d->base = (struct display){.ops = &ops, .state = state, .fd = fd};
	d->style = (struct tty_style){.colours = colours, .utf8 = utf8};
	display_tty_resize(&d->base, 0, 0);
	return &d->base;
}

void display_tty_resize(struct display *base, unsigned columns, unsigned rows)
{
	struct display_tty *d = (struct display_tty *)base;

	d->style.columns = columns != 0 ? columns : 80;
	d->style.rows = rows != 0 ? rows : 24;
}
