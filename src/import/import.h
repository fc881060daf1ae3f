/*
 * Other programs' tunnels, read into ours: ssh_config(5), a pasted ssh command
 * line, PuTTY's sessions (.reg files, or ~/.putty/sessions), boring's and
 * mole's TOML, marix's and our own JSON.
 *
 * Two steps. import_read is pure parsing: text in, candidates out, with every
 * line that could not be taken and why. import_plan (import_plan.h) compares
 * them with what is there, so that people see what would happen and a second
 * run adds nothing.
 *
 * Texts are foreign: sizes and nesting are capped, nothing in them is run or
 * expanded, except that ssh itself resolves an ssh_config file (`ssh -G`) where
 * it is installed, and then without what runs commands (Match exec is told as
 * skipped). Any thread; import_read of ssh-config blocks while ssh runs.
 */
#ifndef TAUPE_IMPORT_IMPORT_H
#define TAUPE_IMPORT_IMPORT_H

#include <stddef.h>

#include "base/err.h"
#include "base/trouble.h"
#include "store/store.h"

#define IMPORT_TEXT_MAX  (4u << 20) /* bytes */
#define IMPORT_ITEMS_MAX 5000

enum import_format {
	IMPORT_SSH_CONFIG,
	IMPORT_COMMAND, /* "ssh -N -L … host"; several lines are several */
	IMPORT_PUTTY,
	IMPORT_BORING,
	IMPORT_MOLE,
	IMPORT_MARIX,
	IMPORT_JSON, /* our export: read by api/import_json.h, which knows it */
	IMPORT_FORMAT_COUNT
};
/* "ssh-config", "command" …; IMPORT_FORMAT_COUNT when there is none. */
const char *import_format_name(enum import_format format);
enum import_format import_format_of(const char *name);

struct import_names;
struct import_server {
	struct store_server server; /* ids are 0 */
	char *jump; /* name of another server of the set, or NULL */
};
struct import_forward {
	struct store_forward forward; /* ids are 0; name may be NULL: made */
	size_t server;                /* index into the set's servers */
};
struct import_skip {
	unsigned line;      /* 0: unknown */
	char *what;         /* the line or name, made one safe line */
	struct trouble why; /* ERR_INVALID with "detail" */
};
struct import_set {
	struct import_server *servers;
	struct import_forward *forwards;
	struct import_skip *skipped;
	size_t n_servers, n_forwards, n_skipped;
	size_t servers_room, forwards_room, skipped_room; /* of the arrays */
	struct import_names *names; /* import_build.h's, while it is read */
};

/* `path`: where the text comes from (ssh's -F and Include need it), or NULL.
 * -ERR_INVALID: it is not that format at all; -ERR_LIMIT. */
int import_read(enum import_format format, const char *text, size_t n,
	const char *path, struct import_set *ret_set,
	struct trouble *trouble) WARN_UNUSED;
void import_set_done(struct import_set *set);

#endif
