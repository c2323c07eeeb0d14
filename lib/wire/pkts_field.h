/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A protocol's fields, written once. Each protocol's header lists its fields as rows of an X-macro,
 *
 *	#define PKTS_UDP_FIELDS(F, B) \
 *		F(udp, sport, 0, 16, DEC) \
 *		...
 *
 * F(protocol, name, bit, width, kind) is a number of 1 to 64 bits, B(...) a string of whole bytes.
 * The expanders below make the view type, the getters and setters, and the field table out of the
 * rows. Tokens are pasted in this file, and by the enumerations that list reasons and protocols;
 * nowhere else.
 */
#ifndef PKTS_FIELD_H
#define PKTS_FIELD_H

#include "pkts_bits.h"
#include "pkts_proto.h"
#include "pkts_reason.h"

/*
 * A view of a layer of any protocol: it borrows, it never owns or copies, and is passed by value.
 * p is NULL where the layer is absent. head bytes at p are the header, contiguous and readable; len
 * is the layer with its payload, as far as the packet holds it; what lies behind head may be in
 * further segments of the packet. A view is good as long as the packet's memory stays where it is.
 */
struct pkts_ref {
	uint8_t *p;
	uint32_t head;
	uint32_t len;
};

/*
 * What a protocol's check says of the bytes that are offered to it. Reasons are independent: the
 * worst of each severity is reported together. fatal set: neither head, len nor next mean anything.
 */
struct pkts_check {
	uint8_t fatal;	 /* enum pkts_reason: SHORT, CUT or one of severity FATAL; or NONE */
	uint8_t invalid; /* enum pkts_reason of severity INVALID, or NONE */
	uint8_t padding; /* enum pkts_reason of severity PADDING, or NONE */
	uint8_t next;	 /* enum pkts_proto of what the header carries; NONE where that is plain
			    payload */
	uint16_t head;	 /* bytes of header */
	uint16_t at;  /* where in the header the first reason was found, in bytes from its start */
	uint32_t len; /* header and payload as the header claims, never more than what was offered;
			 with CUT: how many bytes from the layer's start have to be readable */
};
_Static_assert(sizeof(struct pkts_check) == 12, "returned in two registers");
_Static_assert(offsetof(struct pkts_check, len) == 8, "all but the length in the first of them");

/*
 * Every protocol has `struct pkts_check pkts_<name>_check(struct pkts_ref s)`, the only place where
 * a length is believed: s.p with s.head readable bytes, of a layer to which the one below it grants
 * s.len bytes. s.head is at most s.len, and smaller in a cut capture or a packet in several
 * segments; s.len is still what was on the wire. Unless the check reports a fatal reason, no getter
 * can leave the header afterwards. The two ways in which bytes can be missing:
 */
PKTS_INLINE struct pkts_check pkts_check_fatal(enum pkts_reason reason, unsigned at);
PKTS_INLINE struct pkts_check pkts_check_missing(struct pkts_ref s, uint32_t need);

/* Notes a reason that is not fatal, found `at` bytes into the header. Only the first of its kind
 * stays. */
PKTS_INLINE void pkts_check_invalid(struct pkts_check *c, enum pkts_reason reason, unsigned at);
PKTS_INLINE void pkts_check_padding(struct pkts_check *c, enum pkts_reason reason, unsigned at);

/*
 * c, for functions that are not inlined to return: put together in a register. Otherwise compilers store
 * field by field what they then load whole, and the load waits until all the stores have been done.
 */
PKTS_INLINE struct pkts_check pkts_check_whole(struct pkts_check c);

/* True if s lacks `need` readable bytes. */
PKTS_INLINE bool pkts_missing(struct pkts_ref s, uint32_t need);

