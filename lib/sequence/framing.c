/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The stream's next bytes are those in the buffer, then those in the span. */
#include "pkts_framing.h"

#include "pkts_bits.h"

#define CHUNK 32u /* bytes that are copied at a time until a length is known */

/* More to do before there is something to be said. */
#define GO_ON 1

static void note(struct pkts_framing *f, enum pkts_seq_event event)
{
	if (f->events)
		f->events[event]++;
}

int pkts_framing_init(struct pkts_framing *f, const struct pkts_framing_conf *conf, uint8_t *buf,
	uint32_t cap, uint32_t *events)
{
	if (!conf->length || !buf || cap == 0 || conf->max_message > cap)
		return -PKTS_EINVAL;
	*f = (struct pkts_framing){.conf = *conf, .buf = buf, .cap = cap, .events = events};
	if (conf->max_message == 0)
		f->conf.max_message = cap;
	return 0;
}

static void give_back(struct pkts_framing *f)
{
	f->at += f->lent;
	f->n -= f->lent;
	f->lent = 0;
	if (f->n == 0)
		f->at = 0;
}

/* Room for `more` bytes behind those in the buffer. */
static bool make_room(struct pkts_framing *f, uint32_t more)
{
	if (more > f->cap - f->n)
		return false;
	if (more > f->cap - f->n - f->at) {
		__builtin_memmove(f->buf, f->buf + f->at, f->n);
		f->at = 0;
	}
	return true;
}

static void append(struct pkts_framing *f, const uint8_t *p, uint32_t n)
{
	if (n == 0) /* and p perhaps NULL */
		return;
	__builtin_memcpy(f->buf + f->at + f->n, p, n);
	f->n += n;
}

/* The first n bytes of the span go into the buffer, which has room for them. */
static void move(struct pkts_framing *f, uint32_t n)
{
	append(f, f->span.p, n);
	f->span.p += n;
	f->span.len -= n;
}

int pkts_framing_put(struct pkts_framing *f, struct pkts_span span)
{
	if (f->pending)
		return -PKTS_EAGAIN;
	f->span = span;
	f->pending = true;
	return 0;
}

int pkts_framing_keep(struct pkts_framing *f, struct pkts_span span)
{
	give_back(f);
	if (f->span.len > 0 || !make_room(f, span.len))
		return -PKTS_EAGAIN;
	append(f, span.p, span.len);
	f->pending = true;
	return 0;
}

static struct pkts_span next_bytes(const struct pkts_framing *f)
{
	return f->n > 0 ? (struct pkts_span){f->buf + f->at, f->n} : f->span;
}

static void step_over(struct pkts_framing *f, uint32_t n)
{
	if (f->n > 0) {
		f->at += n;
		f->n -= n;
	} else {
		f->span.p += n;
		f->span.len -= n;
	}
	f->need = 0;
	f->offset += n;
}

static void drop(struct pkts_framing *f, uint32_t n)
{
	step_over(f, n);
	f->lost += n;
}

static int stop(struct pkts_framing *f)
{
	f->stopped = f->stopping = true;
	f->searching = false;
	f->skip = 0;
	return GO_ON;
}

/* What comes next is no message. */
static int lose(struct pkts_framing *f)
{
	note(f, PKTS_SEQ_FRAMING);
	if (!f->conf.resync)
		return stop(f);
	drop(f, 1);
	f->searching = true;
	return GO_ON;
}

static int too_long(struct pkts_framing *f, uint64_t len)
{
	note(f, PKTS_SEQ_MESSAGE_TOO_LONG);
	if (f->conf.too_long == PKTS_FRAMING_STOP)
		return stop(f);
	f->skip = len;
	return GO_ON;
}

static int skip(struct pkts_framing *f, struct pkts_span next)
{
	const uint32_t n = next.len < f->skip ? next.len : (uint32_t)f->skip;

	drop(f, n);
	f->skip -= n;
	return GO_ON;
}

