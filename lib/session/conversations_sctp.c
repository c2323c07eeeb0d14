/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* SCTP: packets to their association, by any of the addresses that its ends have told each other. */
#include "conversations.h"
#include "pkts_sctp_param.h"

/* Pairs of a packet that are another's, or too many; then its addresses are not read on. */
#define REFUSED_MAX 16

static const uint8_t any[16];

/*
 * One end has another address. With each address of the other end that makes a key; if none of that
 * family is known yet, one with the address ANY keeps it in mind.
 */
struct learning {
	struct pkts_conversations *c;
	struct pkts_table_entry *entry;
	unsigned dir; /* whose address it is */
	uint8_t address[16];
	uint8_t family;
	uint64_t now;
	unsigned n;	  /* addresses of the packet looked at */
	unsigned refused; /* pairs of them that could not be kept */
	bool met;	  /* an address of the other end */
};

/*
 * A key like another one, of which end `mine` has that address, and the other end `other`. Which end of it
 * `address` is.
 */
static uint8_t key_like(struct pkts_session_key *key, const struct pkts_session_key *like,
	unsigned mine, uint8_t family, const uint8_t *address, const uint8_t *other)
{
	const uint8_t end = pkts_session_key_make(
		key, family, like->protocol, address, like->port[mine], other, like->port[!mine]);

	key->vlan = like->vlan;
	key->tunnel = like->tunnel;
	return end;
}

static void learn_pair(struct learning *l, const uint8_t *other)
{
	struct pkts_table *const table = l->c->tables[PKTS_CONVERSATION_SCTP];
	const struct pkts_session_key main = pkts_table_key_of(l->entry);
	const unsigned mine = pkts_table_initiator(l->entry) ^ l->dir;
	struct pkts_session_key key;

	const uint8_t end = key_like(&key, &main, mine, l->family, l->address, other);
	if (l->refused < REFUSED_MAX && !pkts_session_key_equal(&key, &main))
		l->refused +=
			pkts_table_alias(table, l->entry, &key, end ^ (uint8_t)l->dir, l->now) != 0;
}

/* `key`, one of the association's, of which end `initiator` began. */
static void learn_beside(struct learning *l, const struct pkts_session_key *key, unsigned initiator)
{
	if (key->family != l->family)
		return;
	l->met = true;
	learn_pair(l, key->addr[initiator ^ !l->dir]);
}

/* An address that is known together with the other end's first one is known with all of them. */
static bool leads_here(const struct learning *l)
{
	struct pkts_table *const table = l->c->tables[PKTS_CONVERSATION_SCTP];
	const struct pkts_session_key main = pkts_table_key_of(l->entry);
	const unsigned mine = pkts_table_initiator(l->entry) ^ l->dir;
	struct pkts_session_key key;

	if (main.family != l->family)
		return false;
	key_like(&key, &main, mine, l->family, l->address, main.addr[!mine]);
	return pkts_table_peek(table, &key, l->now) == l->entry;
}

static void set_address(struct learning *l, const uint8_t *address, uint8_t family)
{
	__builtin_memset(l->address, 0, sizeof(l->address));
	__builtin_memcpy(l->address, address, family == 4 ? 4 : 16);
	l->family = family;
}

/* The address that is set. */
static void learn_address(struct learning *l)
{
	struct pkts_table *const table = l->c->tables[PKTS_CONVERSATION_SCTP];
	const struct pkts_session_key first = pkts_table_key_of(l->entry);
	const struct pkts_session_key *key;
	uint32_t at = 0;

	l->met = false;
	if (l->entry->aliases >= PKTS_CONVERSATION_ALIASES || leads_here(l))
		return;
	learn_beside(l, &first, pkts_table_initiator(l->entry));
	while ((key = pkts_table_alias_next(table, l->entry, &at)) != NULL)
		learn_beside(l, key, pkts_table_alias_initiator(table, at));
	if (!l->met)
		learn_pair(l, any);
}

