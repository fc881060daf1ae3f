/*
 * What `taupe top` puts on the screen: pages of lines, made anew each time.
 * Pure.
 */
#ifndef TAUPE_CLI_TOP_VIEW_H
#define TAUPE_CLI_TOP_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "cli/table.h"
#include "cli/top_list.h"

enum top_mode {
	TOP_TABLE,
	TOP_FILTER, /* the filter is being typed */
	TOP_ALL,    /* what to do with all that are shown? */
	TOP_DETAILS,
	TOP_HELP,
};

struct top_look {
	const struct top_list *list;
	struct table_style style;
	unsigned rows; /* of the terminal */
	enum top_mode mode;
	bool cut;         /* the stream is: nothing of this may be true now */
	size_t questions; /* of servers, open */
	const char *message; /* what went wrong with the last key, or "" */
	size_t first;        /* the row at the top; kept from call to call */
};

/* Lines, each ended by a newline: at most `rows`, none wider than the style's
 * columns. */
void top_view_make(struct top_look *look, struct buf *out);
/* Rows of the table that fit, for a page up or down. */
size_t top_view_page(const struct top_look *look);

/* All that are shown, for --once. table_free releases. */
struct table *top_view_table(
	const struct top_list *l, const struct table_style *style);

#endif
