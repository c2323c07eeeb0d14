/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The key of what an ICMP error quotes. It may be cut behind 8 bytes of a transport header, which no
 * check would accept: so it is read here. */
#include "key.h"
#include "pkts_errno.h"
#include "pkts_protocols.h"

static bool read_ipv4(struct pkts_span s, struct pkts_key_parts *k, uint32_t *at)
{
	const uint32_t head = s.len ? (s.p[0] & 15) * 4u : 0;

	if (head < PKTS_IPV4_HEAD || s.len < head)
		return false;
	k->family = 4;
	k->protocol = s.p[9];
	k->later = (pkts_be16(s.p + 6) & 0x1fff) != 0;
	k->src = s.p + 12;
	k->dst = s.p + 16;
	*at = head;
	return true;
}

/* Each is at least 8 bytes, so the walk ends. */
static bool skip_extensions(struct pkts_span s, struct pkts_key_parts *k, uint32_t *at)
{
	static const uint8_t none[2];

	for (;;) {
		const bool here = *at <= s.len && s.len - *at >= 8;
		const uint8_t *const p = here ? s.p + *at : none;
		const uint32_t n = pkts_ipv6_ext_len(k->protocol, p);
		if (n == 0)
			return *at <= s.len;
		if (!here)
			return false;
		if (pkts_ipv6_ext_is_message(k->protocol, p[0]))
			return true;
		if (k->protocol == PKTS_IPPROTO_FRAGMENT)
			k->later = pkts_be16(p + 2) >> 3 != 0;
		k->protocol = p[0];
		*at += n;
		if (k->later)
			return true;
	}
}

static bool read_ipv6(struct pkts_span s, struct pkts_key_parts *k, uint32_t *at)
{
	if (s.len < 40)
		return false;
	k->family = 6;
	k->protocol = s.p[6];
	k->later = false;
	k->src = s.p + 8;
	k->dst = s.p + 24;
	*at = 40;
	return true;
}

static bool read_ip(struct pkts_span s, struct pkts_key_parts *k, uint32_t *at)
{
	switch (s.len ? s.p[0] >> 4 : 0) {
	case 4:
		return read_ipv4(s, k, at) && (k->later || skip_extensions(s, k, at));
	case 6:
		return read_ipv6(s, k, at) && skip_extensions(s, k, at);
	default:
		return false;
	}
}

/* Where the quotation stands: what is around the packet that carries it is around what it quotes. */
static unsigned quoting_layer(const struct pkts_packet *packet)
{
	unsigned i = 0;

	while (i < packet->n && packet->layers[i].proto != PKTS_PROTO_ICMP &&
		packet->layers[i].proto != PKTS_PROTO_ICMPV6)
		i++;
	return i;
}

int pkts_session_key_of_quoted(struct pkts_span quoted, const struct pkts_packet *packet,
	unsigned what, struct pkts_session_key *key, uint8_t *swapped)
{
	struct pkts_key_parts k;
	uint32_t at = 0;

	if (!read_ip(quoted, &k, &at))
		return -PKTS_EBADMSG;
	if (k.later)
		return -PKTS_EAGAIN;
	if (quoted.len - at < pkts_key_head(k.protocol))
		return -PKTS_EBADMSG;
	k.head = quoted.p + at;
	*swapped = pkts_key_fill(key, &k);
	if (packet)
		pkts_key_add_networks(key, packet, quoting_layer(packet), what);
	return 0;
}
