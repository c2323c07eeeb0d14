/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Expressions: packets as text, written and read.
 *
 *	eth(dst=02:00:00:00:00:01)/ipv4(src=10.0.0.1,dst=10.0.0.2,ttl=3)/tcp(dport=80,flags=S)/"GET /"
 *
 * is what ETH(...), IPV4(...), TCP(...), TEXT(...) are to pkts_compose(): a layer's name is its row
 * in pkts_proto.h, the names in its parentheses are the members of its spec (pkts_spec_fields()).
 * What is not given is derived or has a default; a value that is given stays, 0 and wrong ones too.
 * docs/text.md teaches the language.
 */
#ifndef PKTS_TEXT_H
#define PKTS_TEXT_H

#include "pkts_compose.h"
#include "pkts_sink.h"

#define PKTS_EXPR_VARY	   16  /* fields of one expression that change from packet to packet */
#define PKTS_EXPR_VALUES   128 /* values of all its lists together */
#define PKTS_EXPR_TEXT	   160 /* bytes of an error's sentence, with the NUL behind it */
#define PKTS_EXPR_POSSIBLE 512 /* bytes of its list of possibilities, likewise */

enum pkts_vary_kind {
	PKTS_VARY_RANGE, /* from, from + step, ... up to `to`: 10.0.0.1..10.0.0.9, 1..100:5 */
	PKTS_VARY_LIST, /* values[first] to values[first + count - 1] of the expression: {80,443} */
	PKTS_VARY_RANDOM, /* anything from `from` to `to`: rand, rand(1..1000) */
};

/*
 * One field that changes from packet to packet, as data: all that a generator needs to change it in
 * a spec, or in a frame that was composed of it. A number is a uint64_t in the spec, host order,
 * written with PKTS_PINNED; MAC and IPv6 are strings of width / 8 bytes, of which ranges and random
 * values change the last 8 (all 6 of a MAC address), most significant first.
 */
struct pkts_vary {
	uint8_t vary;	 /* enum pkts_vary_kind */
	uint8_t layer;	 /* which of the expression's specs */
	uint8_t field;	 /* which row of pkts_spec_fields(): its name */
	uint8_t kind;	 /* enum pkts_kind of the field */
	uint16_t offset; /* in struct pkts_spec, in bytes */
	uint16_t width;	 /* of the field, in bits */
	uint16_t first;	 /* of a list */
	bool wide; /* RANDOM: the first 8 bytes of an IPv6 address are drawn too, before the last */
	uint64_t from, to, step;
	uint64_t count; /* how many values RANGE and LIST have; 0: 2 to the 64th */
};

/* A value of a list: high is what an IPv6 address has before its last 8 bytes, else 0. */
struct pkts_vary_value {
	uint64_t high, low;
};

/*
 * A parsed expression. The caller sets room and cap, memory of its own into which payload and option
 * bytes go; everything else is set by pkts_expr_parse(). Afterwards the text is not needed any more,
 * the room is. The specs are ordinary ones: they can be changed, and composed by anybody.
 */
struct pkts_expr {
	uint8_t *room;
	uint32_t cap;  /* bytes there */
	uint32_t used; /* of these */
	uint16_t n;    /* specs */
	uint16_t nvary;
	uint16_t nvalues;
	struct pkts_spec specs[PKTS_COMPOSE_LAYERS]; /* outermost first; fields that vary have
							their first value */
	struct pkts_vary vary[PKTS_EXPR_VARY];	     /* in the order of the text */
	struct pkts_vary_value values[PKTS_EXPR_VALUES];
};

/* Why an expression could not be read. Text is printable ASCII, and ends in a NUL. */
struct pkts_expr_error {
	uint32_t at; /* the character, from 0; the text's length: it ended too early */
	char text[PKTS_EXPR_TEXT];	   /* a sentence: "no field tll in ipv4" */
	char possible[PKTS_EXPR_POSSIBLE]; /* what could have stood there: "version ihl ... (did
					      you mean ttl?)"; empty if that cannot be said */
};

/* Where @file gets its bytes from. */
struct pkts_expr_files {
	/*
	 * Reads all of a file whose name has len bytes (no NUL) to room and sets *n. 0; -PKTS_ENOSPC
	 * if cap does not suffice; another negative errno value if it cannot be read.
	 */
	int (*read)(
		void *ctx, const char *name, size_t len, uint8_t *room, uint32_t cap, uint32_t *n);
	void *ctx;
};

/*
 * Parses len bytes of text. files NULL: @file is not allowed. err may be NULL. 0; or
 * -PKTS_EINVAL  the text is no expression;
 * -PKTS_ERANGE  a value does not fit its field;
 * -PKTS_ENOSPC  the room does not suffice, or there are more layers, varying fields or listed values
 *               than an expression can have;
 * or what files->read returned. Then *err says where and why, and e->n is 0. Takes time in
 * proportion to len and cap.
 */
int pkts_expr_parse(struct pkts_expr *e, const char *text, size_t len,
	const struct pkts_expr_files *files, struct pkts_expr_error *err);

/*
 * Composes the packet that the specs describe now: the first one, if nobody has stepped. Results as
 * for pkts_compose_specs().
 */
int pkts_expr_compose(const struct pkts_expr *e, struct pkts_out *out);

/*
 * How many different packets ranges and lists make: 1 if there are none. UINT64_MAX if there are
 * that many or more. Random values do not count.
 */
uint64_t pkts_expr_count(const struct pkts_expr *e);

/*
 * Puts the values of packet n, from 0, into the specs. Ranges and lists turn like an odometer whose
 * last wheel is the last one in the text: that takes its next value with every packet, the one before
 * it whenever that one starts over. Behind pkts_expr_count() packets all start over. Random values
 * are drawn in the order of the text; *random_state starts with any seed, and steps 0, 1, 2 ... from
 * the same seed make the same packets everywhere. It may be NULL if nothing is random; random fields
 * then keep their value.
 */
void pkts_expr_step(struct pkts_expr *e, uint64_t n, uint64_t *random_state);

/* The next of a series of 64-bit numbers that looks random, and is not secret. *state: any seed. */
uint64_t pkts_expr_random(uint64_t *state);

/*
 * Writes a decoded packet as an expression, in one line without a newline. Parsed and composed again
 * it gives packet->len bytes that are the same as those at packet->data, every one, whatever they
 * are: what composing derives by itself is left out, what differs is given, and what no layer can
 * reproduce is hex(...). The frame has to be contiguous. scratch: room to compose in, of cap bytes;
 * with less than packet->len of them all of the frame becomes hex(...).
 * Returns how many of the packet's layers were written as bytes instead of as layers: 0 for nearly
 * all packets, malformed ones too.
 */
unsigned pkts_text_show(
	struct pkts_sink *out, const struct pkts_packet *packet, uint8_t *scratch, uint32_t cap);

/*
 * The frame as pkts_text_show() sees it: fills specs (room for PKTS_COMPOSE_LAYERS) with what it
 * would write, so that other languages can be written too; *n says how many. They borrow from the
 * frame. Returns what pkts_text_show() returns.
 */
unsigned pkts_text_specs(const struct pkts_packet *packet, uint8_t *scratch, uint32_t cap,
	struct pkts_spec *specs, unsigned *n);

#endif
