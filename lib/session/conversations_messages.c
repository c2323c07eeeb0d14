/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * SCTP: packets of an association to its Sequence, and Diameter's messages from there to a Session. What a
 * message is, its payload protocol identifier says; on Diameter's port one without may be one too.
 */
#include "app.h"
#include "conversations.h"
#include "pkts_diameter.h"
#include "pkts_sctp_data.h"

#define PORT 3868

/* What there is in the chunks of data of a packet. */
enum {
	HAS_DATA = 1,
	HAS_DIAMETER = 2, /* or what may be: the message has to be looked at */
	HAS_ENCRYPTED = 4,
};

/* Bits of pkts_sctp_conversation.data, of direction 0; those of 1 follow. */
enum {
	SENT = 1,
	COUNTED = 4,
};

static struct association *association_of(
	struct pkts_conversations *c, const struct pkts_sctp_conversation *u)
{
	if (u->unwanted || u->place == 0)
		return NULL;
	return (struct association *)(void *)place_at(&c->associations, u->place);
}

static bool has_port(const struct pkts_table_entry *entry)
{
	const struct pkts_session_key key = pkts_table_key_of(entry);
	return key.port[0] == PORT || key.port[1] == PORT;
}

static unsigned look_at_ppid(const struct pkts_table_entry *entry, uint32_t ppid)
{
	switch (ppid) {
	case PKTS_DIAMETER_PPID:
		return HAS_DATA | HAS_DIAMETER;
	case PKTS_DIAMETER_PPID_DTLS:
		return HAS_DATA | HAS_ENCRYPTED;
	case 0:
		return has_port(entry) ? HAS_DATA | HAS_DIAMETER : HAS_DATA;
	default:
		return HAS_DATA;
	}
}

/* Of messages in I-DATA chunks only the first has the identifier. */
static unsigned look_at_chunk(const struct pkts_table_entry *entry, struct pkts_sctp_chunk chunk)
{
	const struct pkts_ref r = {chunk.p, chunk.head, chunk.len};

	switch (pkts_sctp_chunk_type(chunk)) {
	case PKTS_SCTP_DATA:
		if (pkts_sctp_data_check(r).fatal)
			return 0;
		return look_at_ppid(entry, pkts_sctp_data_ppid(pkts_sctp_data_at(r)));
	case PKTS_SCTP_I_DATA:
		if (pkts_sctp_i_data_check(r).fatal)
			return 0;
		if (!pkts_sctp_i_data_b(pkts_sctp_i_data_at(r)))
			return look_at_ppid(entry, 0);
		return look_at_ppid(entry, pkts_sctp_i_data_ppid_fsn(pkts_sctp_i_data_at(r)));
	default:
		return 0;
	}
}

static unsigned look_at(const struct pkts_table_entry *entry, struct pkts_ref packet)
{
	struct pkts_sctp_chunks chunks = pkts_sctp_chunks(packet);
	struct pkts_sctp_chunk chunk;
	unsigned has = 0;

	while (pkts_sctp_chunk_next(&chunks, &chunk))
		has |= look_at_chunk(entry, chunk);
	return has;
}

/* messages */

static void note(struct pkts_conversations *c, struct pkts_table_entry *entry, unsigned dir,
	struct pkts_judgement judgement)
{
	pkts_conversations_note(c, entry, PKTS_CONVERSATION_SCTP, dir, judgement, true);
}

/* DTLS: told once, and nothing more can be said of such messages. */
static void note_encrypted(
	struct pkts_conversations *c, struct pkts_table_entry *entry, unsigned dir)
{
	const struct pkts_judgement j = {PKTS_SESSION_BIT(APP_ENCRYPTED), PKTS_VALID};
	struct pkts_sctp_conversation *const u = pkts_table_user(entry);

	u->app = PKTS_APP_DIAMETER;
	if (!(u->common.events & j.events))
		note(c, entry, dir, j);
}

