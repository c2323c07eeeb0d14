/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The time of day, for packets that have none of their own. */
#ifndef WALL_CLOCK_H
#define WALL_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Nanoseconds since the epoch. */
static inline uint64_t wall_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

#endif
