/*
 * Time. Any thread.
 */
#ifndef TAUPE_BASE_CLOCK_H
#define TAUPE_BASE_CLOCK_H

#include <stdint.h>

/* CLOCK_MONOTONIC, from an arbitrary start. Does not count suspend. */
uint64_t clock_mono_ms(void);
uint64_t clock_mono_us(void);

/* Unix time in milliseconds: for stamps that people read, never to measure. */
uint64_t clock_wall_ms(void);

#endif
