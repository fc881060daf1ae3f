/*
 * Which columns the live table has, how wide they are, and what stands in its
 * cells. Pure.
 */
#ifndef TAUPE_CLI_TTY_LAYOUT_H
#define TAUPE_CLI_TTY_LAYOUT_H

#include <stdbool.h>

#include "cli/run_state.h"

#define TTY_CELL_MAX 640 /* bytes */
#define TTY_GAP      2   /* columns between two cells */

enum tty_column {
	TTY_COLUMN_TYPE,
	TTY_COLUMN_ROUTE,
	TTY_COLUMN_STATE,
	TTY_COLUMN_CONNECTIONS,
	TTY_COLUMN_IN,
	TTY_COLUMN_RATE_IN,
	TTY_COLUMN_OUT,
	TTY_COLUMN_RATE_OUT,
	TTY_COLUMNS
};

/* What is shown, and how shortly. */
struct tty_plan {
	unsigned route_min; /* a route that is longer is cut down to this */
	bool type, letter, state, numbers, rates, brief;
	bool two_lines; /* the numbers stand below the route */
};

struct tty_layout {
	const struct tty_plan *plan;
	unsigned width[TTY_COLUMNS]; /* 0: not shown */
};

/* For lines of at most `room` columns on a terminal of `rows` lines. */
void tty_layout_make(struct tty_layout *ret_layout, const struct run_state *s,
	unsigned room, unsigned rows);

/* A cell's text, whole: it may be wider than its column. */
void tty_layout_cell(const struct run_forward *f, enum tty_column column,
	const struct tty_plan *plan, char ret_text[TTY_CELL_MAX]);
/* What stands above a column; "" for most. */
const char *tty_layout_title(enum tty_column column);

/* The word for a state. */
const char *tty_layout_state(enum tunnel_state state);
/* One line of `text` without what a terminal could take for a command. */
void tty_layout_clean(char ret_text[TTY_CELL_MAX], const char *text);

#endif
