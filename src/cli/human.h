/*
 * Numbers and text cut for a person's eye, in the process's language. Pure.
 */
#ifndef TAUPE_CLI_HUMAN_H
#define TAUPE_CLI_HUMAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HUMAN_MAX 32

/* "12.4 MiB" ("12,4 Mio"), or "12.4M" when `brief`. */
char *human_bytes(char ret_text[HUMAN_MAX], uint64_t bytes, bool brief);
/* "340 KiB/s", or "340K/s" when `brief`. */
char *human_rate(char ret_text[HUMAN_MAX], uint64_t bytes_per_s, bool brief);
/* The two largest units: "3 h 12 min", "45 s", "0.5 s". */
char *human_duration(char ret_text[HUMAN_MAX], uint64_t ms);
/* "0.8 ms", "112 ms". */
char *human_rtt(char ret_text[HUMAN_MAX], uint32_t us);

/* Columns of valid UTF-8 text: one a letter, two the wide ones of East Asia,
 * none a mark that stands on another. */
size_t human_width(const char *text);
/* `text` in at most `columns`: what is too long gets "…" in its middle (for
 * routes) or at its end. As snprintf, but returns `ret_text`. */
enum human_cut { HUMAN_CUT_MIDDLE, HUMAN_CUT_END };
char *human_fit(char *ret_text, size_t size, const char *text, size_t columns,
	enum human_cut cut);

/* RFC 3339, UTC, milliseconds: "2026-11-23T04:54:16.250Z". */
char *human_utc(char ret_text[HUMAN_MAX], uint64_t wall_ms);
/* Local time: "04:54:16", with the day before it when `with_day`. */
char *human_clock(char ret_text[HUMAN_MAX], uint64_t wall_ms, bool with_day);

#endif
