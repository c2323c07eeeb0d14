/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A program for a table of conversations, run on it and on a list that is searched from end to end. What is
 * found, what ends and why, and all counters have to be the same after each step.
 */
#ifndef TABLE_MODEL_H
#define TABLE_MODEL_H

#include "pkts_table.h"

#define TABLE_PROGRAM_HEAD 8
#define TABLE_PROGRAM_STEP 4

/* NULL, or what did not hold: static storage. Programs shorter than their head do nothing. */
const char *table_program_run(const uint8_t *program, size_t n);

/* The key of that number: of 4 addresses and their /64, IPv4 and IPv6 in turn. */
uint8_t table_model_key(struct pkts_session_key *key, unsigned number);

#endif
