/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Where releases of DPDK from 22.11 on differ in what is used of them, the difference is met here and
 * nowhere else.
 */
#ifndef PKTS_DPDK_H
#define PKTS_DPDK_H

#include <rte_version.h>

/* Whether --no-huge can be combined with --in-memory; before, it meant legacy memory, which cannot.
 */
#define PKTS_DPDK_NO_HUGE_IN_MEMORY (RTE_VERSION >= RTE_VERSION_NUM(26, 11, 0, 0))

/* Whether EAL ends the process when it cannot make sense of its arguments; before, it said so. */
#define PKTS_DPDK_ENDS_PROCESS (RTE_VERSION >= RTE_VERSION_NUM(25, 11, 0, 0))

#endif
