/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* ICMP: messages as conversations of their own, and errors as news of the ones that they quote. */
#include "conversations.h"
#include "pkts_protocols.h"

static struct pkts_icmp_message message_of(const struct arriving *a)
{
	const struct pkts_ref ip = pkts_packet_ref(a->packet, a->seen->at.l3);
	const bool v6 = a->key.family == 6;
	const bool icmpv6 = a->packet->layers[a->seen->at.l4].proto == PKTS_PROTO_ICMPV6;

	return (struct pkts_icmp_message){
		.ref = pkts_conversations_ref(a),
		.src = v6 != icmpv6 ? NULL : ip.p + (v6 ? 8 : 12),
		.dst = v6 != icmpv6 ? NULL : ip.p + (v6 ? 24 : 16),
		.hop_limit = pkts_conversations_ttl(a),
		.v6 = icmpv6,
	};
}

/* What a connection's end has under way lies between what the other one acknowledged and its next byte. */
static bool tcp_has_sent(const struct pkts_table_entry *entry, unsigned dir, uint32_t seq)
{
	const struct pkts_tcp_conversation *const u =
		pkts_table_user((struct pkts_table_entry *)(uintptr_t)entry);
	const struct pkts_tcp_session_half *const half = u->session.half;
	const bool acked = half[!dir].bits & PKTS_TCP_HALF_ACKED;

	if (!(half[dir].bits & PKTS_TCP_HALF_SEEN))
		return false;
	return pkts_icmp_error_is_plausible_tcp(seq,
		acked ? half[!dir].acked
		      : (half[dir].bits & PKTS_TCP_HALF_SYN ? half[dir].isn : half[dir].next - 1),
		half[dir].next);
}

/* Can the quoted packet be one that direction dir of the conversation has sent? */
static bool is_plausible(struct pkts_table_entry *entry, enum pkts_conversation_kind kind,
	unsigned dir, const struct pkts_icmp_quote *quote)
{
	void *const user = pkts_table_user(entry);
	const struct pkts_sctp_end *ends;

	switch (kind) {
	case PKTS_CONVERSATION_TCP:
		return !quote->has_number || tcp_has_sent(entry, dir, quote->number);
	case PKTS_CONVERSATION_UDP:
		return pkts_udp_session_quoted(
			&((struct pkts_udp_conversation *)user)->session, dir);
	case PKTS_CONVERSATION_ICMP:
		return pkts_icmp_session_quoted(&((struct pkts_icmp_conversation *)user)->session,
			dir,
			quote->has_type && pkts_icmp_type_of(quote->type, quote->v6).purpose ==
						   PKTS_ICMP_CLASS_REQUEST,
			(uint16_t)quote->number);
	case PKTS_CONVERSATION_SCTP:
		ends = ((struct pkts_sctp_conversation *)user)->session.ends;
		return pkts_icmp_error_is_plausible_sctp(quote, ends[dir].tag, ends[!dir].tag);
	default:
		return true;
	}
}

/* An error, to the conversation that it quotes. False if there is none. */
static bool tie(struct pkts_conversations *c, struct arriving *a, const struct pkts_icmp_message *m)
{
	struct pkts_icmp_quote quote;
	struct pkts_session_key key;
	uint8_t swapped;

	if (m->ref.head < 8 || pkts_icmp_quoted(m, &quote) ||
		pkts_session_key_of_quoted((struct pkts_span){m->ref.p + 8, m->ref.head - 8},
			a->packet, c->conf.key, &key, &swapped))
		return false;
	pkts_conversations_add_vlans(c, a, &key);
	const enum pkts_conversation_kind kind =
		pkts_conversations_kind(pkts_ip_next(key.protocol));
	struct pkts_table_entry *const entry = pkts_table_peek(c->tables[kind], &key, a->now);
	if (!entry)
		return false;
	const unsigned dir = swapped ^ pkts_table_initiator_by(c->tables[kind], entry, &key);
	if (!is_plausible(entry, kind, dir, &quote) && a->seen->judgement.validity == PKTS_VALID)
		a->seen->judgement = (struct pkts_judgement){
			PKTS_SESSION_BIT(ICMP_ERROR_IMPLAUSIBLE), PKTS_SUSPECT};
	return true;
}

void pkts_conversations_icmp(struct pkts_conversations *c, struct arriving *a)
{
	const struct pkts_icmp_message m = message_of(a);
	struct pkts_icmp_conversation *const u = pkts_table_user(a->seen->entry);
	const bool error =
		m.ref.head && pkts_icmp_type_of(m.ref.p[0], m.v6).purpose == PKTS_ICMP_CLASS_ERROR;

	a->seen->judgement =
		pkts_icmp_session_validate(&u->session, &c->conf.icmp, a->seen->dir, &m, a->now);
	if (error)
		*(tie(c, a, &m) ? &c->stats.errors_tied : &c->stats.errors_alone) += 1;
	pkts_conversations_classify(c, PKTS_CONVERSATION_ICMP, a->seen->entry,
		pkts_icmp_session_timeout_class(&u->session) == PKTS_ICMP_TIMEOUT_NEW
			? PKTS_CONVERSATION_NEW
			: PKTS_CONVERSATION_ESTABLISHED);
}