static void learn_from(struct learning *l, struct pkts_sctp_chunk chunk)
{
	struct pkts_sctp_addresses it = pkts_sctp_addresses(chunk);
	struct pkts_sctp_address address;

	while (l->n < PKTS_CONVERSATION_ADDRESSES && l->refused < REFUSED_MAX &&
		pkts_sctp_addresses_next(&it, &address)) {
		l->n++;
		if (!address.unicast || address.use == PKTS_SCTP_ADDRESS_DELETE ||
			address.use == PKTS_SCTP_ADDRESS_PRIMARY)
			continue;
		set_address(l, address.ip, address.len == 4 ? 4 : 6);
		learn_address(l);
		if (it.chunk == PKTS_SCTP_INIT)
			learn_pair(l, any);
	}
}

/* Then an INIT may be anybody's, and one that adds addresses is refused (RFC 9260 5.2.2). */
static bool is_begun(const struct arriving *a)
{
	const struct pkts_sctp_conversation *const u = pkts_table_user(a->seen->entry);

	return u->session.ends[a->seen->dir].state >= PKTS_SCTP_ESTABLISHED;
}

/*
 * The addresses of the packet's sender that its chunks list. An INIT may be answered from an address that
 * is not known yet (RFC 9260 5.1.2): its sender's are kept with the address ANY for the other end, too.
 */
static void learn(struct pkts_conversations *c, struct arriving *a, struct pkts_ref packet)
{
	struct learning l = {.c = c, .entry = a->seen->entry, .dir = a->seen->dir, .now = a->now};
	struct pkts_sctp_chunks chunks = pkts_sctp_chunks(packet);
	struct pkts_sctp_chunk chunk;

	while (pkts_sctp_chunk_next(&chunks, &chunk)) {
		if (is_begun(a) &&
			(chunk.p[0] == PKTS_SCTP_INIT || chunk.p[0] == PKTS_SCTP_INIT_ACK))
			continue;
		if (chunk.p[0] == PKTS_SCTP_INIT) {
			set_address(&l, a->key.addr[a->seen->at.swapped], a->key.family);
			learn_pair(&l, any);
		}
		learn_from(&l, chunk);
	}
}

/* The association that has end `mine` of the packet's key with the address ANY, if the tag is its. */
static struct pkts_table_entry *find_by_end(
	struct pkts_conversations *c, struct arriving *a, unsigned mine)
{
	struct pkts_table *const table = c->tables[PKTS_CONVERSATION_SCTP];
	const struct pkts_session_key *const k = &a->key;
	struct pkts_session_key key;

	const uint8_t end = key_like(&key, k, mine, k->family, k->addr[mine], any);
	struct pkts_table_entry *const entry = pkts_table_peek(table, &key, a->now);
	if (!entry)
		return NULL;
	const struct pkts_sctp_conversation *const u = pkts_table_user(entry);
	const unsigned whose = end ^ pkts_table_initiator_by(table, entry, &key);
	const unsigned dir = mine == a->seen->at.swapped ? whose : !whose;
	if (!pkts_sctp_session_owns(&u->session, dir, pkts_conversations_ref(a)))
		return NULL;
	return pkts_table_alias(table, entry, k, a->seen->at.swapped ^ (uint8_t)dir, a->now)
		       ? NULL
		       : entry;
}

static bool is_established(const struct pkts_sctp_session *s)
{
	return s->ends[0].state >= PKTS_SCTP_ESTABLISHED ||
	       s->ends[1].state >= PKTS_SCTP_ESTABLISHED;
}

static bool is_init(struct pkts_ref packet)
{
	return packet.head > PKTS_SCTP_HEAD && packet.p[PKTS_SCTP_HEAD] == PKTS_SCTP_INIT;
}

/*
 * Whoever sends an INIT can list anybody's addresses in it. If an INIT from one of them is another one,
 * before the association is there, the address is given back. Tags of other packets do not tell: of the
 * INIT ACKs of an end only the last one is remembered.
 */
