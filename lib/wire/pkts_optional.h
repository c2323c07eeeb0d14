/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Fields that only some headers of a protocol have, or that move: rows made for one header. */
#ifndef PKTS_OPTIONAL_H
#define PKTS_OPTIONAL_H

#include "pkts_field.h"

#define PKTS_OPTIONAL_MAX 5

/*
 * Writes to `rows` the fields that the header r has behind, or in another view of, its protocol's
 * fixed rows, in wire order, and returns how many. r is a layer that passed its check. Each row
 * lies within r.head and is read and written like a fixed one, with pkts_bits_get() and
 * pkts_bits_put(). Names differ from those of the fixed rows: GRE's csum, key and seq, the protocol
 * of PPP, the addresses of ARP, ... Options, chunks and extension headers are not fields; they have
 * iterators.
 */
unsigned pkts_optional_fields(
	enum pkts_proto proto, struct pkts_ref r, struct pkts_field rows[PKTS_OPTIONAL_MAX]);

#endif
