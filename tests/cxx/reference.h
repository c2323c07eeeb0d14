/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What C makes of the calls that test_cxx.cc makes too. */
#ifndef TEST_CXX_REFERENCE_H
#define TEST_CXX_REFERENCE_H

#include <stdint.h>

/* Composes a frame of its own into room; its length, 0 if that failed. */
uint32_t reference_syn(uint8_t *room, uint32_t cap);
uint32_t reference_tunnel(uint8_t *room, uint32_t cap);

/* Layout that both languages have to agree on. */
uint32_t reference_sizes(uint32_t *sizes);

#endif