static bool is_anothers(
	struct pkts_conversations *c, struct pkts_table_entry *entry, const struct arriving *a)
{
	struct pkts_table *const table = c->tables[PKTS_CONVERSATION_SCTP];
	const struct pkts_sctp_conversation *const u = pkts_table_user(entry);

	const struct pkts_ref packet = pkts_conversations_ref(a);

	if (PKTS_LIKELY(!entry->aliases) || !is_init(packet) || is_established(&u->session) ||
		pkts_sctp_session_is_over(&u->session))
		return false;
	const unsigned dir = a->seen->at.swapped ^ pkts_table_initiator_by(table, entry, &a->key);
	return !pkts_sctp_session_owns(&u->session, dir, packet) &&
	       pkts_table_unalias(table, entry, &a->key);
}

struct pkts_table_entry *pkts_conversations_sctp_find(
	struct pkts_conversations *c, struct arriving *a)
{
	struct pkts_table_entry *entry = a->seen->entry;

	if (!entry)
		entry = pkts_table_peek(c->tables[PKTS_CONVERSATION_SCTP], &a->key, a->now);
	if (entry && is_anothers(c, entry, a))
		entry = NULL;

	for (unsigned end = 0; !entry && end < 2; end++)
		entry = find_by_end(c, a, end);
	return entry;
}

static bool begins_another(const struct pkts_sctp_session *s, struct pkts_ref packet)
{
	return pkts_sctp_session_is_over(s) && packet.head > PKTS_SCTP_HEAD &&
	       packet.p[PKTS_SCTP_HEAD] == PKTS_SCTP_INIT;
}

static enum pkts_conversation_class class_of(const struct pkts_sctp_session *s)
{
	static const uint8_t classes[PKTS_SCTP_TIMEOUT_MAX] = {
		[PKTS_SCTP_TIMEOUT_OPENING] = PKTS_CONVERSATION_NEW,
		[PKTS_SCTP_TIMEOUT_ESTABLISHED] = PKTS_CONVERSATION_ESTABLISHED,
		[PKTS_SCTP_TIMEOUT_CLOSING] = PKTS_CONVERSATION_CLOSING,
		[PKTS_SCTP_TIMEOUT_CLOSED] = PKTS_CONVERSATION_CLOSED,
	};
	const unsigned class = classes[pkts_sctp_session_timeout_class(s)];
	const bool both = s->ends[0].knows & s->ends[1].knows & PKTS_SCTP_KNOWS_END;

	return class == PKTS_CONVERSATION_CLOSED || both ? (enum pkts_conversation_class) class
							 : PKTS_CONVERSATION_NEW;
}

/* By a restart, or by a cookie that came once more, which stay good for a while. */
static bool has_begun_anew(
	const struct pkts_sctp_session *s, struct pkts_judgement judgement, bool was_over)
{
	return judgement.events & PKTS_SESSION_BIT(SCTP_RESTART) ||
	       (was_over && !pkts_sctp_session_is_over(s));
}

void pkts_conversations_sctp(struct pkts_conversations *c, struct arriving *a)
{
	const struct pkts_ref packet = pkts_conversations_ref(a);
	struct pkts_sctp_conversation *u = pkts_table_user(a->seen->entry);

	if (begins_another(&u->session, packet)) {
		if (!pkts_conversations_begin_again(c, a))
			return;
		u = pkts_table_user(a->seen->entry);
	}
	const bool was_over = pkts_sctp_session_is_over(&u->session);
	a->seen->judgement = pkts_sctp_session_validate(
		&u->session, &c->conf.sctp, a->seen->dir, packet, a->now);
	pkts_conversations_classify(
		c, PKTS_CONVERSATION_SCTP, a->seen->entry, class_of(&u->session));
	if (a->seen->judgement.validity == PKTS_INVALID)
		return;
	learn(c, a, packet);
	if (has_begun_anew(&u->session, a->seen->judgement, was_over))
		pkts_conversations_want_messages(a->seen->entry);
	if (c->messages)
		pkts_conversations_put_messages(c, a, packet);
}
