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

enum ssh_config_block {
	SSH_CONFIG_ALL,   /* before the first Host, or behind "Match all" */
	SSH_CONFIG_HOST,  /* `patterns` decide */
	SSH_CONFIG_MATCH, /* a condition */
};

struct ssh_config_line {
	unsigned no; /* in its file */
	enum ssh_config_block block;
	char *patterns; /* comma-separated, or NULL */
	char *name;     /* the option, lower case */
	char *value;    /* as it stands; "" when there is none */
};

struct ssh_config_file {
	struct ssh_config_line *lines; /* no Host, Match and Include lines */
	size_t n;
	char **hosts; /* literal names, unique, in order */
	unsigned *host_lines;
	size_t n_hosts;
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

/* Whether the line holds for the name; lines in Match blocks never do. */
bool ssh_config_line_holds(
	const struct ssh_config_line *line, const char *host);

#endif
