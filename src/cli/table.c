#include "cli/table.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/catalog.h"
#include "base/clean.h"
#include "base/mem.h"
#include "cli/human.h"
#include "cli/term.h"

#define GAP 2 /* columns between two */
/* The longest cell; a longer one is cut. */
#define CELL_MAX 1024

struct cell {
	char *text;
	const char *colour;
	size_t width;
};

struct row {
	struct cell cell[TABLE_COLUMNS_MAX];
	char *note; /* or NULL */
};

struct table {
	const struct table_column *column;
	unsigned n_columns;
	size_t least[TABLE_COLUMNS_MAX];
	struct row *row;
	unsigned n_rows, cap;
	unsigned at; /* cells of the last row; n_columns: it is full */
};

/* What is shown. */
struct layout {
	const struct table_style *style;
	size_t width[TABLE_COLUMNS_MAX]; /* 0: left out */
};

struct table *table_new(const struct table_column *columns, unsigned n)
{
	struct table *t = mem_zalloc(1, sizeof(*t));

	assert(n >= 1 && n <= TABLE_COLUMNS_MAX);
	t->column = columns;
	t->n_columns = n;
	t->at = n;
	return t;
}

void table_free(struct table *t)
{
	if (t == NULL)
		return;
	for (unsigned r = 0; r < t->n_rows; r++) {
		for (unsigned c = 0; c < t->n_columns; c++)
			free(t->row[r].cell[c].text);
		free(t->row[r].note);
	}
	free(t->row);
	free(t);
}

static char *one_line(const char *text)
{
	char line[CELL_MAX];

	clean_line(line, sizeof(line), text, strlen(text));
	return mem_strdup(line);
}

void table_coloured(struct table *t, const char *text, const char *colour)
{
	struct cell *cell;

	if (t->at == t->n_columns) {
		if (t->n_rows == t->cap) {
			t->cap = t->cap * 2 + 16;
			t->row = mem_realloc(t->row, t->cap, sizeof(*t->row));
		}
		memset(&t->row[t->n_rows++], 0, sizeof(*t->row));
		t->at = 0;
	}
	cell = &t->row[t->n_rows - 1].cell[t->at++];
	cell->text = one_line(text);
	cell->colour = colour;
	cell->width = human_width(cell->text);
}

void table_cell(struct table *t, const char *text)
{
	table_coloured(t, text, "");
}

void table_note(struct table *t, const char *text)
{
	struct row *row = &t->row[t->n_rows - 1];

	free(row->note);
	row->note = one_line(text);
}

unsigned table_rows(const struct table *t)
{
	return t->n_rows;
}

void table_widen(struct table *t, unsigned column, size_t width)
{
	t->least[column] = width;
}

/* ---- layout ---- */

static const char *title(const struct table *t, unsigned column)
{
	const char *key = t->column[column].title;

	return *key != '\0' ? catalog_get(key) : "";
}

static void natural(const struct table *t, struct layout *l, unsigned shown)
{
	for (unsigned c = 0; c < t->n_columns; c++) {
		size_t width = human_width(title(t, c));

		l->width[c] = 0;
		if ((shown & 1u << c) == 0)
			continue;
		if (t->least[c] > width)
			width = t->least[c];
		for (unsigned r = 0; r < t->n_rows; r++)
			if (t->row[r].cell[c].width > width)
				width = t->row[r].cell[c].width;
		l->width[c] = width;
	}
}

static size_t total(const struct table *t, const struct layout *l)
{
	size_t sum = 0;

	for (unsigned c = 0; c < t->n_columns; c++)
		if (l->width[c] != 0)
			sum += l->width[c] + GAP;
	return sum >= GAP ? sum - GAP : 0;
}

/* One column off the widest that may be cut; false: none may. */
static bool shrink(const struct table *t, struct layout *l, bool hard)
{
	size_t *widest = NULL;

	for (unsigned c = 0; c < t->n_columns; c++) {
		size_t least = hard ? 1 : t->column[c].least;

		if (!hard && t->column[c].cut == TABLE_WHOLE)
			continue;
		if (l->width[c] > least &&
			(widest == NULL || l->width[c] > *widest))
			widest = &l->width[c];
	}
	if (widest == NULL)
		return false;
	--*widest;
	return true;
}

