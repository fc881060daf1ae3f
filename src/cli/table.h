/*
 * Rows in aligned columns: cut to the terminal's width, or whole where nobody
 * looks (a pipe). Colours are for states only.
 */
#ifndef TAUPE_CLI_TABLE_H
#define TAUPE_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define TABLE_COLUMNS_MAX 12

enum table_cut {
	TABLE_WHOLE,  /* never cut */
	TABLE_MIDDLE, /* cut in its middle */
	TABLE_END,
};

struct table_column {
	const char *title; /* a catalogue key, or "" */
	bool right;
	enum table_cut cut;
	unsigned least; /* columns that are left when it is cut */
	unsigned drop;  /* 0: always shown; the highest goes first */
};

struct table_style {
	unsigned columns; /* of the terminal; 0: as wide as need be */
	bool colours, utf8;
};

struct table;

struct table *table_new(const struct table_column *columns, unsigned n);
void table_free(struct table *t); /* NULL is fine */

/* The next cell; the row is full after as many as there are columns. The text
 * is copied and made one safe line. */
void table_cell(struct table *t, const char *text);
/* In a colour's escape sequence, where colours are on; "": in none. */
void table_coloured(struct table *t, const char *text, const char *colour);
/* Said below the last row; in a pipe behind it, so that a row stays a line. */
void table_note(struct table *t, const char *text);
unsigned table_rows(const struct table *t);
/* A column is at least so wide, so that it stays while what is in it changes.
 */
void table_widen(struct table *t, unsigned column, size_t width);

void table_format(const struct table *t, const struct table_style *style,
	struct buf *out);

/* What `fd` is: its size, colours (NO_COLOR), and the locale's letters. */
struct table_style table_style_of(int fd);
/* To stdout, in its style. */
void table_print(const struct table *t);

#endif
