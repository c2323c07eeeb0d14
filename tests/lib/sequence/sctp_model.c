/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "sctp_model.h"

#include <stdlib.h>

#include "sctp_packet.h"

#define MESSAGES 24
#define CHUNKS	 120
#define STREAMS	 4
#define VTAG	 0xbb

/* A program is used up front to back; behind its end are zeros. */
struct bytes_left {
	const uint8_t *p, *end;
};

static unsigned take(struct bytes_left *b, unsigned below)
{
	return b->p < b->end ? *b->p++ % below : 0;
}

struct message {
	uint16_t stream;
	uint8_t unordered, fragments, sent;
	uint32_t mid;
	unsigned last; /* chunk */
	bool abandoned, dropped, delivered, fetched;
	uint32_t lost; /* as it was delivered */
};

struct chunk {
	unsigned message, fragment;
	uint32_t len;
	bool came, settled; /* settled: came, or waited for no longer */
	uint8_t variant;    /* which content came first */
};

struct stream {
	bool known;
	uint32_t next, lost;
};

struct model {
	bool wide, late, wait, started;
	uint32_t tsn0, mid0;
	unsigned messages_n, chunks_n, cum; /* cum: the first chunk that is not settled */
	struct message messages[MESSAGES];
	struct chunk chunks[CHUNKS];
	struct stream streams[STREAMS];
	unsigned order[MESSAGES], order_n,
		order_at[STREAMS]; /* delivered, and fetched of a stream */
	uint64_t missing, missing_told;
	const char *wrong;

	struct pkts_sctp_pool *pool;
	struct pkts_sctp_seq seq;
	int held;
	struct packet packet;
};

static void demand(struct model *m, bool holds, const char *what)
{
	if (!holds && !m->wrong)
		m->wrong = what;
}

/* The sender */

static void add_message(struct model *m, struct bytes_left *b)
{
	struct message *const x = &m->messages[m->messages_n++];
	const unsigned kind = take(b, 16);

	*x = (struct message){.stream = (uint16_t)(kind % STREAMS),
		.unordered = kind / STREAMS == 1,
		.fragments = (uint8_t)(1 + take(b, 8) % 5)};
	x->mid = m->mid0;
	for (unsigned i = 0; i + 1 < m->messages_n; i++)
		if (m->messages[i].stream == x->stream && m->messages[i].unordered == x->unordered)
			x->mid++;
}

static void send_fragment(struct model *m, unsigned message, unsigned size)
{
	static const uint32_t sizes[] = {1, 3, 70, 200};
	struct message *const x = &m->messages[message];

	x->last = m->chunks_n;
	m->chunks[m->chunks_n++] =
		(struct chunk){.message = message, .fragment = x->sent++, .len = sizes[size % 4]};
}

/* Is an earlier message of the same kind and stream still being sent? */
static bool is_blocked(const struct model *m, unsigned message)
{
	const struct message *const x = &m->messages[message];

	for (unsigned i = 0; i < message; i++)
		if (m->messages[i].stream == x->stream &&
			m->messages[i].unordered == x->unordered &&
			m->messages[i].sent < m->messages[i].fragments)
			return true;
	return false;
}

/* Which message sends its next fragment: with I-DATA any of three, if its stream lets it. */
static unsigned choose(const struct model *m, unsigned first, unsigned skip)
{
	for (unsigned i = first + skip; m->wide && i < m->messages_n && i < first + 3; i++)
		if (m->messages[i].sent < m->messages[i].fragments && !is_blocked(m, i))
			return i;
	return first;
}

static void make_sender(struct model *m, struct bytes_left *b)
{
	static const uint32_t tsns[] = {1, 0, 0xffffffff, 0xfffffff0, 0x7ffffff0};
	static const uint32_t mids[] = {0, 0xfffe, 0xfffffffe, 7};
	const unsigned kind = take(b, 8);

	m->wide = kind & 1;
	m->late = kind & 2;
	m->wait = kind & 4;
	m->tsn0 = tsns[take(b, 5)];
	m->mid0 = m->late ? mids[take(b, 4)] : 0;
	for (unsigned n = 1 + take(b, MESSAGES); n > 0; n--)
		add_message(m, b);
	for (unsigned first = 0; first < m->messages_n;) {
		const unsigned byte = take(b, 256);
		send_fragment(m, choose(m, first, byte % 3), byte / 4);
		while (first < m->messages_n &&
			m->messages[first].sent == m->messages[first].fragments)
			first++;
	}
}

