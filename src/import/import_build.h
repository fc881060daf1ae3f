/*
 * Putting together what an import reads: for the import_<format>.c files.
 */
#ifndef TAUPE_IMPORT_IMPORT_BUILD_H
#define TAUPE_IMPORT_IMPORT_BUILD_H

#include <stddef.h>
#include <stdint.h>

#include "base/rd.h"
#include "import/import.h"

/* The place in the set of a new server at that host, port (0: 22) and user
 * (NULL: none is named). `name` (NULL: its host) is made unique in the set.
 * -ERR_INVALID: what it names is no host or user, and has been told as skipped;
 * -ERR_LIMIT. */
int import_build_server(struct import_set *set, unsigned line, const char *name,
	const char *host, uint16_t port, const char *user,
	size_t *ret_index) WARN_UNUSED;
/* A port from its text; 0 for NULL and, told as skipped, for what is none. */
uint16_t import_build_port(
	struct import_set *set, unsigned line, const char *text);

/* The last server, which has no forwards yet, goes into an earlier one that is
 * the same but for its name, where there is one: its place from now on. */
size_t import_build_fold(struct import_set *set);

/* "Name=value" as ssh_config has it; what the engine does not take is told as
 * skipped, what does nothing is left out. The first of a name counts, as with
 * ssh, but for those that grow. */
void import_build_option(struct import_set *set, unsigned line, size_t server,
	const char *name, const char *value);
/* The same for a value that is one word, such as a path. */
void import_build_word(struct import_set *set, unsigned line, size_t server,
	const char *name, const char *word);

/* From ssh's text of it. `name` NULL: made from the server's name and the
 * port; made unique in the set either way. The index of the new one, or
 * -ERR_INVALID (told as skipped, also when the server has it already),
 * -ERR_LIMIT. */
int import_build_forward(struct import_set *set, unsigned line, size_t server,
	enum forward_type type, const char *text, const char *name) WARN_UNUSED;
/* Without what a tag can't have. */
void import_build_tag(struct import_set *set, size_t forward, const char *tag);

/* `what` is any bytes; `detail` our words for why. */
void import_build_skip(struct import_set *set, unsigned line, struct slice what,
	const char *detail);
void import_build_skip_trouble(struct import_set *set, unsigned line,
	struct slice what, const struct trouble *why);

/* When nothing more comes. */
void import_build_end(struct import_set *set);

#endif
