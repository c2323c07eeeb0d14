/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_udp_session.h"

enum pkts_udp_state pkts_udp_session_sent(struct pkts_udp_session *s, unsigned dir)
{
	s->sent |= (uint8_t)(1u << (dir & 1));
	s->state = s->sent == 3 ? PKTS_UDP_STATE_TWO_WAY : PKTS_UDP_STATE_ONE_WAY;
	return (enum pkts_udp_state)s->state;
}

struct pkts_judgement pkts_udp_session_validate(struct pkts_udp_session *s,
	const struct pkts_udp_session_conf *conf, unsigned dir, struct pkts_udp udp,
	uint64_t now_ns)
{
	(void)now_ns;
	if (PKTS_UNLIKELY(pkts_udp_dport(udp) == 0) && !(conf && conf->port_zero))
		return (struct pkts_judgement){PKTS_SESSION_BIT(UDP_PORT_ZERO), PKTS_INVALID};
	pkts_udp_session_sent(s, dir);
	return (struct pkts_judgement){0, PKTS_VALID};
}

bool pkts_udp_session_quoted(struct pkts_udp_session *s, unsigned dir)
{
	const uint8_t bit = (uint8_t)(1u << (dir & 1));

	if (!(s->sent & bit))
		return false;
	s->refused |= bit;
	return true;
}

bool pkts_udp_session_is_over(const struct pkts_udp_session *s)
{
	(void)s;
	return false;
}

enum pkts_udp_timeout pkts_udp_session_timeout_class(const struct pkts_udp_session *s)
{
	return s->state == PKTS_UDP_STATE_TWO_WAY ? PKTS_UDP_TIMEOUT_ESTABLISHED
						  : PKTS_UDP_TIMEOUT_NEW;
}

const char *pkts_udp_session_name(const struct pkts_udp_session *s)
{
	return s->state == PKTS_UDP_STATE_TWO_WAY ? "established" : "new";
}

const char *pkts_udp_conn_state(const struct pkts_udp_session *s, bool reversed)
{
	static const char *const names[] = {"OTH", "S0", "SHR", "SF"};
	const unsigned sent = s->sent & 3;

	return names[reversed ? (sent >> 1 | sent << 1) & 3 : sent];
}
