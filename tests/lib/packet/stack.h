/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Random stacks of specs, and the specs that a decoded packet is made of. */
#ifndef STACK_H
#define STACK_H

#include "pkts_compose.h"

#define STACK_ROOM (16u << 10)

/* The specs of one frame, with the bytes that they borrow. */
struct stack {
	struct pkts_spec specs[PKTS_COMPOSE_LAYERS];
	unsigned n;
	uint16_t link; /* LINKTYPE_ value that the first spec stands for */
	uint32_t used;
	uint8_t room[STACK_ROOM];
};

/* SplitMix64 (Steele, Lea, Flood 2014): the same seed gives the same numbers. */
uint64_t stack_random(uint64_t *state);

/* A number below n, and whether one of n chances comes true. */
uint32_t stack_below(uint64_t *state, uint32_t n);
bool stack_chance(uint64_t *state, uint32_t n);

/* n random bytes that live as long as the stack. */
struct pkts_span stack_bytes(struct stack *s, uint64_t *state, uint32_t n);

/*
 * A stack that can be: each layer is one that the one below it can carry, and fields have random
 * values. Lengths, checksums and what says which layer follows are left to be derived; all others,
 * versions and reserved bits too, may be wrong. Options are random bytes.
 */
void stack_make(struct stack *s, uint64_t *state);

/* The layers of a packet as specs, with what stands behind them as payload and padding. */
unsigned stack_of(const struct pkts_packet *packet, struct pkts_spec *specs);

/* The spec's member by its row: *stack_member(spec, field) is its number. */
uint64_t *stack_member(struct pkts_spec *s, const struct pkts_spec_field *f);
/* True if the row is of a number, and not of a string of bytes. */
bool stack_is_number(const struct pkts_spec_field *f);
/* The spec's member `opts`. */
struct pkts_span *stack_opts(struct pkts_spec *s);

/* "eth/ipv4/udp/payload". Static storage that the next call overwrites. */
const char *stack_text(const struct pkts_spec *specs, unsigned n);

#endif