/* The columns that go first, together when they are of the same rank. */
static bool drop_some(const struct table *t, unsigned *shown)
{
	unsigned most = 0;

	for (unsigned c = 0; c < t->n_columns; c++)
		if ((*shown & 1u << c) != 0 && t->column[c].drop > most)
			most = t->column[c].drop;
	if (most == 0)
		return false;
	for (unsigned c = 0; c < t->n_columns; c++)
		if (t->column[c].drop == most)
			*shown &= ~(1u << c);
	return true;
}

static void lay_out(const struct table *t, struct layout *l)
{
	unsigned shown = (1u << t->n_columns) - 1;
	size_t room = l->style->columns;

	natural(t, l, shown);
	while (room != 0 && total(t, l) > room) {
		if (shrink(t, l, false))
			continue;
		if (drop_some(t, &shown))
			natural(t, l, shown);
		else if (!shrink(t, l, true))
			break;
	}
}

/* ---- lines ---- */

static void pad(struct buf *out, size_t n)
{
	if (n == 0)
		return;
	memset(buf_reserve(out, n), ' ', n);
	buf_commit(out, n);
}

static void put_cell(const struct table *t, const struct layout *l, unsigned c,
	const char *text, const char *colour, struct buf *out)
{
	bool coloured = *colour != '\0' && l->style->colours;
	size_t width = l->width[c], used = human_width(text);
	char cut[CELL_MAX];

	if (used > width) {
		text = human_fit(cut, sizeof(cut), text, width,
			t->column[c].cut == TABLE_MIDDLE ? HUMAN_CUT_MIDDLE
							 : HUMAN_CUT_END);
		used = human_width(text);
	}
	if (t->column[c].right)
		pad(out, width - used);
	if (coloured)
		buf_put(out, colour, strlen(colour));
	buf_put(out, text, strlen(text));
	if (coloured)
		buf_put(out, "\033[m", 3);
	pad(out, (t->column[c].right ? 0 : width - used) + GAP);
}

static void end_line(struct buf *out)
{
	while (buf_len(out) != 0 && out->data[out->tail - 1] == ' ')
		out->tail--;
	buf_put(out, "\n", 1);
}

/* Where nobody looks still in the row's line, behind its last column. */
static void put_note(const struct layout *l, const char *note, struct buf *out)
{
	char cut[CELL_MAX];

	if (l->style->columns == 0) {
		buf_printf(out, "%s\n", note);
		return;
	}
	end_line(out);
	human_fit(cut, sizeof(cut), note,
		l->style->columns > 8 ? l->style->columns - 4 : 4,
		HUMAN_CUT_END);
	buf_printf(out, "    %s\n", cut);
}

void table_format(
	const struct table *t, const struct table_style *style, struct buf *out)
{
	struct layout l = {.style = style};

	lay_out(t, &l);
	for (unsigned c = 0; c < t->n_columns; c++)
		if (l.width[c] != 0)
			put_cell(t, &l, c, title(t, c), "", out);
	end_line(out);
	for (unsigned r = 0; r < t->n_rows; r++) {
		const struct row *row = &t->row[r];

		for (unsigned c = 0; c < t->n_columns; c++)
			if (l.width[c] != 0)
				put_cell(t, &l, c, row->cell[c].text,
					row->cell[c].colour, out);
		if (row->note != NULL)
			put_note(&l, row->note, out);
		else
			end_line(out);
	}
}

struct table_style table_style_of(int fd)
{
	struct table_style style = {0};
	unsigned rows;

	style.utf8 = term_speaks_utf8();
	if (!isatty(fd))
		return style;
	term_size(fd, &style.columns, &rows);
	style.colours = term_is_live(fd) && term_wants_colours();
	return style;
}

void table_print(const struct table *t)
{
	struct table_style style = table_style_of(STDOUT_FILENO);
	struct buf out = BUF_INIT;

	table_format(t, &style, &out);
	fwrite(buf_ptr(&out), 1, buf_len(&out), stdout);
	buf_done(&out);
}
