/*
 * Other programs, run without a word.
 */
#ifndef TAUPE_CLI_QUIET_H
#define TAUPE_CLI_QUIET_H

/* Runs argv[0] from PATH with the three standard descriptors on /dev/null, and
 * waits for its end. Its exit code, or -1. */
int quiet_run(char *const *argv);

#endif
