/*
 * The readers of the formats, one file each: for import.c.
 *
 * `text` ends with its NUL and may be written to. What can't be taken is told
 * as skipped; -ERR_INVALID with "detail": nothing of the format is in it;
 * -ERR_LIMIT: too much of it is.
 */
#ifndef TAUPE_IMPORT_IMPORT_FORMATS_H
#define TAUPE_IMPORT_IMPORT_FORMATS_H

#include "import/import.h"

typedef int import_format_fn(char *text, const char *path,
	struct import_set *set, struct trouble *trouble);

/* ssh_config(5): each literal Host is a server. */
import_format_fn import_ssh_config_read;
/* "ssh -N -L … host", as a shell reads it; a backslash joins lines. */
import_format_fn import_command_read;
/* regedit's export, or one of ~/.putty/sessions' files (`path` names it). */
import_format_fn import_putty_read;
/* alebeck/boring's .boring.toml. */
import_format_fn import_boring_read;
/* davrodpin/mole's aliases: one file each, or `mole show alias`'s list. */
import_format_fn import_mole_read;
/* marix: {"servers": […], "portForwards": […]}. */
import_format_fn import_marix_read;

#endif