static uint8_t content(unsigned chunk, unsigned i, uint8_t variant)
{
	return (uint8_t)(chunk * 31 + i * 7 + variant * 101);
}

static void put_chunk(struct model *m, unsigned i, uint8_t variant)
{
	const struct chunk *const c = &m->chunks[i];
	const struct message *const x = &m->messages[c->message];
	static uint8_t data[256];

	for (unsigned k = 0; k < c->len; k++)
		data[k] = content(i, k, variant);
	packet_data(&m->packet,
		&(struct packet_data){.wide = m->wide,
			.flags = (uint8_t)((c->fragment == 0 ? PACKET_B : 0) |
					   (c->fragment + 1u == x->fragments ? PACKET_E : 0) |
					   (x->unordered ? PACKET_U : 0)),
			.stream = x->stream,
			.tsn = m->tsn0 + i,
			.mid = x->mid,
			.fsn = c->fragment,
			.ppid = 1000 + c->message,
			.p = data,
			.len = c->len});
}

/* The naive receiver */

static bool is_complete(const struct model *m, unsigned message)
{
	unsigned came = 0;

	for (unsigned i = 0; i < m->chunks_n; i++)
		came += m->chunks[i].message == message && m->chunks[i].came;
	return came == m->messages[message].fragments && !m->messages[message].dropped;
}

static uint32_t narrow(const struct model *m, uint32_t mid)
{
	return m->wide ? mid : mid & 0xffff;
}

static void deliver(struct model *m, unsigned message)
{
	struct message *const x = &m->messages[message];
	struct stream *const s = &m->streams[x->stream];

	x->delivered = true;
	m->order[m->order_n++] = message;
	if (x->unordered)
		return;
	x->lost = s->lost + (s->known ? x->mid - s->next : 0);
	*s = (struct stream){true, x->mid + 1, 0};
}

static bool is_due(const struct model *m, unsigned message)
{
	const struct message *const x = &m->messages[message];
	const struct stream *const s = &m->streams[x->stream];

	if (x->delivered || !is_complete(m, message))
		return false;
	return x->unordered || (s->known && s->next == x->mid) || x->last < m->cum;
}

static void look_through(struct model *m)
{
	bool moved = true;

	while (m->cum < m->chunks_n && m->chunks[m->cum].settled)
		m->cum++;
	while (moved) {
		moved = false;
		for (unsigned i = 0; i < m->messages_n && !moved; i++)
			if (is_due(m, i)) {
				deliver(m, i);
				moved = true;
			}
	}
}

static void begin(struct model *m, unsigned chunk)
{
	if (m->started)
		return;
	m->started = true;
	for (unsigned i = 0; i < chunk; i++)
		m->chunks[i].settled = true;
}

static void receive(struct model *m, unsigned i, uint8_t variant)
{
	struct chunk *const c = &m->chunks[i];

	begin(m, i);
	if (c->settled)
		return;
	c->came = c->settled = true;
	c->variant = variant;
	look_through(m);
}

static void settle_until(struct model *m, unsigned chunk, bool missing)
{
	for (unsigned i = 0; i <= chunk; i++) {
		m->missing += !m->chunks[i].settled && missing;
		m->chunks[i].settled = true;
	}
	look_through(m);
}

/* What the Sequence hands out */

static void check_content(struct model *m, unsigned message, const struct pkts_sctp_message *got)
{
	static uint8_t data[CHUNKS * 256];
	size_t at = 0;

	demand(m, pkts_sctp_message_copy(got, data, sizeof(data)) == got->len, "length of a copy");
	for (unsigned i = 0; i < m->chunks_n; i++) {
		const struct chunk *const c = &m->chunks[i];
		for (unsigned k = 0; c->message == message && k < c->len; k++, at++)
			if (at >= got->len || data[at] != content(i, k, c->variant)) {
				demand(m, false, "a message's content");
				return;
			}
	}
	demand(m, at == got->len, "a message's length");
}