static int search(struct pkts_framing *f, struct pkts_span next)
{
	const uint32_t at = f->conf.resync(f->conf.resync_ctx, next.p, next.len);

	f->searching = at >= next.len;
	drop(f, PKTS_MIN(at, next.len));
	return GO_ON;
}

/* The length is not known: more bytes into the buffer, as many again as it has. */
static int gather(struct pkts_framing *f, struct pkts_span next)
{
	const uint32_t more = f->n > CHUNK ? f->n : CHUNK;
	const uint32_t left = f->conf.max_message - PKTS_MIN(f->n, f->conf.max_message);
	const uint32_t n = PKTS_MIN(PKTS_MIN(more, left), f->span.len);

	if (next.len >= f->conf.max_message)
		return lose(f);
	if (f->span.len == 0)
		return -PKTS_EAGAIN;
	make_room(f, n);
	move(f, n);
	return GO_ON;
}

/* The message's length is known, and not all of it is in one place. */
static int gather_message(struct pkts_framing *f, uint32_t len)
{
	const uint32_t n = PKTS_MIN(len - f->n, f->span.len);

	f->need = len;
	if (n == 0)
		return -PKTS_EAGAIN;
	make_room(f, len - f->n);
	move(f, n);
	return f->n == len ? GO_ON : -PKTS_EAGAIN;
}

static int tell_gap(struct pkts_framing *f, struct pkts_framed *out)
{
	*out = (struct pkts_framed){
		.kind = PKTS_FRAMED_GAP, .len = f->lost, .offset = f->offset - f->lost};
	f->lost = 0;
	return 0;
}

static int hand_out(
	struct pkts_framing *f, struct pkts_span next, uint32_t len, struct pkts_framed *out)
{
	if (f->lost > 0)
		return tell_gap(f, out);
	*out = (struct pkts_framed){PKTS_FRAMED_MESSAGE, next.p, len, f->offset};
	if (f->n > 0) {
		f->lent = len;
		f->offset += len;
		f->need = 0;
	} else {
		step_over(f, len);
	}
	return 0;
}

/* Of bytes that a message may not have it is not asked, so that spans make no difference. */
static int64_t length_of(const struct pkts_framing *f, struct pkts_span next)
{
	if (f->need)
		return f->need;
	return f->conf.length(f->conf.length_ctx, next.p, PKTS_MIN(next.len, f->conf.max_message));
}

static int take_message(struct pkts_framing *f, struct pkts_span next, struct pkts_framed *out)
{
	const int64_t len = length_of(f, next);

	if (len < 0)
		return lose(f);
	if (len == PKTS_FRAMING_MORE)
		return gather(f, next);
	if (len > f->conf.max_message)
		return too_long(f, (uint64_t)len);
	if (len <= next.len)
		return hand_out(f, next, (uint32_t)len, out);
	return gather_message(f, (uint32_t)len);
}

static int step(struct pkts_framing *f, struct pkts_framed *out)
{
	const struct pkts_span next = next_bytes(f);

	if (next.len == 0)
		return -PKTS_EAGAIN;
	if (f->stopped) {
		drop(f, next.len);
		return GO_ON;
	}
	if (f->skip > 0)
		return skip(f, next);
	if (f->searching)
		return search(f, next);
	return take_message(f, next, out);
}

int pkts_framing_get(struct pkts_framing *f, struct pkts_framed *out)
{
	int got = GO_ON;

	give_back(f);
	while (got == GO_ON && !f->stopping)
		got = step(f, out);
	if (f->stopping) {
		f->stopping = false;
		return -PKTS_EBADMSG;
	}
	if (got == -PKTS_EAGAIN && f->lost > 0)
		return tell_gap(f, out);
	f->pending = got != -PKTS_EAGAIN;
	return got;
}

