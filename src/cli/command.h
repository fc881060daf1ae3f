/*
 * The commands of `taupe`: one file cmd_<name>.c each, one table in command.c.
 */
#ifndef TAUPE_CLI_COMMAND_H
#define TAUPE_CLI_COMMAND_H

#include <stdbool.h>

struct action;

/* One of run and actions is set. */
struct command {
	const char *name;
	/* argv[0] is the command's name. Gives the process's exit code. */
	int (*run)(int argc, char **argv);
	/* What a client of the daemon does: action.h */
	const struct action *actions;
	bool hidden; /* for taupe itself, not for people */
};

extern const struct command cmd_add;
extern const struct command cmd_answer;
extern const struct command cmd_complete;
extern const struct command cmd_completion;
extern const struct command cmd_conns;
extern const struct command cmd_daemon;
extern const struct command cmd_doctor;
extern const struct command cmd_down;
extern const struct command cmd_edit;
extern const struct command cmd_export;
extern const struct command cmd_help;
extern const struct command cmd_hosts;
extern const struct command cmd_import;
extern const struct command cmd_keyring;
extern const struct command cmd_logs;
extern const struct command cmd_ls;
extern const struct command cmd_open;
extern const struct command cmd_restart;
extern const struct command cmd_rm;
extern const struct command cmd_run;
extern const struct command cmd_secret;
extern const struct command cmd_server;
extern const struct command cmd_settings;
extern const struct command cmd_show;
extern const struct command cmd_shutdown;
extern const struct command cmd_status;
extern const struct command cmd_test;
extern const struct command cmd_token;
extern const struct command cmd_top;
extern const struct command cmd_up;
extern const struct command cmd_version;

/* All, in the order of the alphabet, ended by NULL. */
const struct command *const *command_all(void);

/* NULL: no command of that name. */
const struct command *command_find(const char *name);

/* Says that there is no command `name`, with the nearest one where there is
 * one; gives the exit code. */
int command_unknown(const char *name);

/* argv as main got it. */
int command_main(int argc, char **argv);

#endif
