/*
 * A question for a person: password, passphrase, one-time code, host key.
 *
 * Prompts are values that cross threads: made by the engine, shown by the CLI
 * or the page, answered by one secret a field.
 *
 * Texts are the server's words, made safe by base/clean.h and capped. What
 * taupe itself asks (host key, passphrase, password, the two fields of a new
 * password) has empty texts: whoever shows the prompt words it from its kind
 * and `about`, in the reader's language. One owner at a time; any thread.
 */
#ifndef TAUPE_SSH_PROMPT_H
#define TAUPE_SSH_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/rd.h"

#define PROMPT_FIELDS_MAX 16
#define PROMPT_TEXT_MAX   1024 /* bytes of one text; more is cut */

/* `about` is a key file's path for PASSPHRASE, user@host for the three after.
 */
enum prompt_kind {
	PROMPT_HOST_KEY,     /* one field; "yes", "no" or the fingerprint */
	PROMPT_PASSPHRASE,   /* of a key file */
	PROMPT_PASSWORD,     /* one field, as PASSPHRASE */
	PROMPT_NEW_PASSWORD, /* expired: the server's words are the instruction;
			      * two fields, the same new password in both */
	PROMPT_KEYBOARD,     /* keyboard-interactive: the server's words */
	PROMPT_KIND_COUNT
};

struct prompt {
	enum prompt_kind kind;
	char *about;       /* what it is about, see above; never NULL */
	char *name;        /* keyboard-interactive name, "" otherwise */
	char *instruction; /* "" when there is none */
	bool retry;        /* the last answer to the same question was wrong */
	unsigned n_fields;
	struct {
		char *text;
		bool echo;
	} field[PROMPT_FIELDS_MAX];
};

/* prompt_kind's stable name: "host_key", "passphrase", "password",
 * "new_password", "keyboard_interactive". */
const char *prompt_kind_name(enum prompt_kind kind);

/* No fields yet, texts empty. */
struct prompt *prompt_new(enum prompt_kind kind, const char *about);
struct prompt *prompt_copy(const struct prompt *p);
void prompt_free(struct prompt *p);

/* Replaces a text, from the peer's bytes. */
void prompt_set_name(struct prompt *p, struct slice text);
void prompt_set_instruction(struct prompt *p, struct slice text);
/* False when PROMPT_FIELDS_MAX are there. */
bool prompt_add(struct prompt *p, struct slice text, bool echo);

#endif
