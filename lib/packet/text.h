/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the parts of the expression parser share. */
#ifndef TEXT_H
#define TEXT_H

#include "pkts_text.h"

/* A text that is being read. Everything that can fail returns false, having noted why. */
struct text {
	const char *p;
	uint32_t len;
	uint32_t at; /* the next character */
	int rc;	     /* 0, or the first error */
	struct pkts_expr *e;
	const struct pkts_expr_files *files;
	struct pkts_expr_error *err;
};

struct text_word {
	const char *p;
	uint32_t len;
	uint32_t at; /* where it stands */
};

/* Reading. Blanks before what is asked for are skipped. */

#define TEXT_END (-1)
int pkts_text_peek(struct text *t);	     /* the next character that is no blank, or TEXT_END */
int pkts_text_here(const struct text *t);    /* the next character, or TEXT_END */
bool pkts_text_take(struct text *t, char c); /* steps over c if it is next */
bool pkts_text_expect(struct text *t, char c); /* the same, but its absence is an error */
bool pkts_text_word(
	struct text *t, struct text_word *w); /* a name, if one is next: no error if not */
bool pkts_text_is(const struct text_word *w, const char *name);
int pkts_text_digit(int c); /* of a hexadecimal digit, or -1 */

/* Refusing: the first refusal stays. Always false. */

bool pkts_text_refuse(struct text *t, int rc, uint32_t at, const char *sentence);
/* The sentence is before + word + after. */
bool pkts_text_refuse_word(
	struct text *t, int rc, const struct text_word *w, const char *before, const char *after);
/* Adds to what would have been possible. */
void pkts_text_possible(struct text *t, const char *words);
/* w names no layer, field or option of a protocol; NULL: a name is missing. The names are listed. */
bool pkts_text_no_layer(struct text *t, const struct text_word *w);
bool pkts_text_no_field(struct text *t, enum pkts_proto proto, const struct text_word *w);
bool pkts_text_no_option(struct text *t, enum pkts_proto proto, const struct text_word *w);

/* Values. */

/* A number from 0 to max, decimal or 0x...; `what` names it in errors. */
bool pkts_text_number(struct text *t, uint64_t max, const char *what, uint64_t *x);
/* One value of a field that is a number or an address. */
bool pkts_text_value(struct text *t, const struct pkts_spec_field *f, struct pkts_vary_value *v);
/* Everything that can stand behind the = of a field. */
bool pkts_text_field_value(struct text *t, unsigned layer, unsigned field);
/* Puts a value into a spec; without `high` an IPv6 address keeps its first half. */
void pkts_text_store(
	struct pkts_spec *s, const struct pkts_spec_field *f, struct pkts_vary_value v, bool high);

/* Bytes, which go to the expression's room. */

/* The next n bytes of the room; NULL, with the error noted, if it has not so many. */
uint8_t *pkts_text_room(struct text *t, uint32_t n, uint32_t at);
/* True if hex( zeros( " or @ is next. */
bool pkts_text_at_bytes(struct text *t);
/* Those bytes. */
bool pkts_text_bytes(struct text *t, struct pkts_span *span);
/* Hexadecimal digits up to a closing parenthesis, which is taken. */
bool pkts_text_hex(struct text *t, struct pkts_span *span);
bool pkts_text_zeros(struct text *t, uint64_t n, uint32_t at, struct pkts_span *span);

/* Options. */

/* How the options of a protocol are laid out. */
enum text_opts {
	TEXT_OPTS_BYTES,   /* not in a way that a list could describe */
	TEXT_OPTS_KINDS,   /* IPv4, TCP: kind, length of all; 0 and 1 stand alone */
	TEXT_OPTS_IPV6,	   /* type, length of the value; 0 stands alone */
	TEXT_OPTS_CLASSES, /* GENEVE: class, type, length of the value in 4 bytes */
	TEXT_OPTS_CHUNKS,  /* SCTP: type, flags, length of all; padded to 4 bytes */
};
enum text_opts pkts_text_opts_form(enum pkts_proto proto);
bool pkts_text_opts(struct text *t, struct pkts_spec *s);
/* Where a spec has its opts. */
struct pkts_span *pkts_text_opts_of(struct pkts_spec *s);

PKTS_INLINE bool pkts_text_is_string(uint8_t kind)
{
	return kind == PKTS_KIND_MAC || kind == PKTS_KIND_IPV6 || kind == PKTS_KIND_BYTES;
}

/* The member that a row describes. */
PKTS_INLINE uint8_t *pkts_text_member(struct pkts_spec *s, const struct pkts_spec_field *f)
{
	return (uint8_t *)s + offsetof(struct pkts_spec, payload) + f->offset;
}

PKTS_INLINE uint64_t pkts_text_get_number(struct pkts_spec *s, const struct pkts_spec_field *f)
{
	uint64_t x;
	__builtin_memcpy(&x, pkts_text_member(s, f), sizeof(x));
	return x;
}

PKTS_INLINE void pkts_text_set_number(
	struct pkts_spec *s, const struct pkts_spec_field *f, uint64_t x)
{
	__builtin_memcpy(pkts_text_member(s, f), &x, sizeof(x));
}

#endif
