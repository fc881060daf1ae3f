/*
 * Keys out of the bytes that a terminal sends for them: xterm's sequences
 * (ECMA-48 CSI and SS3), with and without modifiers. Pure.
 */
#ifndef TAUPE_CLI_TOP_KEYS_H
#define TAUPE_CLI_TOP_KEYS_H

#include <stdbool.h>
#include <stddef.h>

enum top_key {
	TOP_KEY_NONE, /* one that means nothing here */
	TOP_KEY_TEXT, /* a letter */
	TOP_KEY_UP,
	TOP_KEY_DOWN,
	TOP_KEY_LEFT,
	TOP_KEY_RIGHT,
	TOP_KEY_PAGE_UP,
	TOP_KEY_PAGE_DOWN,
	TOP_KEY_HOME,
	TOP_KEY_END,
	TOP_KEY_ENTER,
	TOP_KEY_BACKSPACE,
	TOP_KEY_ESCAPE,
};

#define TOP_KEY_TEXT_MAX 5 /* a letter in UTF-8, and the NUL */

/* The first key in `n` bytes; its letter in ret_text ("" for other keys). The
 * bytes it took, or 0: there are not enough yet. A lone ESC could be either a
 * key or a beginning: 0, unless nothing more will come (`ended`). */
size_t top_keys_next(const unsigned char *p, size_t n, bool ended,
	enum top_key *ret_key, char ret_text[TOP_KEY_TEXT_MAX]);

#endif