static bool is_diameter(const struct association *as, const struct pkts_sctp_message *m)
{
	uint8_t head[PKTS_DIAMETER_HEAD];

	if (m->ppid == PKTS_DIAMETER_PPID)
		return true;
	if (m->ppid != 0 || !has_port(as->place.entry))
		return false;
	const uint32_t n = (uint32_t)pkts_sctp_message_copy(m, head, sizeof(head));
	return as->app.app == PKTS_APP_DIAMETER || app_diameter_header(head, n) == PKTS_APP_YES;
}

/* The client does not own the port; of two others, or neither, it is who asks first. */
static unsigned client_of(const struct pkts_table_entry *entry, const struct pkts_sctp_message *m)
{
	const struct pkts_session_key key = pkts_table_key_of(entry);
	const unsigned first = pkts_table_initiator(entry);
	const bool of[2] = {key.port[first] == PORT, key.port[!first] == PORT};
	uint8_t head[5] = {0};

	if (of[0] != of[1])
		return of[0];
	pkts_sctp_message_copy(m, head, sizeof(head));
	return head[4] & 0x80 ? m->dir : !m->dir;
}

static void begin_app(struct association *as, const struct pkts_sctp_message *m)
{
	pkts_app_session_init_as(&as->app, PKTS_APP_DIAMETER, client_of(as->place.entry, m));
	as->app.midstream = as->late;
}

/* An association that was set up anew begins anew here, too. */
static void begin_again(const struct pkts_conversations *c, struct association *as, uint32_t serial)
{
	as->serial = serial;
	as->app.app = PKTS_APP_NONE;
	as->place.app_done = c->conf.no_apps;
	as->late = false;
}

static void tell_app(
	struct pkts_conversations *c, struct association *as, const struct pkts_sctp_message *m)
{
	struct message_ctx to = {c, as->place.entry};
	const struct pkts_app_out out = pkts_conversations_app_out(&to);
	struct pkts_sctp_conversation *const u = pkts_table_user(as->place.entry);

	if (as->app.app == PKTS_APP_NONE)
		begin_app(as, m);
	u->app = as->app.app;
	const struct pkts_app_result result =
		pkts_app_session_put_pieces(&as->app, m->dir, m, &out);
	as->place.app_done = result.want == PKTS_APP_DONE;
	note(c, as->place.entry, m->dir, result.judgement);
}

static void deliver(
	struct pkts_conversations *c, struct association *as, const struct pkts_sctp_message *m)
{
	if (m->association != as->serial)
		begin_again(c, as, m->association);
	if (as->place.app_done)
		return;
	if (m->missing || m->lost)
		note(c, as->place.entry, m->dir,
			pkts_app_session_miss_messages(&as->app, m->dir).judgement);
	if (m->ppid == PKTS_DIAMETER_PPID_DTLS)
		note_encrypted(c, as->place.entry, m->dir);
	else if (is_diameter(as, m))
		tell_app(c, as, m);
}

static void drain(struct pkts_conversations *c, struct association *as)
{
	struct pkts_sctp_message m;

	while (pkts_sctp_seq_get(&as->seq, &m) == 0)
		deliver(c, as, &m);
}

static void tell_seq(struct pkts_conversations *c, struct association *as, unsigned dir)
{
	struct pkts_sctp_conversation *const u = pkts_table_user(as->place.entry);
	uint64_t events = 0;

	for (unsigned i = 0; i < PKTS_SEQ_EVENT_MAX; i++)
		events |= (uint64_t)(as->counts[i] != 0) << i;
	const struct pkts_conversation_seq_note fresh = {.entry = as->place.entry,
		.kind = PKTS_CONVERSATION_SCTP,
		.dir = (uint8_t)dir,
		.events = events & ~u->seq_events};
	u->seq_events |= events;
	if (fresh.events)
		pkts_conversations_note_seq(c, &fresh);
}

/* associations */

/* Chunks up to that have come, or at least to where they were sent. */
static uint32_t upto(const struct pkts_sctp_conversation *u, unsigned dir)
{
	const uint32_t acked = u->session.ends[dir].acked;

	if (!(u->data & COUNTED << dir))
		return acked;
	return (int32_t)(acked - u->upto[dir]) > 0 ? acked : u->upto[dir];
}

