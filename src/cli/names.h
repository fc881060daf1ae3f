/*
 * What a person means by a word: the name of a server or forward, its id, or a
 * beginning that no other name has. Pure but for names_pick.
 */
#ifndef TAUPE_CLI_NAMES_H
#define TAUPE_CLI_NAMES_H

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"

/* `list`: resources with "id" and "name". ret_found is borrowed from it.
 * -ERR_NOT_FOUND: `hint` gets the nearest name, if one is near. -ERR_CONFLICT:
 * several begin so; `hint` gets them, with commas. */
int names_find(const json_t *list, const char *word, json_t **ret_found,
	struct buf *hint) WARN_UNUSED;

enum names_what { NAMES_SERVER, NAMES_FORWARD, NAMES_TOKEN };

/* As names_find, and says what is wrong: 0 or the exit code. */
int names_pick(const json_t *list, enum names_what what, const char *word,
	json_t **ret_found) WARN_UNUSED;

#endif
