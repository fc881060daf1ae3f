/*
 * All about one forward, for `taupe top`: with its last error and what to do,
 * in full. Pure.
 */
#ifndef TAUPE_CLI_TOP_DETAILS_H
#define TAUPE_CLI_TOP_DETAILS_H

#include <jansson.h>

#include "base/buf.h"
#include "cli/table.h"

/* Lines, broken between words to the style's columns. `forward` may be NULL. */
void top_details_make(const json_t *forward, const struct table_style *style,
	struct buf *out);

#endif
