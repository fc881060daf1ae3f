/*
 * The log of a daemon that was started in the background: daemon.log in the
 * state folder. It is bounded: a full one becomes daemon.log.old, in place of
 * the one before.
 */
#ifndef TAUPE_CLI_LOG_FILE_H
#define TAUPE_CLI_LOG_FILE_H

/* For appending; -1 with errno. The caller closes it. */
int log_file_open(const char *state_dir);

/* Where stderr is that file, it is exchanged whenever it is full. Once, before
 * there are threads; `state_dir` is borrowed for good. */
void log_file_bound(const char *state_dir);

#endif
