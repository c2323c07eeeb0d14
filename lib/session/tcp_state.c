/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* States of the TCP machine by themselves: names, timeouts, explicit transitions; and options. */
#include "tcp.h"

#define SECOND UINT64_C(1000000000)

static const struct {
	const char *name;
	enum pkts_tcp_timeout timeout;
} rows[PKTS_TCP_STATE_MAX] = {
	[PKTS_TCP_STATE_NONE] = {"none", PKTS_TCP_TIMEOUT_EMBRYONIC},
	[PKTS_TCP_STATE_SYN_SENT] = {"syn_sent", PKTS_TCP_TIMEOUT_EMBRYONIC},
	[PKTS_TCP_STATE_SYN_RECEIVED] = {"syn_recv", PKTS_TCP_TIMEOUT_EMBRYONIC},
	[PKTS_TCP_STATE_ESTABLISHED] = {"established", PKTS_TCP_TIMEOUT_ESTABLISHED},
	[PKTS_TCP_STATE_FIN_WAIT_1] = {"fin_wait1", PKTS_TCP_TIMEOUT_CLOSING},
	[PKTS_TCP_STATE_FIN_WAIT_2] = {"fin_wait2", PKTS_TCP_TIMEOUT_CLOSING},
	[PKTS_TCP_STATE_CLOSING] = {"closing", PKTS_TCP_TIMEOUT_CLOSING},
	[PKTS_TCP_STATE_LAST_ACK] = {"last_ack", PKTS_TCP_TIMEOUT_CLOSING},
	[PKTS_TCP_STATE_TIME_WAIT] = {"time_wait", PKTS_TCP_TIMEOUT_CLOSED},
	[PKTS_TCP_STATE_RESET] = {"closed", PKTS_TCP_TIMEOUT_CLOSED},
};

static unsigned index_of(unsigned state)
{
	return state < PKTS_TCP_STATE_MAX ? state : PKTS_TCP_STATE_NONE;
}

const char *pkts_tcp_state_name(enum pkts_tcp_state state)
{
	return rows[index_of(state)].name;
}

enum pkts_tcp_timeout pkts_tcp_session_timeout_class(const struct pkts_tcp_session *s)
{
	return rows[index_of(s->state)].timeout;
}

uint64_t pkts_tcp_session_timeout_ns(
	const struct pkts_tcp_session_conf *conf, enum pkts_tcp_timeout timeout)
{
	static const uint32_t seconds[PKTS_TCP_TIMEOUT_MAX] = {
		[PKTS_TCP_TIMEOUT_EMBRYONIC] = 60,
		[PKTS_TCP_TIMEOUT_ESTABLISHED] = 3600,
		[PKTS_TCP_TIMEOUT_CLOSING] = 60,
		[PKTS_TCP_TIMEOUT_CLOSED] = 10,
	};

	if ((unsigned)timeout >= PKTS_TCP_TIMEOUT_MAX)
		timeout = PKTS_TCP_TIMEOUT_EMBRYONIC;
	if (conf && conf->timeout_s[timeout])
		return conf->timeout_s[timeout] * SECOND;
	return seconds[timeout] * SECOND;
}

bool pkts_tcp_session_is_over(const struct pkts_tcp_session *s)
{
	return over(s);
}

void pkts_tcp_session_set_state(struct pkts_tcp_session *s, enum pkts_tcp_state state)
{
	if ((unsigned)state >= PKTS_TCP_STATE_MAX)
		return;
	s->state = (uint8_t)state;
	for (unsigned d = 0; d < 2 && state < PKTS_TCP_STATE_FIN_WAIT_1; d++)
		s->half[d].bits &= (uint16_t)~FIN;
}

void pkts_tcp_session_close(struct pkts_tcp_session *s)
{
	s->state = PKTS_TCP_STATE_RESET;
}

void pkts_tcp_session_set_originator(struct pkts_tcp_session *s, unsigned dir)
{
	s->opener &= (uint8_t)~PKTS_TCP_OPENER_ORIGINATOR;
	s->opener |= PKTS_TCP_OPENER_TOLD | (dir & 1 ? PKTS_TCP_OPENER_ORIGINATOR : 0);
}

unsigned pkts_tcp_session_originator(const struct pkts_tcp_session *s)
{
	return (s->opener & PKTS_TCP_OPENER_ORIGINATOR) != 0;
}

static void read_option(struct pkts_tcp_session_segment *seg, const struct pkts_tlv *option)
{
	static const struct {
		uint8_t kind, len, has; /* len: of the data; 0: any */
	} known[] = {{PKTS_TCP_OPTION_MSS, 2, PKTS_TCP_HAS_MSS},
		{PKTS_TCP_OPTION_WINDOW_SCALE, 1, PKTS_TCP_HAS_SCALE},
		{PKTS_TCP_OPTION_SACK_PERMITTED, 0, PKTS_TCP_HAS_SACK_PERMITTED},
		{PKTS_TCP_OPTION_TIMESTAMPS, 8, PKTS_TCP_HAS_TIMESTAMPS},
		{PKTS_TCP_OPTION_MD5, 0, PKTS_TCP_HAS_SIGNATURE},
		{PKTS_TCP_OPTION_AO, 0, PKTS_TCP_HAS_SIGNATURE},
		{PKTS_TCP_OPTION_MPTCP, 0, PKTS_TCP_HAS_MPTCP},
		{PKTS_TCP_OPTION_FAST_OPEN, 0, PKTS_TCP_HAS_FAST_OPEN}};

	for (unsigned i = 0; i < PKTS_ARRAY_LEN(known); i++)
		if (option->type == known[i].kind && (!known[i].len || option->len == known[i].len))
			seg->options |= known[i].has;
}

/* The values of those that read_option() knows by their length. */
static void read_value(struct pkts_tcp_session_segment *seg, const struct pkts_tlv *option)
{
	if (option->type == PKTS_TCP_OPTION_MSS && option->len == 2) {
		seg->mss = pkts_be16(option->data);
	} else if (option->type == PKTS_TCP_OPTION_WINDOW_SCALE && option->len == 1) {
		seg->scale = option->data[0];
	} else if (option->type == PKTS_TCP_OPTION_TIMESTAMPS && option->len == 8) {
		seg->ts_value = pkts_be32(option->data);
		seg->ts_echo = pkts_be32(option->data + 4);
	}
}

void pkts_tcp_session_read_options(struct pkts_tcp_session_segment *seg, struct pkts_tcp tcp)
{
	struct pkts_tlv_iter it = pkts_tcp_options(tcp);
	struct pkts_tlv option;

	while (pkts_tcp_option_next(&it, &option)) {
		read_option(seg, &option);
		read_value(seg, &option);
	}
}
