/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* TSNs and what acknowledges them, in serial number arithmetic (RFC 9260 1.6). */
#include "sctp.h"

#define USUAL_WINDOW 65535
#define FAR_BEHIND   (1u << 30) /* no repetition comes so late */

static bool is_ahead(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

bool pkts_sctp_session_tsn(struct sctp_packet *k, uint32_t tsn)
{
	struct pkts_sctp_end *const e = k->from;
	const uint32_t window = k->conf->tsn_window ? k->conf->tsn_window : USUAL_WINDOW;
	const uint32_t ahead = tsn - e->next;
	const bool known = sctp_knows(e, PKTS_SCTP_KNOWS_TSN);

	if (known && is_ahead(e->next, tsn)) {
		if (e->next - tsn > FAR_BEHIND)
			sctp_note(k, PKTS_SESSION_BIT(SCTP_TSN));
		return true;
	}
	if (known && ahead > window)
		sctp_note(k, PKTS_SESSION_BIT(SCTP_TSN));
	e->next = tsn + 1;
	e->knows |= PKTS_SCTP_KNOWS_TSN;
	return false;
}

void pkts_sctp_session_ack(struct sctp_packet *k, uint32_t cumulative, uint32_t highest)
{
	struct pkts_sctp_end *const e = k->to;
	const bool known = sctp_knows(e, PKTS_SCTP_KNOWS_TSN);
	const bool unsent = known && is_ahead(highest, e->next - 1);

	/* Of one picked up on its way, the first may be about what was sent before. */
	if (unsent && sctp_knows(e, PKTS_SCTP_KNOWS_ACKED))
		sctp_note(k, PKTS_SESSION_BIT(SCTP_ACK));
	if (known && !unsent && sctp_knows(k->from, PKTS_SCTP_KNOWS_TAG) &&
		e->next - cumulative <= USUAL_WINDOW)
		k->from->knows |= PKTS_SCTP_KNOWS_SURE;
	if (!known || unsent)
		e->next = highest + 1;
	if (sctp_knows(e, PKTS_SCTP_KNOWS_ACKED) && !is_ahead(cumulative, e->acked)) {
		if (e->acked - cumulative > FAR_BEHIND)
			sctp_note(k, PKTS_SESSION_BIT(SCTP_ACK));
		return;
	}
	e->acked = cumulative;
	e->knows |= PKTS_SCTP_KNOWS_TSN | PKTS_SCTP_KNOWS_ACKED;
}
