/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Where the supported DPDK releases (22.11 to 26.x) differ, the difference is met here and nowhere
 * else: code is written against the newest spelling, and older releases are given it.
 */
#ifndef PKTS_DPDK_H
#define PKTS_DPDK_H

#include <rte_version.h>

/* Whether --no-huge can be combined with --in-memory; before, it meant legacy memory, which cannot.
 */
#define PKTS_DPDK_NO_HUGE_IN_MEMORY (RTE_VERSION >= RTE_VERSION_NUM(26, 11, 0, 0))

#endif
