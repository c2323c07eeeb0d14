/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* SHA-256 (FIPS 180-4) of bytes that come in pieces; OpenSSL does the sum. */
#ifndef DIGEST_H
#define DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_LEN 32

struct digest; /* NULL is the digest of no bytes so far */

/* Adds n bytes; *d is made if there is none yet. 0; -ENOMEM. */
int digest_add(struct digest **d, const uint8_t *p, size_t n);

/* The sum. Frees *d, which is NULL then. 0; -ENOMEM, and the sum is all zero. */
int digest_end(struct digest **d, uint8_t sum[DIGEST_LEN]);

#endif
