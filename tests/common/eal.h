/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* DPDK for a test: no hugepages, no devices, no files left behind. */
#ifndef TEST_EAL_H
#define TEST_EAL_H

#include <stdbool.h>

/* Starts EAL and registers the mbuf fields of the library. False if that fails. */
bool eal_start(void);

#endif
