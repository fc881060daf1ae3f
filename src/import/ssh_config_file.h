/*
 * An ssh_config(5) file taken apart: its lines in order, those of included
 * files in their place, each with the Host block that it stands in.
 *
 * Match blocks are not decided here: their lines are marked. Pure, except for
 * reading included files when `path` is given.
 */
#ifndef TAUPE_IMPORT_SSH_CONFIG_FILE_H
#define TAUPE_IMPORT_SSH_CONFIG_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/trouble.h"

enum ssh_config_when {
	SSH_CONFIG_ALL,   /* before the first Host, or behind "Match all" */
	SSH_CONFIG_HOST,  /* `patterns` decide */
	SSH_CONFIG_MATCH, /* a condition */
};

struct ssh_config_block {
	enum ssh_config_when when;
	char *patterns; /* comma-separated, or NULL */
	size_t outer;   /* the block that its file is included in; 0: none */
};

struct ssh_config_line {
	unsigned no;  /* in its file */
	size_t block; /* it stands in */
	char *name;   /* the option, lower case */
	char *value;  /* as it stands, without a comment; "" when it has none */
};

struct ssh_config_host {
	char *name; /* literal */
	unsigned line;
};

struct ssh_config_file {
	/* The first holds for all, and holds all others */
	struct ssh_config_block *blocks;
	struct ssh_config_line *lines; /* no Host, Match and Include lines */
	struct ssh_config_host *hosts; /* unique, in order */
	size_t n_blocks, n_lines, n_hosts;
	unsigned n_includes;
	/* It runs commands to find out what applies: ssh would run them. */
	bool runs_commands;
	bool has_match;
	unsigned match_line; /* of the first Match that is not "all" */
};

/* `path` NULL: what it includes is left out. `text` is written to. -ERR_LIMIT:
 * more lines or deeper includes than any real one has. */
int ssh_config_file_read(char *text, const char *path,
	struct ssh_config_file *ret_file, struct trouble *trouble) WARN_UNUSED;
void ssh_config_file_done(struct ssh_config_file *file);

/* Whether each block holds for the name; Match blocks never do. malloc'ed. */
bool *ssh_config_file_holds(
	const struct ssh_config_file *file, const char *host);
/* Whether some line within a Match sets the option. */
bool ssh_config_file_matches(
	const struct ssh_config_file *file, const char *name);

#endif
