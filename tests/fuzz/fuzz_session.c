/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The machines of Sessions, driven by a program: 8 bytes of configuration, of which the first chooses
 * the machine, then records of what its step function reads. A state is a plain struct: a copy judges
 * the same, and INVALID leaves it as it was.
 */
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "pkts_icmp_session.h"
#include "pkts_sctp_param.h"
#include "pkts_sctp_session.h"
#include "pkts_tcp_session.h"
#include "pkts_udp_session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEAD 8

/* One record of a machine's program, of `len` bytes, on a state of zeros at first. */
struct machine {
	const char *name;
	uint8_t len;
	void (*step)(void *state, const uint8_t *head, const uint8_t *record, uint64_t now);
};

static void demand_told(struct pkts_judgement j)
{
	DEMAND((unsigned)j.validity <= PKTS_INVALID);
	DEMAND(j.validity == PKTS_VALID || j.events);
	DEMAND(j.events >> PKTS_SESSION_EVENT_MAX == 0);
}

/*
 * flags; direction, options, how seq and ack are made; then what is to be added to them. Most segments
 * are near to what the state expects, since others are dull.
 */
static struct pkts_tcp_session_segment tcp_segment(
	const struct pkts_tcp_session *s, unsigned dir, const uint8_t *r)
{
	static const uint8_t usual[] = {PKTS_TCP_ACK, PKTS_TCP_ACK, PKTS_TCP_ACK | PKTS_TCP_PSH,
		PKTS_TCP_SYN, PKTS_TCP_SYN | PKTS_TCP_ACK, PKTS_TCP_FIN | PKTS_TCP_ACK,
		PKTS_TCP_RST, PKTS_TCP_RST | PKTS_TCP_ACK};
	const struct pkts_tcp_session_half *const me = &s->half[dir], *const peer = &s->half[!dir];
	const uint32_t from[] = {me->next, me->isn, peer->acked, peer->edge};
	const uint32_t acks[] = {peer->next, peer->isn + 1, s->others[0] + 1, me->acked};
	const uint32_t shift = r[1] & 0x40 ? 24 : 0;
	struct pkts_tcp_session_segment seg = {
		.seq = from[r[2] & 3] + ((uint32_t)(int32_t)(int8_t)r[3] << shift),
		.ack = acks[r[2] >> 2 & 3] + ((uint32_t)(int32_t)(int8_t)r[4] << shift),
		.len = r[2] >> 4 & 1   ? r[5]
		       : r[2] >> 5 & 1 ? (uint32_t)r[5] << 24
				       : 0,
		.flags = r[0] & 0x80 ? r[0] & 0x7f : usual[r[0] & 7],
		.window = (uint16_t)(r[6] << 8 | r[6]),
		.scale = r[7],
		.options = (uint8_t)(r[1] >> 1 & 0x0f) | (r[0] & 8 ? PKTS_TCP_HAS_TIMESTAMPS : 0) |
			   (r[0] & 0x30 ? 0 : PKTS_TCP_HAS_SIGNATURE & r[1] << 2)};

	if (seg.options & PKTS_TCP_HAS_TIMESTAMPS)
		seg.ts_value = me->ts_recent + (uint32_t)((int8_t)r[7] * (1 << (r[6] & 15)));
	return seg;
}

/* The two ways to begin another connection are one. */
static void demand_restart(const struct pkts_tcp_session *s,
	const struct pkts_tcp_session_conf *conf, unsigned dir,
	const struct pkts_tcp_session_segment *seg, uint64_t now)
{
	struct pkts_tcp_session kept = *s, fresh = {0};
	const struct pkts_judgement j = pkts_tcp_session_validate(&kept, conf, dir, seg, now);
	const bool restarts = pkts_tcp_session_restarts(s, conf, dir, seg);

	DEMAND(restarts == (j.events >> PKTS_SESSION_TCP_REUSED & 1));
	if (!restarts || j.validity == PKTS_INVALID)
		return;
	DEMAND(pkts_tcp_session_validate(&fresh, conf, dir, seg, now).validity == j.validity);
	DEMAND(!memcmp(&fresh, &kept, sizeof(kept)));
}

static void tcp_step(void *state, const uint8_t *head, const uint8_t *record, uint64_t now)
{
	struct pkts_tcp_session *const s = state;
	const struct pkts_tcp_session before = *s;
	struct pkts_tcp_session copy = *s, slow = *s;
	const struct pkts_tcp_session_conf conf = {.receiver = {head[1] % 16, head[2] % 16},
		.no_midstream = head[3] & 1,
		.sees_all = head[3] >> 1 & 1};
	const unsigned dir = record[1] & 1;
	const struct pkts_tcp_session_segment seg = tcp_segment(s, dir, record);
	char history[PKTS_TCP_HISTORY_MAX];

	if (record[0] == 0xff) {
		pkts_tcp_session_set_state(s, (enum pkts_tcp_state)(record[1] % 12));
		return;
	}
	demand_restart(s, &conf, dir, &seg, now);
	const struct pkts_judgement j = pkts_tcp_session_validate(s, &conf, dir, &seg, now);
	const struct pkts_judgement k = pkts_tcp_session_validate(&copy, &conf, dir, &seg, now);
	const struct pkts_judgement l = pkts_tcp_session_validate_any(&slow, &conf, dir, &seg, now);
	demand_told(j);
	DEMAND(j.events == k.events && j.validity == k.validity);
	DEMAND(j.events == l.events && j.validity == l.validity);
	DEMAND(!memcmp(s, &copy, sizeof(copy)) && !memcmp(s, &slow, sizeof(slow)));
	DEMAND(j.validity != PKTS_INVALID || !memcmp(s, &before, sizeof(before)));
	DEMAND(s->state < PKTS_TCP_STATE_MAX || j.validity == PKTS_INVALID);
	DEMAND(pkts_tcp_history(s, history) == strlen(history));
	DEMAND(strlen(pkts_tcp_conn_state(s)) >= 2);
	DEMAND(pkts_tcp_session_timeout_ns(&conf, pkts_tcp_session_timeout_class(s)) > 0);
}

