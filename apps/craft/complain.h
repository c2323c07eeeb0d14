/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What is wrong with an expression, and where. */
#ifndef COMPLAIN_H
#define COMPLAIN_H

#include "pkts_sink.h"
#include "pkts_text.h"

/*
 * Tells the user in three lines, and a fourth if there is something to suggest:
 *
 *	pkts-craft: no field tll in ipv4
 *	  eth/ipv4(tll=3)
 *	           ^
 *	  possible: version ihl dscp ... (did you mean ttl?)
 *
 * where: "FILE:12: " before the sentence, or "". why: added to it, or NULL.
 */
void complain(const char *where, const char *text, size_t len, const struct pkts_expr_error *err,
	const char *why);

/* Writes the words behind the heading, with line ends where a line is full. */
void complain_put_words(struct pkts_sink *out, const char *heading, const char *words);

#endif
