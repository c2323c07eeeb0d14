/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "framing_model.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "pkts_framing.h"

#define STREAM	1024
#define MISSING (-1)
#define MAGIC	0xa5 /* the first byte of a message; the second one counts those behind it */

struct bytes_left {
	const uint8_t *p, *end;
};

static unsigned take(struct bytes_left *b, unsigned below)
{
	return b->p < b->end ? *b->p++ % below : 0;
}

struct model {
	int16_t stream[STREAM];
	unsigned n;
	int16_t owner[STREAM]; /* offset of the message that a byte is part of; MISSING: of none */
	unsigned length[STREAM];
	bool resync, skip_long, stops;
	unsigned max;
	const char *wrong;
};

static void demand(struct model *m, bool holds, const char *what)
{
	if (!holds && !m->wrong)
		m->wrong = what;
}

/* The stream */

static void add(struct model *m, unsigned n, int byte)
{
	for (; n > 0 && m->n < STREAM; n--, m->n++)
		m->stream[m->n] = (int16_t)((byte + (int)m->n) & 0xff);
}

static void add_message(struct model *m, unsigned len)
{
	const unsigned at = m->n;

	add(m, 2 + len, 1);
	if (at < m->n)
		m->stream[at] = MAGIC;
	if (at + 1 < m->n)
		m->stream[at + 1] = (int16_t)len;
}

static void make_stream(struct model *m, struct bytes_left *b)
{
	for (unsigned n = 1 + take(b, 64); n > 0; n--) {
		const unsigned kind = take(b, 256);
		if (kind < 192)
			add_message(m, kind);
		else if (kind < 224)
			add(m, kind - 191, (int)take(b, 256));
		else if (m->n > 0)
			m->n -= PKTS_MIN(m->n, kind - 223); /* messages are cut */
	}
	for (unsigned n = take(b, 8); n > 0; n--) {
		const unsigned at = take(b, 256) * 4 + take(b, 4), len = 1 + take(b, 100);
		for (unsigned i = at; i < at + len && i < m->n; i++)
			m->stream[i] = MISSING;
	}
}

/* A reader who sees all of it */

static unsigned gap_end(const struct model *m, unsigned at)
{
	while (at < m->n && m->stream[at] == MISSING)
		at++;
	return at;
}

/* Where to go on: at `at`, or where a message may begin from there on; the end if it stops. */
static unsigned look_for(struct model *m, unsigned at)
{
	if (!m->resync) {
		m->stops = true;
		return m->n;
	}
	while (at < m->n && m->stream[at] != MAGIC)
		at++;
	return at;
}

/* Behind a message that is lost: in step if what is missing ends inside it. */
static unsigned pass(struct model *m, unsigned at, unsigned len)
{
	const unsigned end = at + len;

	if (end >= m->n)
		return m->n;
	if (m->stream[end - 1] == MISSING && m->stream[end] == MISSING)
		return look_for(m, gap_end(m, end));
	return end;
}

static bool is_all_there(const struct model *m, unsigned at, unsigned len)
{
	for (unsigned i = at; i < at + len; i++)
		if (i >= m->n || m->stream[i] == MISSING)
			return false;
	return true;
}

static unsigned read_message(struct model *m, unsigned at)
{
	const unsigned len = 2 + (unsigned)m->stream[at + 1];

	if (len > m->max && !m->skip_long) {
		m->stops = true;
		return m->n;
	}
	if (len > m->max || !is_all_there(m, at, len))
		return pass(m, at, len);
	for (unsigned i = at; i < at + len; i++)
		m->owner[i] = (int16_t)at;
	m->length[at] = len;
	return at + len;
}

static unsigned read_on(struct model *m, unsigned at)
{
	if (m->stream[at] == MISSING)
		return look_for(m, gap_end(m, at));
	if (m->stream[at] != MAGIC)
		return look_for(m, at + 1);
	if (at + 1 == m->n)
		return m->n;
	if (m->stream[at + 1] == MISSING)
		return look_for(m, gap_end(m, at + 1));
	return read_message(m, at);
}

static void read_all(struct model *m)
{
	for (unsigned i = 0; i < m->n; i++)
		m->owner[i] = MISSING;
	for (unsigned at = 0; at < m->n && !m->stops;)
		at = read_on(m, at);
}

/* The framing */

static int64_t length_of(const void *ctx, const uint8_t *p, uint32_t n)
{
	(void)ctx;
	if (p[0] != MAGIC)
		return PKTS_FRAMING_BAD;
	return n < 2 ? PKTS_FRAMING_MORE : 2 + p[1];
}