static void udp_step(void *state, const uint8_t *head, const uint8_t *record, uint64_t now)
{
	struct pkts_udp_session *const s = state;
	const struct pkts_udp_session before = *s;
	const struct pkts_udp_session_conf conf = {.port_zero = head[1] & 1};
	uint8_t bytes[PKTS_UDP_HEAD] = {1, 2, record[1], record[1]};
	const struct pkts_udp udp = {bytes, sizeof(bytes), sizeof(bytes)};
	const struct pkts_judgement j =
		pkts_udp_session_validate(s, &conf, record[0] & 1, udp, now);

	demand_told(j);
	DEMAND(j.validity != PKTS_INVALID || !memcmp(s, &before, sizeof(before)));
	pkts_udp_session_quoted(s, record[0] >> 1 & 1);
	DEMAND(!(s->refused & ~s->sent));
	DEMAND(strlen(pkts_udp_conn_state(s, record[0] & 4)) >= 2);
	DEMAND(pkts_udp_session_timeout_class(s) < PKTS_UDP_TIMEOUT_MAX);
}

static void demand_quote(const struct pkts_icmp_message *m)
{
	struct pkts_icmp_quote q;

	if (pkts_icmp_quoted(m, &q) != 0)
		return;
	DEMAND(q.at + q.len <= m->ref.head);
	DEMAND(!q.is_fragment || !(q.has_ports || q.has_number || q.has_type));
	DEMAND(!q.has_ports || q.len >= 4);
	DEMAND(!q.has_number || q.len >= 8);
	pkts_icmp_error_is_plausible_sctp(&q, 1, 2);
}

/* direction, version, addresses; hop limit; length; how much of it is readable; then the message. */
static void icmp_step(void *state, const uint8_t *head, const uint8_t *r, uint64_t now)
{
	static const uint8_t addresses[4][16] = {{0}, {0xfe, 0x80}, {0xff, 2}, {0x20, 1}};
	struct pkts_icmp_session *const s = state;
	const struct pkts_icmp_session before = *s;
	const struct pkts_icmp_session_conf conf = {.any_hop_limit = head[1] & 1};
	const uint32_t len = 8 + r[2] % 49, readable = 8 + r[3] % (len - 7);
	uint8_t *const bytes = malloc(readable);
	const struct pkts_icmp_message m = {
		.ref = {bytes, readable, len},
		.src = r[0] & 4 ? addresses[r[0] >> 3 & 3] : NULL,
		.dst = r[0] & 32 ? addresses[r[0] >> 6 & 3] : NULL,
		.hop_limit = r[1] & 1 ? 255 : r[1],
		.v6 = r[0] & 2,
	};
	struct pkts_judgement j;

	memcpy(bytes, r + 4, readable);
	j = pkts_icmp_session_validate(s, &conf, r[0] & 1, &m, now);
	demand_told(j);
	DEMAND(j.validity != PKTS_INVALID || !memcmp(s, &before, sizeof(before)));
	DEMAND(!(s->asked & ~s->sent));
	demand_quote(&m);
	pkts_icmp_session_quoted(s, r[0] & 1, r[1] & 1, (uint16_t)(r[2] << 8 | r[3]));
	DEMAND(pkts_icmp_session_timeout_class(s) < PKTS_ICMP_TIMEOUT_MAX);
	free(bytes);
}