/* Ordered messages of a stream come in the model's order; the next one that is not fetched. */
static bool is_in_order(const struct model *m, unsigned message)
{
	const struct message *const x = &m->messages[message];

	for (unsigned i = 0; i < m->order_n && m->order[i] != message; i++) {
		const struct message *const before = &m->messages[m->order[i]];
		if (before->stream == x->stream && !before->unordered && !before->fetched)
			return false;
	}
	return true;
}

static void check_message(struct model *m, const struct pkts_sctp_message *got)
{
	const unsigned message = got->ppid - 1000;
	struct message *const x = &m->messages[message < MESSAGES ? message : 0];

	demand(m, message < m->messages_n && x->delivered && !x->fetched, "a message out of turn");
	if (m->wrong)
		return;
	demand(m, x->unordered || is_in_order(m, message), "the order of a stream");
	demand(m, got->stream == x->stream && got->unordered == x->unordered,
		"stream of a message");
	demand(m, got->mid == narrow(m, x->mid) && got->tsn == m->tsn0 + x->last,
		"numbers of a message");
	demand(m, got->lost == x->lost, "lost messages");
	demand(m, got->i_data == m->wide && got->dir == 0, "kind of a message");
	x->fetched = true;
	m->missing_told += got->missing;
	check_content(m, message, got);
}

static void fetch(struct model *m)
{
	struct pkts_sctp_message got;

	while (pkts_sctp_seq_get(&m->seq, &got) == 0)
		check_message(m, &got);
	for (unsigned i = 0; i < m->messages_n; i++)
		demand(m, m->messages[i].delivered == m->messages[i].fetched,
			"a message that is due");
}

static void put(struct model *m, unsigned dir, bool later)
{
	struct box *const b = box_of(m->packet.bytes, m->packet.n);
	const struct pkts_piece piece = box_piece(b, 2048);

	demand(m, pkts_sctp_seq_put(&m->seq, dir, &piece, b->n) == 0, "put");
	if (later)
		pkts_sctp_seq_settle(&m->seq);
	else
		fetch(m);
	box_release(NULL, b);
}

/* Operations */

/* Some chunks from around a place that has not been settled, in a packet. */
static void do_chunks(struct model *m, struct bytes_left *b, unsigned n)
{
	const unsigned from = m->cum + take(b, 12);
	const uint8_t variant = (uint8_t)(take(b, 8) == 7);

	packet_begin(&m->packet, VTAG);
	for (unsigned i = from < 4 ? 0 : from - 4; n > 0 && i < m->chunks_n; n--, i++) {
		if (m->messages[m->chunks[i].message].abandoned)
			continue;
		put_chunk(m, i, variant);
		receive(m, i, variant);
	}
	if (m->packet.n > 12)
		put(m, 0, take(b, 8) == 0);
}

static void do_sack(struct model *m, struct bytes_left *b)
{
	const unsigned to = m->cum + take(b, 8);

	if (!m->started || to >= m->chunks_n)
		return;
	packet_begin(&m->packet, 0xaa);
	packet_sack(&m->packet, m->tsn0 + to);
	if (!m->wait)
		settle_until(m, to, true);
	put(m, 1, false);
}

/* All messages that lack a chunk up to there are given up; the list says how far on each stream. */
static unsigned abandon(struct model *m, unsigned to, struct pkts_sctp_skip *skips)
{
	unsigned n = 0, k;

	for (unsigned i = 0; i <= to; i++)
		if (!m->chunks[i].came && !m->chunks[i].settled)
			m->messages[m->chunks[i].message].abandoned = true;
	for (unsigned i = 0; i < m->messages_n; i++) {
		const struct message *const x = &m->messages[i];
		if (!x->abandoned || is_complete(m, i) || (x->unordered && !m->wide))
			continue;
		for (k = 0; k < n; k++)
			if (skips[k].stream == x->stream && skips[k].unordered == x->unordered)
				break;
		skips[k] = (struct pkts_sctp_skip){x->mid, x->stream, x->unordered};
		n += k == n;
	}
	return n;
}

static void skip(struct model *m, struct pkts_sctp_skip skip)
{
	struct stream *const s = &m->streams[skip.stream];

	if (skip.unordered || (s->known && (int32_t)(skip.mid - s->next) < 0))
		return;
	s->lost += s->known ? skip.mid + 1 - s->next : 0;
	s->next = skip.mid + 1;
	s->known = true;
}

