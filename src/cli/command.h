/*
 * The commands of `taupe`: one file cmd_<name>.c each, one table in command.c.
 */
#ifndef TAUPE_CLI_COMMAND_H
#define TAUPE_CLI_COMMAND_H

struct command {
	const char *name;
	/* argv[0] is the command's name. Gives the process's exit code. */
	int (*run)(int argc, char **argv);
};

extern const struct command cmd_help;
extern const struct command cmd_run;
extern const struct command cmd_version;

/* NULL: no command of that name. */
const struct command *command_find(const char *name);

/* Says that there is no command `name`, with the nearest one where there is
 * one; gives the exit code. */
int command_unknown(const char *name);

/* argv as main got it. */
int command_main(int argc, char **argv);

#endif
