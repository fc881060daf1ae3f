/*
 * One line of a known_hosts file: its fields, and whether its host field names
 * a host. sshd(8), SSH_KNOWN_HOSTS FILE FORMAT. For known_hosts*.c only; slices
 * borrow from the line. Any thread.
 */
#ifndef TAUPE_SSH_KNOWN_HOSTS_LINE_H
#define TAUPE_SSH_KNOWN_HOSTS_LINE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/rd.h"

#define KNOWN_HOSTS_FILE_MAX (16 * 1024 * 1024)
#define KNOWN_HOSTS_LINE_MAX (64 * 1024)

enum known_hosts_marker {
	KNOWN_HOSTS_PLAIN,
	KNOWN_HOSTS_AUTHORITY, /* @cert-authority */
	KNOWN_HOSTS_REVOKE,    /* @revoked */
};

struct known_hosts_line {
	enum known_hosts_marker marker;
	struct slice hosts; /* pattern list, or |1|salt|hash */
	struct slice key;   /* type, base64 and comment, not yet looked at */
};

/* Cuts the next line, its newline included, off the front of `text`. False at
 * the end. */
bool known_hosts_line_next(struct slice *text, struct slice *ret_line);

/* Cuts the next word, and the blanks behind it, off the front of `line`. */
struct slice known_hosts_line_word(struct slice *line);

/* False for empty lines, comments, unknown or repeated markers, missing fields
 * and lines over KNOWN_HOSTS_LINE_MAX: what a lookup skips. */
bool known_hosts_line_parse(
	struct slice line, struct known_hosts_line *ret_line);

/* Whether the host field stands for `name` (as known_hosts_name makes it), by
 * pattern or hash. */
bool known_hosts_line_names(
	const struct known_hosts_line *line, const char *name);
/* The same, and for no other host. */
bool known_hosts_line_names_only(
	const struct known_hosts_line *line, const char *name);

/* Appends |1|salt|hash of `name` under a fresh salt. -ERR_CRYPTO. */
int known_hosts_line_hash(struct buf *out, const char *name) WARN_UNUSED;

#endif