static void do_forward(struct model *m, struct bytes_left *b)
{
	struct pkts_sctp_skip skips[2 * STREAMS];
	unsigned n, to = m->cum + take(b, 8);

	while (to < m->chunks_n && m->chunks[to].settled)
		to++;
	if (!m->started || to >= m->chunks_n)
		return;
	n = abandon(m, to, skips);
	packet_begin(&m->packet, VTAG);
	packet_forward(&m->packet, m->wide, m->tsn0 + to, skips, n);
	settle_until(m, to, false);
	for (unsigned i = 0; i < n; i++)
		skip(m, skips[i]);
	look_through(m);
	put(m, 0, false);
}

static void do_flush(struct model *m)
{
	unsigned end = 0; /* behind the last chunk that came */

	for (unsigned i = 0; i < m->chunks_n; i++)
		if (m->chunks[i].came)
			end = i + 1;
	if (end > m->cum)
		settle_until(m, end - 1, true);
	for (unsigned i = 0; i < m->chunks_n; i++) /* the halves of messages are dropped */
		if (m->chunks[i].came && !is_complete(m, m->chunks[i].message))
			m->messages[m->chunks[i].message].dropped = true;
	pkts_sctp_seq_flush(&m->seq, 0);
	fetch(m);
}

static void do_operation(struct model *m, struct bytes_left *b)
{
	const unsigned op = take(b, 64);

	if (op < 50)
		do_chunks(m, b, 1 + op % 4 * (op % 3 == 0));
	else if (op < 56)
		do_sack(m, b);
	else if (op < 62)
		do_forward(m, b);
	else if (op == 62)
		do_flush(m);
	else
		pkts_sctp_seq_settle(&m->seq);
}

static void open_association(struct model *m)
{
	packet_begin(&m->packet, 0);
	packet_init(&m->packet, PKTS_SCTP_INIT, 0xaa, m->tsn0);
	put(m, 0, false);
	packet_begin(&m->packet, 0xaa);
	packet_init(&m->packet, PKTS_SCTP_INIT_ACK, VTAG, 5);
	put(m, 1, false);
	packet_begin(&m->packet, VTAG);
	packet_chunk(&m->packet, PKTS_SCTP_COOKIE_ECHO, 0, "cook", 4);
	put(m, 0, false);
	m->started = true;
	for (unsigned i = 0; i < STREAMS; i++)
		m->streams[i].known = true;
}

static void demand_empty(struct model *m)
{
	const struct pkts_sctp_stats s = pkts_sctp_pool_stats(m->pool);

	demand(m, s.chunks == 0 && s.nodes == 0 && s.bytes == 0 && s.streams == 0, "an empty pool");
	demand(m, m->held == 0, "as many releases as holds");
}

const char *sctp_model_run(const uint8_t *program, size_t n)
{
	struct model *const m = calloc(1, sizeof(*m));
	struct bytes_left b = {program, program + n};

	make_sender(m, &b);
	m->pool = pool_of(
		(struct pkts_sctp_conf){.gap = m->wait ? PKTS_SCTP_GAP_WAIT : PKTS_SCTP_GAP_SACK,
			.max_chunks = 2 * CHUNKS,
			.max_streams = 16,
			.digests = 256},
		&m->held);
	pkts_sctp_seq_init(&m->seq, m->pool, NULL);
	if (!m->late)
		open_association(m);
	while (b.p < b.end && !m->wrong)
		do_operation(m, &b);
	do_flush(m);
	demand(m, m->missing_told + m->seq.halves[0].missing == m->missing, "missing chunks");
	pkts_sctp_seq_fini(&m->seq);
	demand_empty(m);
	pool_free(m->pool);
	const char *const wrong = m->wrong;
	free(m);
	return wrong;
}

/* Chunks of any kind */

static void chaos_data(struct model *m, struct bytes_left *b)
{
	static const uint8_t data[300];
	static const uint32_t sizes[] = {1, 60, 65, 300};
	const unsigned kind = take(b, 256);

	packet_data(&m->packet, &(struct packet_data){.wide = kind % 32 == 0 ? !m->wide : m->wide,
					.flags = (uint8_t)(kind / 32),
					.stream = (uint16_t)take(b, 5),
					.tsn = m->tsn0 + (kind == 77 ? 100000 : take(b, 40)),
					.mid = m->mid0 + take(b, 4),
					.fsn = take(b, 5),
					.p = data,
					.len = sizes[take(b, 4)]});
}

