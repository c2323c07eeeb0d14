/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Bytes out of a vector's text, in memory of exactly their size: a sanitizer sees the first one too
 * many. */
#ifndef BYTES_H
#define BYTES_H

#include <stddef.h>
#include <stdint.h>

struct bytes {
	uint8_t *p;
	uint32_t n;
};

/* Takes pairs of hexadecimal digits, blanks between them left out. Release with free(bytes.p). */
struct bytes bytes_from_hex(const char *hex);

/* A copy of the first n bytes at p, in memory of exactly that size. */
struct bytes bytes_copy(const uint8_t *p, uint32_t n);

/* The next of a sequence of pseudo-random numbers, the same in every run. */
uint32_t bytes_random(uint64_t *state);

#endif
