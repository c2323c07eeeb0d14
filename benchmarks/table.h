/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Tables of conversations, all with the same keys: pkts_table, and rte_hash with two of its hashes. */
#ifndef BENCH_TABLE_H
#define BENCH_TABLE_H

#include "pkts_session_key.h"

#define TABLE_BURST_MAX 128
#define TABLE_USER	112 /* with it an entry has 192 bytes: the size for TCP */

enum table_way { TABLE_PKTS, TABLE_RTE_CRC, TABLE_RTE_JHASH, TABLE_RTE_UPDATED, TABLE_WAYS };

/* Sets memory aside for all tables of rte_hash. */
bool table_rte_init(uint64_t bytes);

/* Empty, of that size. False without memory. */
bool table_pkts_create(uint32_t entries);
bool table_rte_create(enum table_way way, uint32_t entries);
void table_pkts_destroy(void);
void table_rte_destroy(enum table_way way);

/* Bytes that the table takes, for each entry. */
double table_pkts_bytes(uint32_t entries);

/* One conversation more, of that number. */
bool table_pkts_add(const struct pkts_session_key *key, uint32_t number);
bool table_rte_add(enum table_way way, const struct pkts_session_key *key, uint32_t number);

/*
 * Finds n keys, `burst` at a time (rte_hash at most 64); returns the sum of the numbers of what was found. pkts
 * also sets the time of the latest hit, and counts packets and bytes of each; so does TABLE_RTE_UPDATED, in an array.
 */
uint64_t table_pkts_look(
	const struct pkts_session_key *keys, uint32_t n, uint32_t burst, uint64_t now_ns);
uint64_t table_rte_look(enum table_way way, const struct pkts_session_key *keys, uint32_t n,
	uint32_t burst, uint64_t now_ns);

/*
 * n conversations begin, one every `every_ns`, and end after they were idle for a second. Returns
 * how many have ended.
 */
uint64_t table_pkts_come_and_go(uint32_t n, uint64_t every_ns);

#endif
