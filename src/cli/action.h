/*
 * What a command asks of the daemon: tables of actions, and the one way in
 * which all of them run: parse, find the daemon (or start it), do, leave.
 */
#ifndef TAUPE_CLI_ACTION_H
#define TAUPE_CLI_ACTION_H

#include "cli/args.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/exit_code.h"

/* flags */
#define ACTION_DEFAULT  1u /* when no action is named */
#define ACTION_NO_START 2u /* never starts a daemon */

#define ACTION_ANY_WORDS 1000000

struct action {
	const char *name; /* the first word; "": the command has but one. NULL
			     ends a table */
	const struct args_option *options; /* besides args_common; or NULL */
	int min_words, max_words;
	unsigned flags;
	/* Gives an exit code; has said what was wrong. */
	int (*run)(struct client *c, const struct args *a);
};

int action_main(const struct command *command, int argc, char **argv);

/* A sentence of the catalogue on stderr, as text_format; gives
 * EXIT_CODE_USAGE. */
int action_misuse(const char *key, ...) __attribute__((sentinel));

/* What was done, on stdout: a sentence with a value for one place (or NULL),
 * unless --json was given. What changes something says so in one line. */
void action_say(const struct args *a, const char *key, const char *place,
	const char *value);

/* Fills `body` from the options; says what makes no sense. 0 or the exit
 * code. */
int action_fields(const struct args *a, json_t *body);

#endif
