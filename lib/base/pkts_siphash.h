/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * SipHash (Aumasson and Bernstein, 2012): a hash that nobody can aim at without its key. For tables
 * whose keys come from outside.
 */
#ifndef PKTS_SIPHASH_H
#define PKTS_SIPHASH_H

#include "pkts_base.h"

struct pkts_siphash_key {
	uint64_t k[2];
};

/* The key that 16 bytes stand for, in the byte order of the paper. */
struct pkts_siphash_key pkts_siphash_key_from(const uint8_t bytes[16]);

/* SipHash-2-4, the one of the paper. */
uint64_t pkts_siphash24(const struct pkts_siphash_key *key, const void *p, size_t n);

/* SipHash-1-3: what hash tables take, faster by half. */
uint64_t pkts_siphash13(const struct pkts_siphash_key *key, const void *p, size_t n);

#endif