static void count(struct pkts_sctp_conversation *u, unsigned dir, struct pkts_ref packet)
{
	struct pkts_sctp_chunks chunks = pkts_sctp_chunks(packet);
	struct pkts_sctp_chunk chunk;

	u->data |= (uint8_t)(SENT << dir);
	if (!(u->session.ends[dir].knows & PKTS_SCTP_KNOWS_ACKED))
		return;
	u->upto[dir] = upto(u, dir);
	u->data |= (uint8_t)(COUNTED << dir);
	while (pkts_sctp_chunk_next(&chunks, &chunk)) {
		const uint8_t type = pkts_sctp_chunk_type(chunk);
		if ((type == PKTS_SCTP_DATA || type == PKTS_SCTP_I_DATA) && chunk.head >= 8 &&
			pkts_be32(chunk.p + 4) == u->upto[dir] + 1)
			u->upto[dir]++;
	}
}

/* Up to the first chunk of data, the TSN that nobody has acknowledged yet is the first one. */
static void tell_beginning(
	struct association *as, const struct pkts_sctp_conversation *u, unsigned dir)
{
	const struct pkts_sctp_end *const from = &u->session.ends[dir];
	const struct pkts_sctp_end *const to = &u->session.ends[!dir];
	const bool late = u->data & SENT << dir;

	as->late |= late;
	if (!(from->knows & PKTS_SCTP_KNOWS_ACKED) || !(to->knows & PKTS_SCTP_KNOWS_TAG))
		as->late = true;
	else if (late)
		pkts_sctp_seq_join(&as->seq, dir, to->tag, upto(u, dir) + 1);
	else
		pkts_sctp_seq_begin(&as->seq, dir, to->tag, from->acked + 1);
}

static void start(struct pkts_conversations *c, struct association *as,
	const struct pkts_sctp_conversation *u, bool late)
{
	as->late = late;
	as->serial = 0;
	as->app.app = PKTS_APP_NONE;
	pkts_sctp_seq_init(&as->seq, c->messages, as->counts);
	for (unsigned dir = 0; dir < 2 && !late; dir++)
		tell_beginning(as, u, dir);
}

/*
 * An association gets a Sequence with the first message that may be wanted. What its beginning has said
 * the Session knows, unless that was not seen either.
 */
static void begin(struct pkts_conversations *c, struct arriving *a)
{
	struct pkts_sctp_conversation *const u = pkts_table_user(a->seen->entry);
	const uint64_t events = u->common.events | a->seen->judgement.events;

	u->place = pkts_conversations_take_place(c, PKTS_CONVERSATION_SCTP, a->seen->entry) &
		   PLACE_MASK;
	u->unwanted = u->place == 0;
	struct association *const as = association_of(c, u);
	if (!as)
		return;
	__builtin_memset(as->counts, 0, sizeof(as->counts));
	start(c, as, u, events & PKTS_SESSION_BIT(SCTP_MIDSTREAM));
}

static void look_for_beginning(
	struct pkts_conversations *c, struct arriving *a, struct pkts_ref packet)
{
	struct pkts_sctp_conversation *const u = pkts_table_user(a->seen->entry);
	const unsigned has = look_at(a->seen->entry, packet);

	if (has & HAS_ENCRYPTED && !c->conf.no_apps)
		note_encrypted(c, a->seen->entry, a->seen->dir);
	if ((has & HAS_DIAMETER && !c->conf.no_apps) || (has && c->conf.bytes_for_all))
		begin(c, a);
	if (has)
		count(u, a->seen->dir, packet);
}

void pkts_conversations_want_messages(struct pkts_table_entry *entry)
{
	struct pkts_sctp_conversation *const u = pkts_table_user(entry);

	u->unwanted = false;
	u->data = 0;
}

