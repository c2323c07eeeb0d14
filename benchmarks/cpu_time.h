/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The clock of the benchmarks: what this thread has computed. */
#ifndef CPU_TIME_H
#define CPU_TIME_H

#include <time.h>

/* In ns. */
static inline double cpu_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

#endif
