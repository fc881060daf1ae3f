/*
 * The live table: one line for the link, one for each forward, cut to the
 * terminal's size. Pure: makes lines, writes nothing.
 */
#ifndef TAUPE_CLI_TTY_TABLE_H
#define TAUPE_CLI_TTY_TABLE_H

#include <stdbool.h>

#include "base/buf.h"
#include "cli/run_state.h"

struct tty_style {
	unsigned columns, rows; /* of the terminal */
	bool colours;           /* for states only */
	bool utf8;              /* the terminal shows more than ASCII */
};

/* All zero is an empty one. */
struct tty_table {
	struct buf text; /* lines, each ended by a newline */
	unsigned *width; /* columns that each line takes, escapes not counted */
	unsigned n, cap;
};

/* Makes the table anew. No line is wider than columns - 1; there are at most
 * rows - 1 lines. */
void tty_table_make(struct tty_table *t, const struct run_state *s,
	const struct tty_style *style);
void tty_table_done(struct tty_table *t);

#endif