static void chaos_skips(struct model *m, struct bytes_left *b)
{
	struct pkts_sctp_skip skips[4];
	const unsigned n = take(b, 5);

	for (unsigned i = 0; i < n; i++)
		skips[i] = (struct pkts_sctp_skip){
			m->mid0 + take(b, 5), (uint16_t)take(b, 5), take(b, 2)};
	packet_forward(&m->packet, m->wide, m->tsn0 + take(b, 30), skips, n);
}

static void chaos_chunk(struct model *m, struct bytes_left *b)
{
	const unsigned op = take(b, 64);

	if (op < 52)
		chaos_data(m, b);
	else if (op < 56)
		chaos_skips(m, b);
	else if (op < 58)
		packet_sack(&m->packet, m->tsn0 + take(b, 30));
	else if (op < 61)
		packet_chunk(&m->packet, (uint8_t)take(b, 256), (uint8_t)take(b, 4),
			"0123456789abcdef", take(b, 17));
	else if (op == 61)
		m->tsn0 += 20;
	else if (op == 62)
		m->mid0 += 2;
	else
		packet_init(&m->packet, (uint8_t)(1 + take(b, 2)), take(b, 4), m->tsn0);
}

static void chaos_fetch(struct model *m, struct pkts_sctp_seq *s)
{
	static uint8_t data[1 << 17];
	struct pkts_sctp_message got;

	while (pkts_sctp_seq_get(s, &got) == 0) {
		demand(m, got.len > 0 && got.len <= 1000, "a message's length");
		demand(m, pkts_sctp_message_copy(&got, data, sizeof(data)) == got.len,
			"length of a copy");
	}
}

static void chaos_packet(struct model *m, struct pkts_sctp_seq *s, struct bytes_left *b)
{
	const unsigned kind = take(b, 64);
	const unsigned dir = kind >> 5;

	packet_begin(&m->packet, kind % 16 == 0 ? take(b, 4) : dir ? 0xaa : VTAG);
	for (unsigned n = 1 + kind % 4; n > 0; n--)
		chaos_chunk(m, b);
	const uint32_t cut = kind % 32 == 9 ? take(b, 32) : 0;
	struct box *const x =
		box_of(m->packet.bytes, m->packet.n - PKTS_MIN(cut, m->packet.n - 12));
	const struct pkts_piece piece = box_piece(x, 2048);
	demand(m, pkts_sctp_seq_put(s, dir, &piece, m->packet.n) == 0, "put");
	if (kind % 8 == 5)
		pkts_sctp_seq_settle(s);
	else
		chaos_fetch(m, s);
	if (kind == 63)
		pkts_sctp_seq_flush(s, dir);
	box_release(NULL, x);
}

const char *sctp_model_chaos(const uint8_t *program, size_t n)
{
	struct model *const m = calloc(1, sizeof(*m));
	struct bytes_left b = {program, program + n};
	struct pkts_sctp_seq seqs[2];
	const struct pkts_sctp_conf conf = {.max_chunks = 1 + take(&b, 32),
		.max_chunks_each = 1 + take(&b, 32),
		.max_streams = 1 + take(&b, 8),
		.max_bytes = 2048 * (1 + take(&b, 16)),
		.max_message = 1000,
		.digests = 1 + take(&b, 16)};

	m->wide = take(&b, 2);
	m->tsn0 = 0xfffffff0 + take(&b, 16);
	m->mid0 = 0xfffe;
	m->pool = pool_of(conf, &m->held);
	pkts_sctp_seq_init(&seqs[0], m->pool, NULL);
	pkts_sctp_seq_init(&seqs[1], m->pool, NULL);
	while (b.p < b.end && !m->wrong) {
		chaos_packet(m, &seqs[take(&b, 4) == 0], &b);
		const struct pkts_sctp_stats s = pkts_sctp_pool_stats(m->pool);
		demand(m, s.chunks <= conf.max_chunks && s.bytes <= conf.max_bytes, "limits");
		demand(m, s.streams <= conf.max_streams, "limit of streams");
	}
	pkts_sctp_seq_fini(&seqs[0]);
	pkts_sctp_seq_fini(&seqs[1]);
	demand_empty(m);
	pool_free(m->pool);
	const char *const wrong = m->wrong;
	free(m);
	return wrong;
}
