/*
 * What can stand where on a command line, for the shells' completion: made from
 * the tables of commands and options, with words about them from their help.
 */
#ifndef TAUPE_CLI_COMPLETION_H
#define TAUPE_CLI_COMPLETION_H

#include <stdbool.h>

#include "base/buf.h"
#include "cli/args.h"
#include "cli/command.h"

/*
 * What a word is: "" nothing that is known, "files", "dirs", "=a b c" one of
 * these words, else a KIND of `taupe __complete`.
 */
typedef const char *completion_kind;

/* A command, or one of its actions. */
struct completion_path {
	const struct command *command;
	const char *action; /* "": the command has but one */
	completion_kind words;
};

typedef void completion_path_fn(void *arg, const struct completion_path *path);
/* All that people may type, in the order of the commands. */
void completion_each_path(completion_path_fn *fn, void *arg);
/* "add ls show", or "" when the command has no named actions. */
void completion_actions(
	const struct command *command, char *ret_list, size_t size);

typedef void completion_option_fn(void *arg, const struct completion_path *path,
	const struct args_option *option);
/* Of a path, the common ones too. An option's name is "" when it has only a
 * letter. */
void completion_each_option(const struct completion_path *path,
	completion_option_fn *fn, void *arg);
bool completion_takes_value(const struct args_option *option);
completion_kind completion_value(const struct args_option *option);

/* In the process's language, "" when the help says nothing short. As
 * snprintf's buffer. */
char *completion_about_command(
	const struct command *command, char *ret_text, size_t size);
char *completion_about_option(const struct command *command,
	const struct args_option *option, char *ret_text, size_t size);

/* In single quotes, for a shell. */
void completion_quote(struct buf *out, const char *text);

/* The scripts. */
void completion_bash(struct buf *out);
void completion_fish(struct buf *out);
void completion_zsh(struct buf *out);

#endif
