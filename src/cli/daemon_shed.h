/*
 * What only the start needed: code and tables of the libraries that are mapped
 * from their files and will hardly be touched again.
 */
#ifndef TAUPE_CLI_DAEMON_SHED_H
#define TAUPE_CLI_DAEMON_SHED_H

/* Gives the pages of all read-only segments back (madvise(2), MADV_DONTNEED).
 * Nothing is lost: they are the files', and those that are needed come back
 * from the page cache. Any thread, while others run. */
void daemon_shed(void);

#endif
