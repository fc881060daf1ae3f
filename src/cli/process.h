/*
 * What a tunnel needs of its process, set once at the start.
 */
#ifndef TAUPE_CLI_PROCESS_H
#define TAUPE_CLI_PROCESS_H

/* SIGPIPE ignored, as many open files as the system allows, and no core dumps:
 * memory holds passwords and keys (TAUPE_DEBUG=1 in the environment allows
 * them, for debuggers). */
void process_prepare(void);

#endif