/* How a field is read by people and programs: the `kind` column. */
enum pkts_kind {
	PKTS_KIND_DEC,	    /* a number */
	PKTS_KIND_HEX,	    /* a number best read in hexadecimal */
	PKTS_KIND_FLAG,	    /* one bit */
	PKTS_KIND_TCPFLAGS, /* the letters FSRPAUECN, lowest bit first */
	PKTS_KIND_IPV4,	    /* an IPv4 address as a number, host order */
	PKTS_KIND_MAC,	    /* byte string: 6 bytes of address */
	PKTS_KIND_IPV6,	    /* byte string: 16 bytes of address */
	PKTS_KIND_BYTES,    /* byte string */
};

/* One row as data, for show, JSON, tests and everything else that is not the hot path. */
struct pkts_field {
	const char *name;
	uint16_t bit;	/* from the header's first bit */
	uint16_t width; /* in bits */
	uint8_t kind;	/* enum pkts_kind */
};

/* Every protocol as data. */
struct pkts_proto_info {
	const char *name;
	const char *title;
	const struct pkts_field *fields; /* the fixed part, in wire order, no gap, no overlap */
	uint8_t nfields;
};

/* The row of a protocol; that of NONE (empty name, no fields) for a value that is none. Never NULL.
 */
const struct pkts_proto_info *pkts_proto_info(enum pkts_proto proto);

/* The protocol of that name, or NONE. */
enum pkts_proto pkts_proto_by_name(const char *name, size_t len);

/* Calls the check of `proto`, with s.head cut to s.len; a fatal SHORT for NONE. */
struct pkts_check pkts_check(enum pkts_proto proto, struct pkts_ref s);

/* One of two types, by a constant. */
#ifndef __cplusplus
#define PKTS_TYPE_IF(CONDITION, THEN, ELSE)                                                        \
	__typeof__(__builtin_choose_expr(CONDITION, *(THEN *)0, *(ELSE *)0))
#else
extern "C++" {
template <bool condition, typename Then, typename Else> struct pkts_type_if {
	typedef Then type;
};
template <typename Then, typename Else> struct pkts_type_if<false, Then, Else> {
	typedef Else type;
};
}
#define PKTS_TYPE_IF(CONDITION, THEN, ELSE) pkts_type_if<(CONDITION), THEN, ELSE>::type
#endif

/* The smallest unsigned type that holds a field. */
#define PKTS_UINT(WIDTH)                                                                           \
	PKTS_TYPE_IF((WIDTH) <= 8, uint8_t,                                                        \
		PKTS_TYPE_IF(                                                                      \
			(WIDTH) <= 16, uint16_t, PKTS_TYPE_IF((WIDTH) <= 32, uint32_t, uint64_t)))

/* Byte strings as values: addresses, mostly. Which of them holds a field, by its width in bits. */
struct pkts_mac {
	uint8_t b[6];
};
struct pkts_ipv6_address {
	uint8_t b[16];
};
struct pkts_eui64 {
	uint8_t b[8];
};
#define PKTS_STRING_OF(WIDTH)                                                                      \
	PKTS_TYPE_IF((WIDTH) == 48, struct pkts_mac,                                               \
		PKTS_TYPE_IF((WIDTH) == 64, struct pkts_eui64, struct pkts_ipv6_address))

/* clang-format off */

