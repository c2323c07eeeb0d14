/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* IP encapsulating security payload, RFC 4303: the part that is not encrypted. */
#ifndef PKTS_ESP_H
#define PKTS_ESP_H

#include "pkts_field.h"

#define PKTS_ESP_HEAD 8

/* clang-format off */
#define PKTS_ESP_FIELDS(F, B) \
	F(esp, spi,  0, 32, HEX) /* security parameters index */ \
	F(esp, seq, 32, 32, DEC) /* sequence number, its low 32 bits */
/* clang-format on */
PKTS_VIEW(esp, PKTS_ESP_FIELDS)

/* No reason of its own. Carries NONE: what it carries is encrypted. */
PKTS_INLINE struct pkts_check pkts_esp_check(struct pkts_ref s);

/* inline definitions */

PKTS_INLINE struct pkts_check pkts_esp_check(struct pkts_ref s)
{
	if (pkts_missing(s, PKTS_ESP_HEAD))
		return pkts_check_missing(s, PKTS_ESP_HEAD);
	return (struct pkts_check){.head = PKTS_ESP_HEAD, .len = s.len};
}

#endif
