/*
 * What a person or a program sees of a run: a live table (display_tty.c), one
 * plain line an event (display_plain.c), or one JSON object an event
 * (display_json.c). Control thread; writes block as their file does.
 */
#ifndef TAUPE_CLI_DISPLAY_H
#define TAUPE_CLI_DISPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "cli/run_state.h"
#include "tunnel/event.h"

struct display;

struct display_ops {
	/* The state has the event already. */
	void (*event)(struct display *d, const struct event *e);
	/* Once a second, and after changes. NULL: there is nothing to paint. */
	void (*paint)(struct display *d);
	/* Someone else writes on the terminal: clear it, and keep what comes
	 * until the end of that. NULL: does not mind. */
	void (*hold)(struct display *d, bool held);
	void (*free)(struct display *d);
};

/* The part that all of them have; each embeds it first. */
struct display {
	const struct display_ops *ops;
	const struct run_state *state;
	int fd;
	bool broken; /* the reader is gone: nothing is written any more */
};

/* All of them borrow `state` and `fd`. */
struct display *display_json_new(const struct run_state *state, int fd);
/* `quiet`: only what went wrong. */
struct display *display_plain_new(
	const struct run_state *state, int fd, bool quiet);
struct display *display_tty_new(
	const struct run_state *state, int fd, bool colours, bool utf8);
/* After SIGWINCH. 0: unknown. */
void display_tty_resize(struct display *d, unsigned columns, unsigned rows);

/* Takes NULL. A live table is wiped off. */
void display_free(struct display *d);

/* For the implementations: all of `out` in as few writes as the system takes,
 * then empties it. Sets `broken`. */
void display_write(struct display *d, struct buf *out);

/* The line that people read for an event, without its time; false: the event
 * has none. `brief` leaves out what a live table shows anyway. */
bool display_sentence(const struct run_state *s, const struct event *e,
	bool brief, struct buf *out);
/* It says that something went wrong. */
bool display_is_trouble(const struct event *e);

#endif
