/*
 * The three standard descriptors of a command that prints and ends.
 */
#ifndef TAUPE_CLI_OUTPUT_H
#define TAUPE_CLI_OUTPUT_H

/* Those that are closed are opened so that using them fails: else the daemon's
 * socket could become stdout. Before anything else is opened. */
void output_open(void);

/* The command's exit code; EXIT_CODE_OTHER in place of 0 when not all that was
 * printed got out, which is said unless the reader of a pipe has left. */
int output_end(int code);

#endif