static uint32_t sctp_put_chunk(
	uint8_t *p, const struct pkts_sctp_session *s, const uint8_t *r, unsigned i)
{
	static const uint8_t usual[] = {
		0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 15, 64, 193, 128, 192};
	static const uint8_t lengths[] = {
		16, 20, 28, 16, 8, 8, 4, 8, 4, 4, 8, 4, 4, 8, 24, 24, 8, 8};
	const unsigned k = r[2 + i] % PKTS_ARRAY_LEN(usual);
	const struct pkts_sctp_end *const from = &s->ends[r[0] & 1], *const to =
									     &s->ends[~r[0] & 1];
	const uint32_t base = usual[k] == 3 || usual[k] == 7 ? to->next - 1 : from->next;
	const uint32_t number = base + ((uint32_t)(int8_t)r[5 + i] << (r[1] & 0x40 ? 24 : 0));
	uint32_t len = lengths[k] + (usual[k] == 0 || usual[k] == 64);

	memset(p, 0, 32);
	p[0] = r[2 + i] & 0x80 ? r[2 + i] : usual[k];
	p[1] = r[1] & 3;
	pkts_put_be16(p + 2, (uint16_t)len);
	pkts_put_be32(
		p + 4, usual[k] == 1 || usual[k] == 2 ? pkts_be32(r + 8) & 0x070707ff : number);
	if (usual[k] == 1 || usual[k] == 2) {
		pkts_put_be32(p + 8, 65536);
		pkts_put_be32(p + 12, 0x00020002);
		pkts_put_be32(p + 16, number);
		pkts_put_be32(p + 20, 0x00070008);
		p[24] = r[5 + i] & 3;
	} else if (usual[k] == 10) {
		pkts_put_be32(p + 4, (uint32_t)(r[5 + i] & 3) << 24);
	} else if (usual[k] == 193) {
		pkts_put_be32(p + 8, 0xc0010010);
		pkts_put_be32(p + 16, 0x00050008);
		pkts_put_be32(p + 20, pkts_be32(r + 8));
	}
	len += -len & 3;
	return len;
}

/* Every address that a packet brings is all in it, and there are not more than fit. */
static void demand_addresses(struct pkts_ref packet)
{
	struct pkts_sctp_chunks it = pkts_sctp_chunks(packet);
	struct pkts_sctp_chunk chunk;
	struct pkts_sctp_address a;
	uint32_t n = 0;

	while (pkts_sctp_chunk_next(&it, &chunk)) {
		struct pkts_sctp_addresses list = pkts_sctp_addresses(chunk);
		while (pkts_sctp_addresses_next(&list, &a)) {
			DEMAND(a.ip >= packet.p && a.ip + a.len <= packet.p + packet.head);
			DEMAND(!(a.any && a.unicast));
			n++;
		}
	}
	DEMAND(n * 8 <= packet.len);
}

/* direction, which tag; flags; three types; three numbers; four bytes; how many chunks; how many
 * bytes are not readable; a byte that is changed, and to what. */
static void sctp_step(void *state, const uint8_t *head, const uint8_t *r, uint64_t now)
{
	struct pkts_sctp_session *const s = state;
	const struct pkts_sctp_session before = *s;
	struct pkts_sctp_session copy = *s;
	const struct pkts_sctp_session_conf conf = {.tsn_window = head[1], .key = {head[2]}};
	const struct pkts_sctp_end *const from = &s->ends[r[0] & 1], *const to =
									     &s->ends[~r[0] & 1];
	const uint32_t tags[] = {to->tag, from->tag, to->init_tag, to->offer.tag, from->peer,
		to->peer, 0, pkts_be32(r + 8)};
	uint8_t bytes[128] = {0}, *exact;
	uint32_t len = 12, readable;
	struct pkts_judgement j, k;

	pkts_put_be32(bytes + 4, tags[r[0] >> 1 & 7]);
	for (unsigned i = 0; i <= r[12] % 3u; i++)
		len += sctp_put_chunk(bytes + len, s, r, i);
	if (r[1] & 0x80)
		bytes[r[14] % len] = r[15];
	readable = len - PKTS_MIN(len, r[13] & 0x80 ? r[13] & 0x7fu : 0u);
	exact = malloc(readable ? readable : 1);
	memcpy(exact, bytes, readable);
	const struct pkts_ref ref = {exact, readable, len};
	pkts_sctp_session_owns(s, r[0] & 1, ref);
	DEMAND(!memcmp(s, &before, sizeof(before)));
	j = pkts_sctp_session_validate(s, &conf, r[0] & 1, ref, now);
	k = pkts_sctp_session_validate(&copy, &conf, r[0] & 1, ref, now);
	demand_told(j);
	DEMAND(j.events == k.events && j.validity == k.validity && !memcmp(s, &copy, sizeof(copy)));
	DEMAND(j.validity != PKTS_INVALID || !memcmp(s, &before, sizeof(before)));
	DEMAND(s->ends[0].state < PKTS_SCTP_STATE_MAX && s->ends[1].state < PKTS_SCTP_STATE_MAX);
	DEMAND(pkts_sctp_session_timeout_class(s) < PKTS_SCTP_TIMEOUT_MAX);
	DEMAND(pkts_sctp_session_is_over(s) == (s->ending != PKTS_SCTP_NOT_ENDED));
	demand_addresses(ref);
	free(exact);
}

static const struct machine machines[] = {
	{"tcp", 8, tcp_step},
	{"udp", 2, udp_step},
	{"icmp", 60, icmp_step},
	{"sctp", 16, sctp_step},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t state[64] = {0}, now = 0;
	const struct machine *m;

	if (size < HEAD)
		return 0;
	m = &machines[data[0] % PKTS_ARRAY_LEN(machines)];
	for (size_t at = HEAD; at + m->len <= size; at += m->len) {
		now += (uint64_t)data[7] << (data[at] % 48);
		m->step(state, data, data + at, now);
	}
	return 0;
}
