/*
 * What the shell is told at the end: taupe(1), EXIT STATUS. A supervisor
 * decides by it whether trying again makes sense, so the numbers never change.
 */
#ifndef TAUPE_CLI_EXIT_CODE_H
#define TAUPE_CLI_EXIT_CODE_H

#include "base/err.h"

enum exit_code {
	EXIT_CODE_STOPPED = 0,  /* in order, by a signal */
	EXIT_CODE_OTHER = 1,    /* the machine, a file, taupe itself */
	EXIT_CODE_USAGE = 2,    /* the command line makes no sense */
	EXIT_CODE_CONNECT = 3,  /* not reached, or lost with --once */
	EXIT_CODE_AUTH = 4,     /* the server did not let us in */
	EXIT_CODE_HOST_KEY = 5, /* the server is not known to be itself */
	EXIT_CODE_FORWARD = 6,  /* a forward could not be set */
	EXIT_CODE_INPUT = 7,    /* a question had no answer */
	/* 128 + signal: ended at once by a second signal */
};

/* Takes ERR_X or -ERR_X. */
enum exit_code exit_code_of(int err);

#endif