static void give_back(struct pkts_conversations *c, struct pkts_sctp_conversation *u)
{
	pkts_sctp_seq_fini(&association_of(c, u)->seq);
	pkts_conversations_give_back_place(&c->associations, u->place);
	u->place = 0;
	u->unwanted = true;
}

void pkts_conversations_end_association(
	struct pkts_conversations *c, struct pkts_table_entry *entry)
{
	struct pkts_sctp_conversation *const u = pkts_table_user(entry);
	struct association *const as = association_of(c, u);

	if (!as)
		return;
	for (unsigned dir = 0; dir < 2; dir++) {
		pkts_sctp_seq_flush(&as->seq, dir);
		drain(c, as);
		tell_seq(c, as, dir);
	}
	give_back(c, u);
}

void pkts_conversations_drop_association(
	struct pkts_conversations *c, struct pkts_table_entry *entry)
{
	struct pkts_sctp_conversation *const u = pkts_table_user(entry);

	if (association_of(c, u))
		give_back(c, u);
	u->unwanted = true;
}

/*
 * Does the receiver take it for the association that the Session sees? What sets one up, and what ends
 * one, is the Sequence's to judge.
 */
static bool is_received(const struct pkts_sctp_session *s, unsigned dir, struct pkts_ref packet)
{
	const struct pkts_sctp_end *const to = &s->ends[!dir];

	if (packet.head <= PKTS_SCTP_HEAD || !(to->knows & PKTS_SCTP_KNOWS_TAG))
		return true;
	switch (packet.p[PKTS_SCTP_HEAD]) {
	case PKTS_SCTP_INIT:
	case PKTS_SCTP_INIT_ACK:
	case PKTS_SCTP_ABORT:
	case PKTS_SCTP_SHUTDOWN_COMPLETE:
		return true;
	default:
		return pkts_sctp_vtag(pkts_sctp_at(packet)) == to->tag;
	}
}

/* The tag that it follows is not that of the association: somebody had forged it. */
static bool is_astray(const struct association *as, const struct pkts_sctp_session *s)
{
	bool astray = false;

	for (unsigned dir = 0; dir < 2; dir++)
		astray |= as->seq.halves[dir].tag != 0 &&
			  s->ends[!dir].knows & PKTS_SCTP_KNOWS_TAG &&
			  as->seq.halves[dir].tag != s->ends[!dir].tag;
	return astray;
}

static void put_packet(struct pkts_conversations *c, struct association *as,
	const struct arriving *a, struct pkts_ref packet)
{
	const struct pkts_piece piece = {packet.p, packet.head, a->frame->cost, a->frame->owner};

	pkts_sctp_seq_put(&as->seq, a->seen->dir, &piece, packet.len);
	drain(c, as);
}

static void put(struct pkts_conversations *c, struct association *as, const struct arriving *a,
	struct pkts_ref packet)
{
	const struct pkts_sctp_conversation *const u = pkts_table_user(as->place.entry);

	put_packet(c, as, a, packet);
	if (PKTS_UNLIKELY(is_astray(as, &u->session))) {
		pkts_sctp_seq_fini(&as->seq);
		start(c, as, u, true);
		put_packet(c, as, a, packet);
	}
	tell_seq(c, as, a->seen->dir);
}

void pkts_conversations_put_messages(
	struct pkts_conversations *c, struct arriving *a, struct pkts_ref packet)
{
	struct pkts_sctp_conversation *const u = pkts_table_user(a->seen->entry);

	if (u->unwanted || !is_received(&u->session, a->seen->dir, packet))
		return;
	if (u->place == 0)
		look_for_beginning(c, a, packet);
	struct association *const as = association_of(c, u);
	if (!as)
		return;
	put(c, as, a, packet);
	const bool unwanted = as->place.app_done && !c->conf.bytes_for_all;
	if (!unwanted && !pkts_sctp_session_is_over(&u->session))
		return;
	c->associations.given_back++;
	if (unwanted)
		give_back(c, u);
	else
		pkts_conversations_end_association(c, a->seen->entry);
}
