/*
 * The kinds of value that ssh_config has: words, flags, times, sizes.
 *
 * Pure; any thread. Outputs are written only on success.
 */
#ifndef TAUPE_TUNNEL_OPTION_VALUE_H
#define TAUPE_TUNNEL_OPTION_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Cuts the next word off `*cursor`, which moves past it: quotes ("…" or '…')
 * and backslashes before a quote, a backslash or a space are undone, as ssh
 * does. malloc'ed. NULL: no word is left, or (`*cursor` stays) a quote is not
 * closed. */
char *option_value_word(const char **cursor);

/* A whole decimal number of at most `max`. -ERR_INVALID. */
int option_value_unsigned(
	const char *text, unsigned max, unsigned *ret_n) WARN_UNUSED;

/* ssh's time format, sshd_config(5) TIME FORMATS: "90", "1h30m", "2w". At most
 * INT_MAX seconds. -ERR_INVALID. */
int option_value_time(const char *text, unsigned *ret_s) WARN_UNUSED;

/* "4096", "1.5G", "64k", powers of 1024 up to T. -ERR_INVALID. */
int option_value_size(const char *text, uint64_t *ret_bytes) WARN_UNUSED;

#endif