/* Expander (a): the view type and its accessors. Values are in host order, addresses of IPv4 too. */
#define PKTS_VIEW(P, FIELDS) \
	struct pkts_##P { uint8_t *p; uint32_t head, len; }; \
	PKTS_INLINE struct pkts_##P pkts_##P##_at(struct pkts_ref r) \
	{ return (struct pkts_##P){r.p, r.head, r.len}; } \
	FIELDS(PKTS_NUMBER, PKTS_STRING)
#define PKTS_NUMBER(P, N, BIT, WIDTH, KIND) \
	PKTS_INLINE PKTS_UINT(WIDTH) pkts_##P##_##N(struct pkts_##P v) \
	{ return (PKTS_UINT(WIDTH))pkts_bits_get(v.p, BIT, WIDTH); } \
	PKTS_INLINE void pkts_##P##_set_##N(struct pkts_##P v, PKTS_UINT(WIDTH) x) \
	{ pkts_bits_put(v.p, BIT, WIDTH, x); }
#define PKTS_STRING(P, N, BIT, WIDTH, KIND) \
	PKTS_INLINE uint8_t *pkts_##P##_##N(struct pkts_##P v) \
	{ return v.p + (BIT) / 8; } \
	PKTS_INLINE void pkts_##P##_set_##N(struct pkts_##P v, const uint8_t *x) \
	{ __builtin_memcpy(v.p + (BIT) / 8, x, (WIDTH) / 8); }

/* Expander (b): the rows as data. */
#define PKTS_TABLE(P, FIELDS) \
	static const struct pkts_field P##_fields[] = {FIELDS(PKTS_ROW, PKTS_ROW) {NULL, 0, 0, 0}};
#define PKTS_ROW(P, N, BIT, WIDTH, KIND) {#N, BIT, WIDTH, PKTS_KIND_##KIND},

/* What PKTS_PROTOS makes of each protocol's table and check. The row without a name ends a table. */
#define PKTS_INFO_ROW(ID, NAME, TITLE) \
	[PKTS_PROTO_##ID] = {#NAME, TITLE, NAME##_fields, PKTS_ARRAY_LEN(NAME##_fields) - 1},
#define PKTS_CHECK_FUNCTION(ID, NAME, TITLE) \
	static struct pkts_check check_##NAME(struct pkts_ref s) \
	{ return pkts_check_whole(pkts_##NAME##_check(s)); }
#define PKTS_CHECK_ROW(ID, NAME, TITLE) [PKTS_PROTO_##ID] = check_##NAME,

/* Expander (c): indexing by name, for lib/packet. ID and TITLE are there to fit the rows of PKTS_PROTOS. */
#define PKTS_INDEX(ID, P, TITLE) \
	PKTS_INLINE struct pkts_##P pkts_##P##_nth(const struct pkts_packet *packet, unsigned nth) \
	{ return pkts_##P##_at(pkts_packet_nth(packet, PKTS_PROTO_##ID, nth)); } \
	PKTS_INLINE struct pkts_##P pkts_##P(const struct pkts_packet *packet) \
	{ return pkts_##P##_nth(packet, 1); }

/*
 * Expander (d): the spec of a layer, whose designated initialisers are the keyword arguments of
 * Compose. A number is 0 where it was not given; PKTS_PIN() tells a given 0 from that. EXTRA: rows of
 * the fields that only some headers have; their bit is not looked at.
 */
#define PKTS_PINNED  (UINT64_C(1) << 63)
#define PKTS_OFFLOAD (UINT64_C(1) << 62)
#define PKTS_SPEC(P, FIELDS, EXTRA) \
	struct pkts_##P##_spec { \
		FIELDS(PKTS_MEMBER_NUMBER, PKTS_MEMBER_STRING) \
		EXTRA(PKTS_MEMBER_NUMBER, PKTS_MEMBER_STRING) \
		struct pkts_span opts; }; \
	FIELDS(PKTS_MISFIT, PKTS_IGNORE)
#define PKTS_MEMBER_NUMBER(P, N, BIT, WIDTH, KIND) uint64_t N;
#define PKTS_MEMBER_STRING(P, N, BIT, WIDTH, KIND) PKTS_STRING_OF(WIDTH) N;
#define PKTS_SPEC_UNION_MEMBER(P) struct pkts_##P##_spec P;
#define PKTS_LAYER_SPEC(P, ...) (__extension__(struct pkts_##P##_spec){__VA_ARGS__})
#define PKTS_IGNORE(P, N, BIT, WIDTH, KIND)
#define PKTS_NO_EXTRA(F, B)

/* What the compiler says where a constant cannot be what the field holds. Never called. */
#define PKTS_MISFIT(P, N, BIT, WIDTH, KIND) \
	void pkts_##P##_##N##_misfit(void) \
		__attribute__((error("the value given for " #P "." #N " does not fit its " #WIDTH " bits")));

/* Writes the fixed rows of spec `s` to the header at `p`; b is the builder, for what does not fit. */
#define PKTS_FILL(P, FIELDS) \
	PKTS_INLINE void pkts_##P##_fill(struct pkts_builder *b, uint8_t *p, const struct pkts_##P##_spec *s) \
	{ (void)b, (void)p, (void)s; FIELDS(PKTS_FILL_NUMBER, PKTS_FILL_STRING) }
#define PKTS_FILL_NUMBER(P, N, BIT, WIDTH, KIND) \
	{ const uint64_t x = s->N & ~(PKTS_PINNED | PKTS_OFFLOAD); \
	  if (PKTS_UNLIKELY(x >> (WIDTH))) { \
		if (__builtin_constant_p(x)) pkts_##P##_##N##_misfit(); \
		pkts_builder_refuse(b, #P, #N); \
	  } \
	  pkts_bits_put(p, BIT, WIDTH, x); }
#define PKTS_FILL_STRING(P, N, BIT, WIDTH, KIND) __builtin_memcpy(p + (BIT) / 8, s->N.b, (WIDTH) / 8);

/* The one's complement sum of the numbers in a spec's fixed rows, as they stand in the header. */
#define PKTS_SUM(ID, P, FIELDS, EXTRA) \
	PKTS_INLINE uint64_t pkts_##P##_sum(const struct pkts_##P##_spec *s) \
	{ uint64_t sum = 0; (void)s; FIELDS(PKTS_SUM_NUMBER, PKTS_IGNORE) return sum; }
#define PKTS_SUM_NUMBER(P, N, BIT, WIDTH, KIND) sum += pkts_bits_sum(s->N, BIT, WIDTH);

/*
 * How a layer is put down and finished, made of its protocol's own parts: MORE(s) bytes behind the
 * fixed HEAD, SUMS(s) whether its payload is to be summed, DERIVE(b, place, s) for the fields that were not given, SEAL(b, place, p, s) for what
 * stands behind the fixed rows and for checksums. The whole is a multiple of UNIT.
 */
#define PKTS_COMPOSER(ID, P, FIELDS, HEAD, UNIT, MORE, SUMS, DERIVE, SEAL) \
	PKTS_FILL(P, FIELDS) \
	PKTS_INLINE bool pkts_##P##_put(struct pkts_builder *b, struct pkts_place *place, \
		const struct pkts_##P##_spec *s) \
	{ const uint64_t n = (uint64_t)(HEAD) + MORE(s) + s->opts.len; \
	  const bool sums = SUMS(s); \
	  return pkts_builder_put(b, place, #P, (n + (UNIT)-1) / (UNIT) * (UNIT), sums); } \
	PKTS_INLINE void pkts_##P##_finish(struct pkts_builder *b, const struct pkts_place *place, \
		const struct pkts_##P##_spec *given) \
	{ struct pkts_##P##_spec s = *given; \
	  uint8_t *const p = b->data + place->at; \
	  __builtin_memset(p, 0, place->head); \
	  DERIVE(b, place, &s); \
	  b->inner_type = 0; \
	  pkts_##P##_fill(b, p, &s); \
	  if (s.opts.len) \
		__builtin_memcpy(p + (HEAD) + MORE(given), s.opts.p, s.opts.len); \
	  SEAL(b, place, p, &s); \
	  b->payload_summed = false; \
	  b->inner = PKTS_PROTO_##ID; }
#define PKTS_PUT_CHOICE(ID, P, ...) struct pkts_##P##_spec : pkts_##P##_put,
#define PKTS_FINISH_CHOICE(ID, P, ...) struct pkts_##P##_spec : pkts_##P##_finish,
/* The same choice in C++. */
#define PKTS_LAYER_OVERLOADS(ID, P, ...) \
	PKTS_INLINE bool pkts_layer_put(struct pkts_builder *b, struct pkts_place *place, \
		const struct pkts_##P##_spec &s) \
	{ return pkts_##P##_put(b, place, &s); } \
	PKTS_INLINE void pkts_layer_finish(struct pkts_builder *b, const struct pkts_place *place, \
		const struct pkts_##P##_spec &s) \
	{ pkts_##P##_finish(b, place, &s); } \
	PKTS_INLINE uint8_t pkts_layer_proto(const struct pkts_##P##_spec &) \
	{ return PKTS_PROTO_##ID; }
#define PKTS_PUT_CASE(ID, P, ...) \
	case PKTS_PROTO_##ID: return pkts_##P##_put(b, place, &s->P);
#define PKTS_FINISH_CASE(ID, P, ...) \
	case PKTS_PROTO_##ID: pkts_##P##_finish(b, place, &s->P); return;

/* Reads the fixed rows of a header back into a spec, every number pinned. */
#define PKTS_READ(P, FIELDS) \
	PKTS_INLINE void pkts_##P##_read(struct pkts_##P##_spec *s, struct pkts_##P v) \
	{ (void)s, (void)v; FIELDS(PKTS_READ_NUMBER, PKTS_READ_STRING) }
#define PKTS_READ_NUMBER(P, N, BIT, WIDTH, KIND) s->N = PKTS_PINNED | pkts_##P##_##N(v);
#define PKTS_READ_STRING(P, N, BIT, WIDTH, KIND) __builtin_memcpy(s->N.b, pkts_##P##_##N(v), (WIDTH) / 8);

/* A whole header back into a spec. REST(s, v) reads what the fixed rows leave out. */
#define PKTS_SPEC_OF(ID, P, FIELDS, REST) \
	PKTS_READ(P, FIELDS) \
	struct pkts_##P##_spec pkts_##P##_spec_of(struct pkts_##P v) \
	{ struct pkts_##P##_spec s; \
	  __builtin_memset(&s, 0, sizeof(s)); \
	  if (v.p != NULL) { \
		pkts_##P##_read(&s, v); \
		REST(&s, v); \
	  } \
	  return s; }
#define PKTS_PROTO_CHOICE(ID, P, FIELDS, EXTRA) struct pkts_##P##_spec : PKTS_PROTO_##ID,
#define PKTS_AS_SPEC(ID, P, FIELDS, EXTRA) \
	PKTS_INLINE struct pkts_spec pkts_##P##_as_spec(struct pkts_##P##_spec s) \
	{ return (struct pkts_spec){.proto = PKTS_PROTO_##ID, .P = s}; }
#define PKTS_AS_SPEC_OVERLOAD(ID, P, FIELDS, EXTRA) \
	PKTS_INLINE struct pkts_spec pkts_layer_as_spec(const struct pkts_##P##_spec &s) \
	{ return pkts_##P##_as_spec(s); }
#define PKTS_AS_SPEC_CHOICE(ID, P, FIELDS, EXTRA) struct pkts_##P##_spec : pkts_##P##_as_spec,
#define PKTS_SPEC_OF_PROTOTYPE(ID, P, FIELDS, EXTRA) \
	struct pkts_##P##_spec pkts_##P##_spec_of(struct pkts_##P v);
#define PKTS_SPEC_OF_CASE(ID, P, FIELDS, EXTRA) \
	case PKTS_PROTO_##ID: s.P = pkts_##P##_spec_of(pkts_##P##_at(r)); break;
#define PKTS_SPEC_FIELDS_ROW(ID, P, FIELDS, EXTRA) [PKTS_PROTO_##ID] = P##_spec_fields,
#define PKTS_SPEC_TABLE_OF(ID, P, FIELDS, EXTRA) PKTS_SPEC_TABLE(P, FIELDS, EXTRA)

/* A spec's members as data, for the text form: fixed rows, then the extra ones; the row without a name,
 * which ends them, has the offset of opts. */
struct pkts_spec_field {
	const char *name;
	uint16_t offset; /* in the spec */
	uint16_t width;	 /* of the field, in bits */
	uint8_t kind;	 /* enum pkts_kind */
};
#define PKTS_SPEC_TABLE(P, FIELDS, EXTRA) \
	static const struct pkts_spec_field P##_spec_fields[] = { \
		FIELDS(PKTS_SPEC_ROW, PKTS_SPEC_ROW) EXTRA(PKTS_SPEC_ROW, PKTS_SPEC_ROW) \
		{NULL, offsetof(struct pkts_##P##_spec, opts), 0, 0}};
#define PKTS_SPEC_ROW(P, N, BIT, WIDTH, KIND) \
	{#N, offsetof(struct pkts_##P##_spec, N), WIDTH, PKTS_KIND_##KIND},

/*
 * Expander (e): setters that also note what they change in a one's complement sum, for pkts_edit.h.
 */
#define PKTS_EDIT_PROTOTYPES(ID, P, FIELDS, EXTRA) FIELDS(PKTS_EDIT_NUMBER_OF, PKTS_EDIT_STRING_OF)
#define PKTS_EDIT_NUMBER_OF(P, N, BIT, WIDTH, KIND) \
	PKTS_INLINE void pkts_##P##_edit_##N(struct pkts_##P v, PKTS_UINT(WIDTH) x, struct pkts_delta *d);
#define PKTS_EDIT_STRING_OF(P, N, BIT, WIDTH, KIND) \
	PKTS_INLINE void pkts_##P##_edit_##N(struct pkts_##P v, const uint8_t *x, struct pkts_delta *d);
#define PKTS_EDIT(ID, P, FIELDS, EXTRA) FIELDS(PKTS_EDIT_NUMBER, PKTS_EDIT_STRING)
#define PKTS_EDIT_NUMBER(P, N, BIT, WIDTH, KIND) \
	PKTS_INLINE void pkts_##P##_edit_##N(struct pkts_##P v, PKTS_UINT(WIDTH) x, struct pkts_delta *d) \
	{ pkts_delta_number(d, BIT, WIDTH, pkts_bits_get(v.p, BIT, WIDTH), x); \
	  pkts_##P##_set_##N(v, x); }
#define PKTS_EDIT_STRING(P, N, BIT, WIDTH, KIND) \
	PKTS_INLINE void pkts_##P##_edit_##N(struct pkts_##P v, const uint8_t *x, struct pkts_delta *d) \
	{ pkts_delta_bytes(d, (BIT) / 8, v.p + (BIT) / 8, x, (WIDTH) / 8); \
	  pkts_##P##_set_##N(v, x); }

/* clang-format on */

/* inline definitions */

PKTS_INLINE struct pkts_check pkts_check_fatal(enum pkts_reason reason, unsigned at)
{
	return (struct pkts_check){.fatal = (uint8_t)reason, .at = (uint16_t)at};
}

PKTS_INLINE void pkts_check_invalid(struct pkts_check *c, enum pkts_reason reason, unsigned at)
{
	if (c->invalid != PKTS_REASON_NONE)
		return;
	c->invalid = (uint8_t)reason;
	if (c->padding == PKTS_REASON_NONE)
		c->at = (uint16_t)at;
}

PKTS_INLINE void pkts_check_padding(struct pkts_check *c, enum pkts_reason reason, unsigned at)
{
	if (c->padding != PKTS_REASON_NONE)
		return;
	c->padding = (uint8_t)reason;
	if (c->invalid == PKTS_REASON_NONE)
		c->at = (uint16_t)at;
}

PKTS_INLINE struct pkts_check pkts_check_missing(struct pkts_ref s, uint32_t need)
{
	if (need > s.len)
		return pkts_check_fatal(PKTS_REASON_SHORT, 0);
	return (struct pkts_check){.fatal = PKTS_REASON_CUT, .len = need};
}

PKTS_INLINE struct pkts_check pkts_check_whole(struct pkts_check c)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	const uint64_t word = (uint64_t)c.at << 48 | (uint64_t)c.head << 32 |
			      (uint64_t)c.next << 24 | (uint64_t)c.padding << 16 |
			      (uint64_t)c.invalid << 8 | c.fatal;

	__builtin_memcpy(&c, &word, sizeof(word));
#endif
	return c;
}

PKTS_INLINE bool pkts_missing(struct pkts_ref s, uint32_t need)
{
	return PKTS_UNLIKELY(s.head < need);
}

#endif