/* Whatever there is of the message under way is lost. */
static void drop_begun(struct pkts_framing *f)
{
	if (f->n > 0)
		drop(f, f->n);
	f->at = 0;
}

int pkts_framing_gap(struct pkts_framing *f, uint64_t len)
{
	const uint64_t left = f->need ? f->need - f->n : f->skip;

	if (f->pending)
		return -PKTS_EAGAIN;
	note(f, PKTS_SEQ_GAP);
	drop_begun(f);
	f->offset += len;
	f->lost += len;
	f->skip = len <= left ? left - len : 0;
	if (len > left && !f->stopped) { /* nobody knows how many messages that were */
		f->searching = f->conf.resync != NULL;
		if (!f->searching)
			stop(f);
	}
	f->pending = true;
	return 0;
}

int pkts_framing_flush(struct pkts_framing *f)
{
	if (f->pending)
		return -PKTS_EAGAIN;
	if (f->n > 0)
		note(f, PKTS_SEQ_UNFINISHED);
	drop_begun(f);
	f->skip = 0;
	f->pending = true;
	return 0;
}

/* Lengths of protocols */

#define TLS_HEAD      5u
#define TLS_MOST      (16384u + 2048) /* RFC 5246 6.2.3; RFC 8446 5.2 has 16,384 + 256 */
#define TLS_DATA      23
#define DIAMETER_HEAD 20u
#define STARTUP_MOST  10000u /* as servers have it */

int64_t pkts_framing_tls(const void *ctx, const uint8_t *p, uint32_t n)
{
	(void)ctx;
	if (p[0] < 20 || p[0] > 24 || (n > 1 && p[1] != 3))
		return PKTS_FRAMING_BAD;
	if (n < TLS_HEAD)
		return PKTS_FRAMING_MORE;
	const uint32_t len = pkts_be16(p + 3);
	if (len > TLS_MOST || (len == 0 && p[0] != TLS_DATA))
		return PKTS_FRAMING_BAD;
	return TLS_HEAD + len;
}

int64_t pkts_framing_diameter(const void *ctx, const uint8_t *p, uint32_t n)
{
	(void)ctx;
	if (p[0] != 1)
		return PKTS_FRAMING_BAD;
	if (n < 4)
		return PKTS_FRAMING_MORE;
	const uint32_t len = pkts_be24(p + 1);
	return len < DIAMETER_HEAD || len % 4 != 0 ? PKTS_FRAMING_BAD : (int64_t)len;
}

static bool is_letter_or_digit(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

int64_t pkts_framing_postgresql(const void *ctx, const uint8_t *p, uint32_t n)
{
	const uint32_t type = p[0] != 0; /* bytes of it */

	(void)ctx;
	if (type && !is_letter_or_digit(p[0]))
		return PKTS_FRAMING_BAD;
	if (n < type + 4)
		return PKTS_FRAMING_MORE;
	const uint32_t len = pkts_be32(p + type);
	if (type)
		return len < 4 || len > INT32_MAX ? PKTS_FRAMING_BAD : (int64_t)len + 1;
	return len < 8 || len > STARTUP_MOST ? PKTS_FRAMING_BAD : (int64_t)len;
}

static uint64_t number_at(const uint8_t *p, const struct pkts_framing_prefix *prefix)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < prefix->width; i++)
		v = v << 8 | p[prefix->little ? prefix->width - 1u - i : i];
	return v;
}

int64_t pkts_framing_prefix(const void *ctx, const uint8_t *p, uint32_t n)
{
	const struct pkts_framing_prefix *const prefix = ctx;

	if (n < prefix->width)
		return PKTS_FRAMING_MORE;
	const uint64_t v = number_at(p, prefix);
	if (v > INT64_MAX / 2)
		return PKTS_FRAMING_BAD;
	const int64_t len = (int64_t)v + prefix->adjust;
	return len < prefix->width ? PKTS_FRAMING_BAD : len;
}