static uint32_t find_magic(const void *ctx, const uint8_t *p, uint32_t n)
{
	const uint8_t *const at = memchr(p, MAGIC, n);

	(void)ctx;
	return at ? (uint32_t)(at - p) : n;
}

static void check_gap(struct model *m, const struct pkts_framed *got)
{
	for (uint64_t i = got->offset; i < got->offset + got->len; i++)
		demand(m, i < m->n && m->owner[i] == MISSING, "a byte in a gap");
}

static void check_message(struct model *m, const struct pkts_framed *got)
{
	demand(m,
		got->offset < m->n && m->owner[got->offset] == (int16_t)got->offset &&
			got->len == m->length[got->offset],
		"a message");
	for (unsigned i = 0; i < got->len && !m->wrong; i++)
		demand(m, got->p[i] == m->stream[got->offset + i], "a message's bytes");
}

struct run {
	struct pkts_framing f;
	uint64_t at; /* up to there everything was handed out */
	unsigned stops;
	uint8_t buf[512];
};

static bool fetch_one(struct model *m, struct run *r)
{
	struct pkts_framed got;
	const int result = pkts_framing_get(&r->f, &got);

	if (result == -PKTS_EBADMSG) {
		r->stops++;
		return true;
	}
	if (result != 0)
		return false;
	demand(m, got.offset == r->at, "the order of the stream");
	r->at = got.offset + got.len;
	if (got.kind == PKTS_FRAMED_GAP)
		check_gap(m, &got);
	else
		check_message(m, &got);
	return !m->wrong;
}

static void fetch(struct model *m, struct run *r)
{
	while (fetch_one(m, r))
		;
}

/* n bytes in memory of just that size, which is gone when they have been looked at. */
static void put_bytes(struct model *m, struct run *r, unsigned at, unsigned n, unsigned how)
{
	uint8_t *const p = malloc(n);

	for (unsigned i = 0; i < n; i++)
		p[i] = (uint8_t)m->stream[at + i];
	if (how == 0 && pkts_framing_keep(&r->f, (struct pkts_span){p, n}) == 0) {
		free(p);
		return;
	}
	fetch(m, r);
	demand(m, pkts_framing_put(&r->f, (struct pkts_span){p, n}) == 0, "put");
	fetch(m, r);
	free(p);
}

static unsigned run_length(const struct model *m, unsigned at)
{
	const bool missing = m->stream[at] == MISSING;
	unsigned n = 0;

	while (at + n < m->n && (m->stream[at + n] == MISSING) == missing)
		n++;
	return n;
}

static void run_framing(struct model *m, struct run *r, struct bytes_left *b)
{
	for (unsigned at = 0, n; at < m->n && !m->wrong; at += n) {
		const unsigned most = 1 + take(b, 256), how = take(b, 4);
		n = run_length(m, at);
		n = PKTS_MIN(n, most);
		if (m->stream[at] == MISSING) {
			fetch(m, r);
			demand(m, pkts_framing_gap(&r->f, n) == 0, "gap");
		} else {
			put_bytes(m, r, at, n, how);
		}
	}
	fetch(m, r);
	demand(m, pkts_framing_flush(&r->f) == 0, "flush");
	fetch(m, r);
}

const char *framing_model_run(const uint8_t *program, size_t n)
{
	struct model *const m = calloc(1, sizeof(*m));
	struct run *const r = calloc(1, sizeof(*r));
	struct bytes_left b = {program, program + n};
	const unsigned kind = take(&b, 16);
	struct pkts_framing_conf conf = {.length = length_of};

	m->resync = kind & 3;
	m->skip_long = kind & 12;
	m->max = 2 + take(&b, 256);
	conf.resync = m->resync ? find_magic : NULL;
	conf.too_long = m->skip_long ? PKTS_FRAMING_SKIP : PKTS_FRAMING_STOP;
	conf.max_message = m->max;
	make_stream(m, &b);
	read_all(m);
	demand(m, pkts_framing_init(&r->f, &conf, r->buf, m->max + take(&b, 200), NULL) == 0,
		"init");
	run_framing(m, r, &b);
	demand(m, r->at == m->n, "the end of the stream");
	demand(m, r->stops == m->stops, "stopping");
	const char *const wrong = m->wrong;
	free(m);
	free(r);
	return wrong;
}
