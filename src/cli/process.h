/*
 * What a tunnel needs of its process, set once at the start.
 */
#ifndef TAUPE_CLI_PROCESS_H
#define TAUPE_CLI_PROCESS_H

/* SIGPIPE and SIGXFSZ ignored (a file that may not grow is an error like a full
 * disk), as many open files as the system allows, and no core dumps: memory
 * holds passwords and keys (TAUPE_DEBUG=1 in the environment allows them, for
 * debuggers). */
void process_prepare(void);

#endif
