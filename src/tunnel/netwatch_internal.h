/* Between netwatch.c and its test. */
#ifndef TAUPE_TUNNEL_NETWATCH_INTERNAL_H
#define TAUPE_TUNNEL_NETWATCH_INTERNAL_H

#include "tunnel/netwatch.h"

/* The clock was set, or went on after a pause: looks whether the machine slept.
 * `asleep_ms` is the time that it has been asleep since it started. */
void netwatch_clock_set(struct netwatch *w, uint64_t asleep_ms);

/* What `asleep_ms` is now. */
uint64_t netwatch_asleep_ms(void);

#endif
