/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Queries and their replies: which sequence numbers were asked for, and answered. */
#include "icmp.h"

#define WINDOW 16 /* sequence numbers that a conversation remembers */

/* How far behind the newest request a sequence number is; above INT16_MAX: ahead of it. */
static uint16_t behind(const struct pkts_icmp_requests *r, uint16_t seq)
{
	return (uint16_t)(r->top - seq);
}

static uint16_t shifted(uint16_t bits, uint16_t n)
{
	return n < WINDOW ? (uint16_t)(bits << n) : 0;
}

/* Nothing is known of the numbers below one that is the first. */
static void start(struct pkts_icmp_requests *r, uint16_t seq)
{
	*r = (struct pkts_icmp_requests){.top = seq, .asked = 1, .answered = (uint16_t)~1u};
}

void pkts_icmp_session_request(struct pkts_icmp_session *s, unsigned dir, uint16_t seq)
{
	struct pkts_icmp_requests *const r = &s->requests[dir & 1];
	const uint8_t bit = (uint8_t)(1u << (dir & 1));
	const uint16_t old = behind(r, seq);

	if (!(s->asked & bit) || (old >= WINDOW && old <= INT16_MAX)) {
		start(r, seq); /* far behind: not all programs count upwards */
	} else if (old < WINDOW) {
		r->asked |= (uint16_t)(1u << old);
		r->answered &= (uint16_t) ~(1u << old);
	} else {
		r->asked = shifted(r->asked, (uint16_t)-old) | 1;
		r->answered = shifted(r->answered, (uint16_t)-old);
		r->top = seq;
	}
	s->asked |= bit;
}

/* What is known of the number that is `old` behind the newest one. Asked and answered: a bit each. */
static enum pkts_icmp_answer known(const struct pkts_icmp_requests *r, uint16_t old)
{
	static const uint8_t answers[] = {PKTS_ICMP_ANSWER_UNASKED, PKTS_ICMP_ANSWER_FIRST,
		PKTS_ICMP_ANSWER_UNKNOWN, PKTS_ICMP_ANSWER_DUPLICATE};

	if (old > INT16_MAX)
		return PKTS_ICMP_ANSWER_UNASKED;
	if (old >= WINDOW)
		return PKTS_ICMP_ANSWER_UNKNOWN;
	return (enum pkts_icmp_answer)
		answers[(r->asked >> old & 1) | (r->answered >> old & 1) << 1];
}

enum pkts_icmp_answer pkts_icmp_session_reply(
	struct pkts_icmp_session *s, unsigned dir, uint16_t seq)
{
	struct pkts_icmp_requests *const r = &s->requests[!(dir & 1)];
	const uint16_t old = behind(r, seq);
	enum pkts_icmp_answer answer;

	if (!(s->asked >> !(dir & 1) & 1))
		return PKTS_ICMP_ANSWER_UNASKED;
	answer = known(r, old);
	if (answer == PKTS_ICMP_ANSWER_FIRST)
		r->answered |= (uint16_t)(1u << old);
	return answer;
}

bool pkts_icmp_session_quoted(
	struct pkts_icmp_session *s, unsigned dir, bool is_request, uint16_t seq)
{
	const struct pkts_icmp_requests *const r = &s->requests[dir & 1];
	const uint8_t bit = (uint8_t)(1u << (dir & 1));

	if (!(s->sent & bit))
		return false;
	if (is_request &&
		(!(s->asked & bit) || known(r, behind(r, seq)) == PKTS_ICMP_ANSWER_UNASKED))
		return false;
	s->refused |= bit;
	return true;
}

/* What of a request or reply depends on those before it. */
static uint64_t pair(struct pkts_icmp_session *s, unsigned dir, struct pkts_icmp_type type,
	const struct pkts_icmp_message *message)
{
	static const uint64_t events[] = {
		[PKTS_ICMP_ANSWER_DUPLICATE] = PKTS_SESSION_BIT(ICMP_REPLY_DUPLICATE),
		[PKTS_ICMP_ANSWER_UNASKED] = PKTS_SESSION_BIT(ICMP_REPLY_UNASKED),
		[PKTS_ICMP_ANSWER_UNKNOWN] = 0,
	};
	const uint16_t seq = pkts_be16(message->ref.p + 6);

	if (!type.paired)
		return 0;
	if (type.purpose == PKTS_ICMP_CLASS_REPLY)
		return events[pkts_icmp_session_reply(s, dir, seq)];
	pkts_icmp_session_request(s, dir, seq);
	return 0;
}

struct pkts_judgement pkts_icmp_session_validate(struct pkts_icmp_session *s,
	const struct pkts_icmp_session_conf *conf, unsigned dir,
	const struct pkts_icmp_message *message, uint64_t now_ns)
{
	struct pkts_judgement j = pkts_icmp_message_validate(conf, message);
	uint64_t events;

	(void)now_ns;
	if (j.validity == PKTS_INVALID)
		return j;
	events = pair(s, dir, pkts_icmp_type_of(message->ref.p[0], message->v6), message);
	if (events)
		j = (struct pkts_judgement){j.events | events, PKTS_SUSPECT};
	s->sent |= (uint8_t)(1u << (dir & 1));
	s->state = s->sent == 3 ? PKTS_ICMP_STATE_REPLIED : PKTS_ICMP_STATE_ASKED;
	return j;
}

bool pkts_icmp_session_is_over(const struct pkts_icmp_session *s)
{
	(void)s;
	return false;
}

enum pkts_icmp_timeout pkts_icmp_session_timeout_class(const struct pkts_icmp_session *s)
{
	return s->state == PKTS_ICMP_STATE_REPLIED ? PKTS_ICMP_TIMEOUT_ESTABLISHED
						   : PKTS_ICMP_TIMEOUT_NEW;
}

const char *pkts_icmp_session_name(const struct pkts_icmp_session *s)
{
	return s->state == PKTS_ICMP_STATE_REPLIED ? "established" : "new";
}

const char *pkts_icmp_conn_state(const struct pkts_icmp_session *s)
{
	(void)s;
	return "OTH";
}
