/*
 * The terminal's settings, which have to come back whatever ends the process.
 *
 * One terminal a process, on the main thread. The first term_hush keeps the
 * settings as they were; term_restore puts them back and shows the cursor, and
 * runs by itself at exit and before a fatal signal ends the process. The two
 * can take turns (a stop by Ctrl-Z, a prompt).
 */
#ifndef TAUPE_CLI_TERM_H
#define TAUPE_CLI_TERM_H

#include <stdbool.h>

#include "base/err.h"

/* Typed keys are not shown on the terminal `fd` from now on (or are again, with
 * `echo`); what was typed before goes to nobody. Signals from keys and line
 * editing stay. -ERR_SYSTEM: `fd` is no terminal. */
int term_hush(int fd, bool echo) WARN_UNUSED;
/* The whole terminal: keys come at once and unseen, the alternate screen stands
 * with its cursor hidden, and no line wraps. term_restore gives back what was
 * there. Signals from keys stay. -ERR_SYSTEM as term_hush. */
int term_take(int fd) WARN_UNUSED;
void term_restore(void);

/* This process may read from the terminal and change it: it is not in the
 * background. */
bool term_is_foreground(int fd);

/* `fd` is a terminal that can move its cursor (TERM is set and not dumb). */
bool term_is_live(int fd);
/* NO_COLOR (no-color.org) is not set. */
bool term_wants_colours(void);
/* The locale has letters beyond ASCII. */
bool term_speaks_utf8(void);
/* 0: unknown. */
void term_size(int fd, unsigned *ret_columns, unsigned *ret_rows);

#endif
