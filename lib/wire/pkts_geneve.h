/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* GENEVE, RFC 8926. */
#ifndef PKTS_GENEVE_H
#define PKTS_GENEVE_H

#include "pkts_ethertype.h"
#include "pkts_field.h"
#include "pkts_tlv.h"

#define PKTS_GENEVE_HEAD 8 /* without options */

/* clang-format off */
#define PKTS_GENEVE_FIELDS(F, B) \
	F(geneve, version,     0,  2, DEC)  /* 0 */ \
	F(geneve, opt_length,  2,  6, DEC)  /* options in 4 bytes; setting it voids the check */ \
	F(geneve, oam,         8,  1, FLAG) /* a control packet */ \
	F(geneve, critical,    9,  1, FLAG) /* some option must be understood */ \
	F(geneve, reserved,   10,  6, HEX)  /* 0 */ \
	F(geneve, protocol,   16, 16, HEX)  /* of the payload, an ethertype */ \
	F(geneve, vni,        32, 24, DEC)  /* virtual network identifier */ \
	F(geneve, reserved2,  56,  8, HEX)  /* 0 */
/* clang-format on */
PKTS_VIEW(geneve, PKTS_GENEVE_FIELDS)

/* GENEVE_VERSION; GENEVE_OPTION. Carries what the ethertype says. */
PKTS_INLINE struct pkts_check pkts_geneve_check(struct pkts_ref s);

/* Walks the options (RFC 8926 3.5): type is class << 8 | type, its bit 7 set for a critical one. */
PKTS_INLINE struct pkts_tlv_iter pkts_geneve_options(struct pkts_geneve v);
bool pkts_geneve_option_next(struct pkts_tlv_iter *it, struct pkts_tlv *option);

/* Notes an option whose length is wrong. v has the length of its header. */
void pkts_geneve_check_options(struct pkts_geneve v, struct pkts_check *c);

/* inline definitions */

PKTS_INLINE struct pkts_tlv_iter pkts_geneve_options(struct pkts_geneve v)
{
	return pkts_tlv_begin(v.p + PKTS_GENEVE_HEAD, v.p + v.head);
}

PKTS_INLINE struct pkts_check pkts_geneve_check(struct pkts_ref s)
{
	struct pkts_geneve geneve = pkts_geneve_at(s);
	struct pkts_check c = {.len = s.len};

	if (pkts_missing(s, PKTS_GENEVE_HEAD))
		return pkts_check_missing(s, PKTS_GENEVE_HEAD);
	if (pkts_geneve_version(geneve) != 0)
		return pkts_check_fatal(PKTS_REASON_GENEVE_VERSION, 0);
	c.head = (uint16_t)(PKTS_GENEVE_HEAD + pkts_geneve_opt_length(geneve) * 4);
	if (pkts_missing(s, c.head))
		return pkts_check_missing(s, c.head);
	geneve.head = c.head;
	if (c.head > PKTS_GENEVE_HEAD)
		pkts_geneve_check_options(geneve, &c);
	c.next = (uint8_t)pkts_ethertype_next(pkts_geneve_protocol(geneve));
	return c;
}

#endif
