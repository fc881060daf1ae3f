/*
 * The daemon as a unit of the person's systemd, where they enabled it.
 */
#ifndef TAUPE_CLI_LAUNCH_SYSTEMD_H
#define TAUPE_CLI_LAUNCH_SYSTEMD_H

#include <stdbool.h>

/* True: the unit "taupe" is enabled, and systemd has started it. */
bool launch_systemd_start(void);

#endif
