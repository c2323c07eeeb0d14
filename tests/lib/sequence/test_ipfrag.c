/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Fragments in, datagrams out: the fixed sequences, and everything that a fragment can get wrong. */
#include <stdlib.h>
#include <string.h>

#include "fragments.h"
#include "pkts_checksum.h"
#include "pkts_index.h"
#include "row.h"

#define BIT(EVENT)  (UINT64_C(1) << PKTS_SEQ_##EVENT)
#define ANY_OVERLAP (BIT(OVERLAP) | BIT(CONFLICT))

static struct fixture x;
static struct made m;

static struct pkts_ipfrag_conf with_policy(enum pkts_ip_policy policy)
{
	return (struct pkts_ipfrag_conf){.policy4 = policy, .policy6 = policy};
}

/*
 * Reads one fragment of a text: "A24+16" is 16 bytes "AAA..." at 24, with a full stop the last one.
 */
static bool next_piece(const char **text, struct piece_spec *s)
{
	char *end;

	while (**text == ' ')
		++*text;
	if (!**text)
		return false;
	*s = (struct piece_spec){.label = **text};
	s->off = (uint32_t)strtoul(*text + 1, &end, 10);
	s->len = (uint32_t)strtoul(end + 1, &end, 10);
	s->last = *end == '.';
	*text = end + s->last;
	return true;
}

/* The datagram fetched last, a letter for each 8 bytes that are the same; '?' if they are not. */
static const char *units(void)
{
	static char text[8200];
	const uint8_t *const p = x.out + x.out_len - x.datagram.len;
	uint32_t n = 0;

	for (uint32_t at = 0; at < x.datagram.len; at += 8) {
		text[n] = (char)p[at];
		for (uint32_t k = at; k < at + 8 && k < x.datagram.len; k++)
			if (p[k] != p[at])
				text[n] = '?';
		n++;
	}
	text[n] = 0;
	return text;
}

/* Puts a text's fragments; the verdict of the last one, and all events. */
static enum pkts_ipfrag_verdict put_text(const char *text, unsigned family, uint64_t *events)
{
	enum pkts_ipfrag_verdict v = PKTS_IPFRAG_PASS;
	struct piece_spec s;

	*events = 0;
	while (next_piece(&text, &s)) {
		s.family = (uint8_t)family;
		v = fixture_piece(&x, s);
		*events |= pkts_ipfrag_events(x.f);
	}
	return v;
}

/* A header that is right: lengths, and IPv4's checksum. */
static void demand_header(const char *name, unsigned family)
{
	const struct pkts_frame f = {x.out, (uint32_t)x.out_len, (uint32_t)x.out_len,
		(uint32_t)x.out_len, family == 6 ? 229 : 228};
	struct pkts_packet packet;

	pkts_decode(NULL, &f, &packet);
	ROW_INT(name, packet.layers[0].len, x.out_len);
	ROW_INT(name, packet.flags & (PKTS_PACKET_FRAGMENT | PKTS_PACKET_FATAL), 0);
	ROW_INT(name, packet.layers[0].reason, PKTS_REASON_NONE);
	if (family == 4)
		ROW_INT(name, pkts_packet_checksum(&packet, 0, NULL), PKTS_CHECKSUM_GOOD);
}

/* Sequences of fragments, and what comes of them; units NULL: nothing. */
struct row {
	const char *name;
	enum pkts_ip_policy policy;
	const char *text, *units;
	uint32_t len;
	uint64_t events; /* that must be raised */
};

static void run_row(const struct row *row, unsigned family)
{
	uint64_t events;

	fixture_begin(&x, with_policy(row->policy));
	const enum pkts_ipfrag_verdict v = put_text(row->text, family, &events);
	ROW_INT(row->name, events & row->events, row->events);
	ROW_INT(row->name, fixture_get(&x), row->units != NULL);
	if (row->units) {
		ROW_INT(row->name, v, PKTS_IPFRAG_READY);
		ROW_INT(row->name, x.datagram.len, row->len);
		ROW_INT(row->name, x.out_len, row->len + (family == 6 ? 40 : 20));
		ROW_TEXT(row->name, units(), row->units);
		demand_header(row->name, family);
		ROW_INT(row->name, x.buffers, 0);
	}
	ROW_TRUE(row->name, fixture_end(&x));
}

static void run_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		run_row(&rows[i], 4);
		run_row(&rows[i], 6);
	}
}

/* Shankar and Paxson's six fragments, 2003. */
static void six_fragments(void **state)
{
	static const char *const text = "a0+24 b32+16 c48+24 d8+32 e48+24 f72+24.";
	static const struct {
		enum pkts_ip_policy policy;
		const char *units;
	} rows[] = {
		{PKTS_IP_FIRST, "aaadbbcccfff"},
		{PKTS_IP_WINDOWS, "aaadbbcccfff"},
		{PKTS_IP_SOLARIS, "aaadbbcccfff"},
		{PKTS_IP_LAST, "addddbeeefff"},
		{PKTS_IP_BSD, "aaaddbcccfff"},
		{PKTS_IP_BSD_RIGHT, "adddbbeeefff"},
		{PKTS_IP_LINUX, "aaaddbeeefff"},
		{PKTS_IP_RFC8200, NULL},
		{PKTS_IP_DROP, NULL},
	};

	(void)state;
	for (size_t i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		const struct row row = {pkts_ip_policy_name(rows[i].policy), rows[i].policy, text,
			rows[i].units, 96,
			rows[i].units ? ANY_OVERLAP & BIT(CONFLICT) : BIT(FRAG_DROPPED)};
		run_rows(&row, 1);
	}
}

/* Novak and Sturges' seventeen, 2007: nothing overlaps before J, nothing is complete before Q. */
static const char seventeen[] = "A0+24 B32+16 C48+24 D80+8 E104+16 F120+24 G144+16 H160+16 I176+8 "
				"J8+32 K48+24 L72+24 M96+24 N128+8 O152+8 P160+8 Q176+16.";

static void seventeen_steps(enum pkts_ip_policy policy, unsigned family, const char *expected)
{
	const char *const name = pkts_ip_policy_name(policy), *text = seventeen;
	struct piece_spec s;

	fixture_begin(&x, with_policy(policy));
	while (next_piece(&text, &s)) {
		s.family = (uint8_t)family;
		const enum pkts_ipfrag_verdict v = fixture_piece(&x, s);
		const uint64_t events = pkts_ipfrag_events(x.f);
		if (s.label < 'J' || expected)
			ROW_INT(name, v, s.label == 'Q' ? PKTS_IPFRAG_READY : PKTS_IPFRAG_HELD);
		else
			ROW_INT(name, v, PKTS_IPFRAG_DROPPED);
		ROW_INT(name, fixture_get(&x), s.label == 'Q' && expected);
		if (s.label < 'J')
			ROW_INT(name, events, 0);
		if (s.label == 'J')
			ROW_TRUE(name, events & BIT(CONFLICT));
		if (s.label >= 'J' && !expected)
			ROW_INT(name, x.buffers, 0);
	}
	if (expected) {
		ROW_INT(name, x.out_len, family == 4 ? 212 : 232);
		ROW_TEXT(name, units(), expected);
		ROW_TRUE(name, x.datagram.events & BIT(CONFLICT));
		demand_header(name, family);
	}
	ROW_INT(name, x.buffers, 0);
	ROW_TRUE(name, fixture_end(&x));
}

static void seventeen_fragments(void **state)
{
	static const struct {
		enum pkts_ip_policy policy;
		const char *units;
	} rows[] = {
		{PKTS_IP_FIRST, "AAAJBBCCCLDLMEEFFFGGHHIQ"},
		{PKTS_IP_WINDOWS, "AAAJBBCCCLLLMEEFFFGGHHIQ"},
		{PKTS_IP_LAST, "AJJJJBKKKLLLMMMFNFGOPHQQ"},
		{PKTS_IP_SOLARIS, "AAAJBBCCCLLLMMMFFFGGHHIQ"},
		{PKTS_IP_BSD, "AAAJJBCCCLLLMMMFFFGGHHIQ"},
		{PKTS_IP_LINUX, "AAAJJBKKKLLLMMMFFFGGPHQQ"},
		{PKTS_IP_BSD_RIGHT, "AJJJBBKKKLDLMEEFNFGOPHQQ"},
		{PKTS_IP_RFC8200, NULL},
		{PKTS_IP_DROP, NULL},
	};

	(void)state;
	for (size_t i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		seventeen_steps(rows[i].policy, 4, rows[i].units);
		seventeen_steps(rows[i].policy, 6, rows[i].units);
	}
}

static void fixed_sequences(void **state)
{
	static const struct row rows[] = {
		{"1: linux", PKTS_IP_LINUX, "A0+24 B40+48 C24+48 D88+14.", "AAACCCCCCBBDD", 102,
			BIT(CONFLICT)},
		{"2: bsd, the end comes first", PKTS_IP_BSD, "A24+16. B8+16 C16+16 D0+8", "DBBCA",
			40, BIT(CONFLICT)},
		{"3: bsd, around", PKTS_IP_BSD, "E8+24. M0+24", "MMME", 32, BIT(CONFLICT)},
		{"5: a hole", PKTS_IP_FIRST, "A16+16 B40+8 C8+16 D0+8 E48+8.", NULL, 0, 0},
		{"6: beyond the end", PKTS_IP_FIRST, "C16+8 A0+8 B8+8.", "AB", 16,
			BIT(FRAG_BEYOND)},
		{"6: likewise", PKTS_IP_RFC8200, "C16+8 A0+8 B8+8.", "AB", 16, BIT(FRAG_BEYOND)},
		{"6: the end first", PKTS_IP_RFC8200, "B8+8. C16+8 A0+8", "AB", 16,
			BIT(FRAG_BEYOND)},
		{"6: across the end", PKTS_IP_LAST, "B8+8. C8+16 A0+8", "AC", 16,
			BIT(FRAG_BEYOND) | BIT(CONFLICT)},
		{"6: across, then the end", PKTS_IP_RFC8200, "C8+24 B16+8. A0+8", NULL, 0,
			BIT(FRAG_BEYOND) | BIT(FRAG_DROPPED)},
		{"6: two ends", PKTS_IP_FIRST, "B8+8. C8+4. A0+8", "AB", 16, BIT(FRAG_BEYOND)},
		{"6: two ends, the later one further", PKTS_IP_LAST, "B8+8. C16+8. A0+8", "AB", 16,
			BIT(FRAG_BEYOND)},
		{"7: nothing at 8", PKTS_IP_RFC8200, "Z8+0. A0+8 B8+8.", "AB", 16, BIT(FRAG_EMPTY)},
		{"7: nothing at 0", PKTS_IP_RFC8200, "Z0+0 A0+8 B8+8.", "AB", 16, BIT(FRAG_EMPTY)},
		{"7: nothing but nothing", PKTS_IP_FIRST, "Z8+0. Z0+0", NULL, 0, BIT(FRAG_EMPTY)},
		{"8: too far", PKTS_IP_FIRST, "Z65528+64. A0+8 B8+8.", "AB", 16,
			BIT(FRAG_TOO_LONG)},
		{"11: twelve first ones", PKTS_IP_RFC8200,
			"A0+8 A0+8 A0+8 A0+8 A0+8 A0+8 A0+8 A0+8 A0+8 A0+8 A0+8 B8+8 C16+8.", "ABC",
			24, BIT(DUPLICATE) | BIT(OVERLAP)},
		{"11: the first twice", PKTS_IP_RFC8200, "B64+64 A0+64 A0+64 D192+64. C128+64",
			"AAAAAAAABBBBBBBBCCCCCCCCDDDDDDDD", 256, BIT(DUPLICATE)},
		{"11: the middle twice", PKTS_IP_RFC8200, "B64+64 D192+64. C128+64 C128+64 A0+64",
			"AAAAAAAABBBBBBBBCCCCCCCCDDDDDDDD", 256, BIT(DUPLICATE)},
		{"11: the last twice", PKTS_IP_RFC8200, "B64+64 D192+64. D192+64. C128+64 A0+64",
			"AAAAAAAABBBBBBBBCCCCCCCCDDDDDDDD", 256, BIT(DUPLICATE)},
		{"11: twice, with other content", PKTS_IP_RFC8200, "A0+8 Z0+8 B8+8.", "AB", 16,
			BIT(DUPLICATE) | BIT(CONFLICT)},
		{"11: twice is too often", PKTS_IP_DROP, "A0+8 A0+8 B8+8.", NULL, 0,
			BIT(FRAG_DROPPED)},
		{"14: tail", PKTS_IP_RFC8200, "A0+600 B296+600.", NULL, 0, BIT(FRAG_DROPPED)},
		{"14: head", PKTS_IP_RFC8200, "A296+600 B0+600", NULL, 0, BIT(FRAG_DROPPED)},
		{"14: contained", PKTS_IP_RFC8200, "A0+600 B200+200", NULL, 0, BIT(FRAG_DROPPED)},
		{"14: around", PKTS_IP_RFC8200, "A200+200 B0+600", NULL, 0, BIT(FRAG_DROPPED)},
		{"14: the rest does not revive it", PKTS_IP_RFC8200, "A0+16 B8+16 C0+8 D8+8.", NULL,
			0, BIT(FRAG_DROPPED)},
		{"15: a middle of 12 bytes", PKTS_IP_RFC8200, "A0+8 Z8+12 B8+8.", "AB", 16,
			BIT(FRAG_LENGTH)},
		{"16: a last one of one byte", PKTS_IP_RFC8200, "B8+1. A0+8", "AB", 9, 0},
		{"a last fragment is whole", PKTS_IP_SOLARIS, "A8+8 B0+8 C8+5.", "BA", 13, 0},
		{"found by others: linux", PKTS_IP_LINUX, "A0+8 B16+16. C0+24", "CCCB", 32, 0},
		{"found by others: last", PKTS_IP_LAST, "A0+8 B16+16. C0+24", "CCCB", 32, 0},
		{"found by others: first", PKTS_IP_FIRST, "A0+8 B16+8 C8+24.", "ACBC", 32, 0},
		{"found by others: bsd", PKTS_IP_BSD, "A0+8 B0+16 C0+16 D8+24.", "ABDD", 32, 0},
		{"found by others: linux stuck", PKTS_IP_LINUX, "A0+8 B8+16 C0+16 D8+24.", "CCDD",
			32, 0},
	};

	(void)state;
	run_rows(rows, PKTS_ARRAY_LEN(rows));
}

/* 4: a datagram of text, so that a shift by 8 would show. */
static void bsd_by_content(void **state)
{
	static const struct piece_spec pieces[] = {
		{.off = 16, .len = 16, .data = (const uint8_t *)"AABBCCDDAABBDDCC"},
		{.off = 8, .len = 16, .data = (const uint8_t *)"AACCBBDDAACCDDBB"},
		{.off = 0, .len = 8, .data = (const uint8_t *)"ZZZZZZZZ"},
		{.off = 32, .len = 8, .data = (const uint8_t *)"DDCCBBAA", .last = true},
	};

	(void)state;
	fixture_begin(&x, with_policy(PKTS_IP_BSD));
	for (size_t i = 0; i < PKTS_ARRAY_LEN(pieces); i++)
		fixture_piece(&x, pieces[i]);
	assert_true(fixture_get(&x));
	assert_int_equal(x.out_len, 60);
	assert_memory_equal(x.out + 20, "ZZZZZZZZAACCBBDDAACCDDBBAABBDDCCDDCCBBAA", 40);
	assert_true(fixture_end(&x));
}

/* 8: as long as can be, and a byte more; the sum may not wrap. */
static void up_to_65535_bytes(void **state)
{
	static const struct {
		uint8_t family, options;
		uint32_t len; /* of the last of two fragments, the first of 65,464 */
		enum pkts_ipfrag_verdict verdict;
	} rows[] = {
		{4, 0, 51, PKTS_IPFRAG_READY}, /* 20 + 65,464 + 51 */
		{4, 0, 52, PKTS_IPFRAG_DROPPED},
		{4, 0, 71, PKTS_IPFRAG_DROPPED},
		{4, 4, 48, PKTS_IPFRAG_DROPPED}, /* options of the first fragment count */
		{4, 4, 47, PKTS_IPFRAG_READY},
		{6, 0, 71, PKTS_IPFRAG_READY},
		{6, 0, 72, PKTS_IPFRAG_DROPPED},
		{6, 8, 64, PKTS_IPFRAG_DROPPED},
		{6, 8, 63, PKTS_IPFRAG_READY},
	};

	(void)state;
	for (size_t i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct piece_spec s = {.family = rows[i].family};
		enum pkts_ipfrag_verdict v = PKTS_IPFRAG_HELD;
		fixture_begin(&x, with_policy(PKTS_IP_RFC8200));
		for (s.off = 0; s.off < 65464; s.off += s.len) {
			s.len = PKTS_MIN(65464 - s.off, 32736u);
			s.options = s.off ? 0 : rows[i].options;
			assert_int_equal(fixture_piece(&x, s), PKTS_IPFRAG_HELD);
		}
		s.len = rows[i].len;
		s.last = true;
		s.options = 0;
		v = fixture_piece(&x, s);
		assert_int_equal(v, rows[i].verdict);
		assert_int_equal(fixture_get(&x), v == PKTS_IPFRAG_READY);
		if (v == PKTS_IPFRAG_READY)
			demand_header("65535", rows[i].family);
		else
			assert_true(pkts_ipfrag_events(x.f) & BIT(FRAG_TOO_LONG));
		assert_true(fixture_end(&x));
	}
}

/* 10: CVE-2024-37151; a late duplicate opens a datagram that times out. */
static void an_id_can_be_used_again(void **state)
{
	uint64_t events;

	(void)state;
	fixture_begin(&x, with_policy(PKTS_IP_RFC8200));
	assert_int_equal(put_text("A0+8 B8+8.", 4, &events), PKTS_IPFRAG_READY);
	assert_int_equal(put_text("C0+8 D8+8.", 4, &events), PKTS_IPFRAG_READY);
	assert_true(fixture_get(&x));
	assert_string_equal(units(), "AB");
	assert_true(fixture_get(&x));
	assert_string_equal(units(), "CD");
	assert_int_equal(put_text("B8+8.", 4, &events), PKTS_IPFRAG_HELD);
	assert_int_equal(pkts_ipfrag_expire(x.f, x.now + 29999999999), 0);
	assert_int_equal(pkts_ipfrag_expire(x.f, x.now + 30000000000), 1);
	assert_int_equal(pkts_ipfrag_events(x.f), BIT(TIMEOUT));
	assert_int_equal(x.buffers, 0);
	assert_int_equal(pkts_ipfrag_stats(x.f).events[PKTS_SEQ_TIMEOUT], 1);
	assert_true(fixture_end(&x));
}

/* 13, and a datagram whose time is over when its own next fragment comes. */
static void time_is_up(void **state)
{
	uint64_t events;

	(void)state;
	fixture_begin(&x, (struct pkts_ipfrag_conf){.timeout_ns = 100});
	put_text("A0+64 B128+64.", 4, &events);
	assert_int_equal(x.buffers, 2);
	x.now += 100;
	assert_int_equal(put_text("C64+64", 4, &events), PKTS_IPFRAG_HELD);
	assert_true(events & BIT(TIMEOUT));
	assert_int_equal(x.buffers, 1);
	x.now -= 5000; /* a clock that goes back ends nothing */
	assert_int_equal(pkts_ipfrag_expire(x.f, x.now), 0);
	x.now += 5099;
	assert_int_equal(pkts_ipfrag_expire(x.f, x.now), 0);
	assert_int_equal(pkts_ipfrag_expire(x.f, x.now + 1), 1);
	assert_int_equal(x.buffers, 0);
	assert_true(fixture_end(&x));
}

/* What is given up lets its fragments go at once, and what is left of it is dropped for a while. */
static void a_dropped_datagram_stays_dropped(void **state)
{
	uint64_t events;

	(void)state;
	fixture_begin(&x, with_policy(PKTS_IP_RFC8200));
	assert_int_equal(put_text("A0+16 B8+16", 6, &events), PKTS_IPFRAG_DROPPED);
	assert_int_equal(x.buffers, 0);
	assert_int_equal(put_text("A0+16 B16+8.", 6, &events), PKTS_IPFRAG_DROPPED);
	assert_int_equal(pkts_ipfrag_stats(x.f).dropped, 3);
	x.now += 30000000000;
	/* for as long again as it would have waited */
	put_text("A0+16", 6, &events);
	x.now += 29999999999;
	assert_int_equal(put_text("B8+16", 6, &events), PKTS_IPFRAG_DROPPED);
	x.now += 29999999999;
	assert_int_equal(put_text("A0+16", 6, &events), PKTS_IPFRAG_DROPPED);
	x.now += 1;
	assert_int_equal(put_text("A0+16 B16+8.", 6, &events), PKTS_IPFRAG_READY);
	assert_true(fixture_end(&x));
}

/* What lies behind the end is refused, not kept; and the fragment that completes may be the odd one. */
static void verdicts_and_events_of_the_last_step(void **state)
{
	uint64_t events;

	(void)state;
	fixture_begin(&x, with_policy(PKTS_IP_FIRST));
	assert_int_equal(put_text("B8+8. C16+8", 4, &events), PKTS_IPFRAG_DROPPED);
	assert_int_equal(put_text("A0+16", 4, &events), PKTS_IPFRAG_READY);
	assert_true(fixture_get(&x));
	assert_int_equal(x.datagram.events, BIT(FRAG_BEYOND) | BIT(CONFLICT));
	assert_true(fixture_end(&x));
}

/* A datagram is over when its time is, even if others have to be cleared away first. */
static void time_is_up_behind_others(void **state)
{
	struct piece_spec first = {.len = 8}, rest = {.id = 20, .len = 8, .last = true};

	(void)state;
	for (unsigned k = 0; k < 4; k++) {
		first.family = rest.family = k & 1 ? 6 : 4;
		first.len = rest.off = k & 2 ? 64 : 8;
		fixture_begin(&x, (struct pkts_ipfrag_conf){.timeout_ns = 100});
		for (first.id = 1; first.id <= 20; first.id++)
			fixture_piece(&x, first);
		x.now += 100;
		assert_int_equal(fixture_piece(&x, rest), PKTS_IPFRAG_HELD);
		assert_int_equal(pkts_ipfrag_events(x.f), BIT(TIMEOUT));
		assert_int_equal(x.buffers, 16);
		assert_true(fixture_end(&x));
	}
}

/* 16: options of the first fragment only; DF and MF both; padding. */
static void headers_of_ipv4(void **state)
{
	static const struct piece_spec pieces[] = {
		{.off = 16, .len = 4, .last = true, .padding = 22},
		{.off = 8, .len = 8, .df = true, .options = 4, .padding = 2},
		{.off = 0, .len = 8, .df = true, .options = 40, .padding = 18},
	};

	(void)state;
	fixture_begin(&x, with_policy(PKTS_IP_RFC8200));
	for (size_t i = 0; i < PKTS_ARRAY_LEN(pieces); i++)
		fixture_piece(&x, pieces[i]);
	assert_true(fixture_get(&x));
	assert_int_equal(x.out_len, 60 + 20);
	demand_header("options", 4);
	assert_int_equal(x.out[0], 0x4f);
	assert_int_equal(pkts_be16(x.out + 6), 0x4000);
	for (uint32_t i = 0; i < 20; i++)
		assert_int_equal(x.out[60 + i], made_byte(&pieces[0], i));
	assert_true(fixture_end(&x));
}

/* 15: the first fragment's extension headers count, and its next header (RFC 8200 4.5). */
static void headers_of_ipv6(void **state)
{
	static const struct piece_spec pieces[] = {
		{.family = 6, .off = 16, .len = 4, .last = true, .protocol = 17},
		{.family = 6, .off = 8, .len = 8, .options = 40, .protocol = 6},
		{.family = 6, .off = 0, .len = 8, .options = 16, .protocol = 253},
	};

	(void)state;
	fixture_begin(&x, with_policy(PKTS_IP_RFC8200));
	for (size_t i = 0; i < PKTS_ARRAY_LEN(pieces); i++)
		fixture_piece(&x, pieces[i]);
	assert_true(fixture_get(&x));
	assert_int_equal(x.datagram.protocol, 253);
	assert_int_equal(x.out_len, 40 + 16 + 20);
	demand_header("extension headers", 6);
	assert_int_equal(x.out[6], PKTS_IPPROTO_DSTOPTS);
	assert_int_equal(x.out[40], 253);
	for (uint32_t i = 0; i < 20; i++)
		assert_int_equal(x.out[56 + i], made_byte(&pieces[0], i));
	assert_true(fixture_end(&x));
}

/* The same with each header that can stand there. */
static void every_header_in_front_of_the_fragment_header(void **state)
{
	static const uint8_t headers[] = {PKTS_IPPROTO_HOPOPTS, PKTS_IPPROTO_ROUTING,
		PKTS_IPPROTO_DSTOPTS, PKTS_IPPROTO_MOBILITY, PKTS_IPPROTO_HIP, PKTS_IPPROTO_SHIM6};

	(void)state;
	for (size_t i = 0; i < sizeof(headers); i++) {
		fixture_begin(&x, with_policy(PKTS_IP_RFC8200));
		const struct piece_spec last = {
			.family = 6, .off = 8, .len = 4, .last = true, .header = headers[i]};
		const struct piece_spec first = {
			.family = 6, .len = 8, .options = 40, .header = headers[i]};
		fixture_piece(&x, last);
		fixture_piece(&x, first);
		assert_true(fixture_get(&x));
		assert_int_equal(x.out_len, 40 + 40 + 12);
		assert_int_equal(x.out[6], headers[i] ? headers[i] : PKTS_IPPROTO_DSTOPTS);
		assert_int_equal(x.out[40], 253);
		assert_true(fixture_end(&x));
	}
}

/* Room for the header, for the packet, and for a byte less than either. */
static void copies_as_far_as_there_is_room(void **state)
{
	struct pkts_datagram d;
	uint8_t to[64];
	uint64_t events;

	(void)state;
	fixture_begin(&x, with_policy(PKTS_IP_RFC8200));
	put_text("A0+8 B8+5.", 6, &events);
	assert_true(pkts_ipfrag_get(x.f, &d));
	assert_int_equal(pkts_datagram_header(&d, to, 39), -PKTS_ENOSPC);
	assert_int_equal(pkts_datagram_header(&d, to, 40), 40);
	assert_int_equal(pkts_datagram_copy(&d, to, 52), -PKTS_ENOSPC);
	assert_int_equal(pkts_datagram_copy(&d, to, 53), 53);
	assert_int_equal(d.header.len, 48);
	assert_int_equal(d.fragments, 2);
	pkts_ipfrag_free(x.f, &d);
	pkts_ipfrag_free(x.f, &d);
	assert_true(fixture_end(&x));
}

static void what_is_no_fragment_passes(void **state)
{
	(void)state;
	fixture_begin(&x, with_policy(PKTS_IP_RFC8200));
	assert_int_equal(
		fixture_piece(&x, (struct piece_spec){.len = 8, .last = true}), PKTS_IPFRAG_PASS);
	/* RFC 6946: an atomic one is processed alone, whatever waits under its id */
	fixture_piece(&x, (struct piece_spec){.family = 6, .len = 8});
	const struct piece_spec atomic = {.family = 6, .len = 8, .last = true};
	made_piece(&m, &atomic);
	struct buffer *const b = buffer_new(&x, &m);
	assert_int_equal(b->layer, -1);
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(
			pkts_ipfrag_put(x.f, &b->packet, i, &b->piece, x.now), PKTS_IPFRAG_PASS);
		assert_int_equal(pkts_ipfrag_events(x.f), i == 1 ? BIT(FRAG_ATOMIC) : 0);
	}
	buffer_unref(b);
	assert_int_equal(x.buffers, 1);
	assert_true(fixture_end(&x));
}

/* A fragment that an ICMP error quotes is none. */
static void quotations_are_left_alone(void **state)
{
	const struct piece_spec s = {.len = 8};

	(void)state;
	fixture_begin(&x, with_policy(PKTS_IP_RFC8200));
	made_piece(&m, &s);
	made_be32(&m, 0);
	made_be32(&m, 0x03010000);
	made_ipv4(&m, 3, 4, PKTS_IPPROTO_ICMP);
	struct buffer *const b = buffer_new(&x, &m);
	assert_int_equal(b->packet.n, 3);
	assert_int_equal(b->layer, -1);
	buffer_unref(b);
	assert_true(fixture_end(&x));
}

/* A capture that holds less than was sent. */
static enum pkts_ipfrag_verdict put_cut(const struct piece_spec *s, uint32_t missing)
{
	made_piece(&m, s);
	struct buffer *const b = buffer_new(&x, &m);
	const uint32_t n = b->n - missing;
	const struct pkts_frame f = {b->bytes, n, n, b->n, m.link};
	const struct pkts_piece piece = {b->piece.p, b->piece.len - missing, 0, b};
	struct pkts_packet packet;

	pkts_decode(NULL, &f, &packet);
	const enum pkts_ipfrag_verdict v =
		pkts_ipfrag_put(x.f, &packet, (unsigned)b->layer, &piece, x.now);
	buffer_unref(b);
	return v;
}

/* A whole packet, of which the caller had only the front at hand. */
static enum pkts_ipfrag_verdict put_front(const struct piece_spec *s, uint32_t missing)
{
	made_piece(&m, s);
	struct buffer *const b = buffer_new(&x, &m);
	const struct pkts_piece piece = {b->piece.p, b->piece.len - missing, 0, b};
	const enum pkts_ipfrag_verdict v =
		pkts_ipfrag_put(x.f, &b->packet, (unsigned)b->layer, &piece, x.now);

	buffer_unref(b);
	return v;
}

static void cut_fragments(void **state)
{
	const struct piece_spec s = {.len = 64};

	(void)state;
	fixture_begin(&x, with_policy(PKTS_IP_RFC8200));
	for (uint32_t missing = 1; missing <= 64; missing++) {
		assert_int_equal(put_cut(&s, missing), PKTS_IPFRAG_DROPPED);
		assert_int_equal(pkts_ipfrag_events(x.f), BIT(FRAG_CUT));
	}
	assert_true(fixture_end(&x));
}

/* Fragments that would only have to be added to the datagram of the one before, were they right. */
static const struct odd_one {
	const char *name;
	uint32_t off; /* up to here the datagram is there */
	struct piece_spec s;
	uint32_t missing;
	enum pkts_ipfrag_verdict (*put)(const struct piece_spec *s, uint32_t missing);
	uint64_t event;
} odd_ones[] = {
	{"cut", 24, {.len = 64, .last = true}, 1, put_cut, BIT(FRAG_CUT)},
	{"cut, all of it", 24, {.len = 64, .last = true}, 64, put_cut, BIT(FRAG_CUT)},
	{"cut behind whole units", 24, {.len = 64}, 8, put_cut, BIT(FRAG_CUT)},
	{"half at hand", 24, {.len = 64, .last = true}, 32, put_front, BIT(FRAG_CUT)},
	{"nothing at hand", 24, {.len = 64}, 64, put_front, BIT(FRAG_CUT)},
	{"empty", 24, {.len = 0}, 0, put_cut, BIT(FRAG_EMPTY)},
	{"empty, the last", 24, {.len = 0, .last = true}, 0, put_cut, BIT(FRAG_EMPTY)},
	{"12 bytes", 24, {.len = 12}, 0, put_cut, BIT(FRAG_LENGTH)},
	{"too long", 65464, {.len = 72}, 0, put_cut, BIT(FRAG_TOO_LONG)},
	{"too long, the last", 65464, {.len = 72, .last = true}, 0, put_cut, BIT(FRAG_TOO_LONG)},
};

static void put_up_to(const char *name, unsigned family, uint32_t end)
{
	struct piece_spec s = {.family = (uint8_t)family};

	for (; s.off < end; s.off += s.len) {
		s.len = PKTS_MIN(end - s.off, 32736u);
		ROW_INT(name, fixture_piece(&x, s), PKTS_IPFRAG_HELD);
	}
}

static void put_odd_one(const struct odd_one *odd, unsigned family)
{
	const struct piece_spec right = {
		.family = (uint8_t)family, .off = odd->off, .len = 16, .last = true};
	struct piece_spec wrong = odd->s;

	wrong.family = (uint8_t)family;
	wrong.off = odd->off;
	fixture_begin(&x, with_policy(PKTS_IP_RFC8200));
	put_up_to(odd->name, family, odd->off);
	const long buffers = x.buffers;
	ROW_INT(odd->name, odd->put(&wrong, odd->missing), PKTS_IPFRAG_DROPPED);
	ROW_INT(odd->name, pkts_ipfrag_events(x.f), odd->event);
	ROW_INT(odd->name, x.buffers, buffers);
	ROW_INT(odd->name, fixture_piece(&x, right), PKTS_IPFRAG_READY);
	ROW_TRUE(odd->name, fixture_get(&x));
	ROW_INT(odd->name, x.datagram.len, odd->off + 16);
	for (uint32_t i = 0; i < x.datagram.len; i++)
		ROW_INT(odd->name, x.out[x.out_len - (int)x.datagram.len + (int)i],
			made_byte(&right, i));
	ROW_TRUE(odd->name, fixture_end(&x));
}

/* They are refused as those that come alone are, and cost the datagram nothing. */
static void odd_ones_behind_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < PKTS_ARRAY_LEN(odd_ones); i++) {
		put_odd_one(&odd_ones[i], 4);
		put_odd_one(&odd_ones[i], 6);
	}
}

/* RFC 1858, RFC 7112: what a firewall would have to see is not in the first fragment. */
static void tiny_fragments(void **state)
{
	static const struct {
		const char *name;
		struct piece_spec s;
		bool tiny;
	} rows[] = {
		{"tcp, 16 bytes", {.len = 16, .protocol = 6}, true},
		{"tcp, 24 bytes", {.len = 24, .protocol = 6, .label = 0x50}, false},
		{"tcp, 24 bytes of 40", {.len = 24, .protocol = 6, .label = (char)0xa0}, true},
		{"tcp, at 8", {.off = 8, .len = 16, .protocol = 6}, true},
		{"tcp, at 16", {.off = 16, .len = 16, .protocol = 6}, false},
		{"tcp, 16 bytes and padding", {.len = 16, .protocol = 6, .padding = 30}, true},
		{"udp, 8 bytes", {.len = 8, .protocol = 17}, false},
		{"udp, at 8", {.off = 8, .len = 8, .protocol = 17}, false},
		{"sctp, 8 bytes", {.len = 8, .protocol = 132}, true},
		{"anything", {.len = 8, .protocol = 253}, false},
		{"ipv6 in it, 32 bytes", {.len = 32, .protocol = 41}, true},
		{"v6: tcp, 16 bytes", {.family = 6, .len = 16, .protocol = 6}, true},
		{"v6: tcp, at 8", {.family = 6, .off = 8, .len = 16, .protocol = 6}, true},
		{"v6: options of 24 bytes in 16",
			{.family = 6, .len = 16, .protocol = 60, .label = 2}, true},
		{"v6: options of 24 bytes in 24, then them again",
			{.family = 6, .len = 24, .protocol = 60, .label = 2}, true},
		{"v6: mobility of 24 bytes in 16",
			{.family = 6, .len = 16, .protocol = 135, .label = 2}, true},
		{"v6: hip of 72 bytes in 64", {.family = 6, .len = 64, .protocol = 139, .label = 8},
			true},
		{"v6: shim6 of 24 bytes in 16",
			{.family = 6, .len = 16, .protocol = 140, .label = 2}, true},
		{"v6: no next header", {.family = 6, .len = 8, .protocol = 59}, false},
	};

	(void)state;
	for (size_t i = 0; i < PKTS_ARRAY_LEN(rows); i++)
		for (unsigned drop = 0; drop < 2; drop++) {
			fixture_begin(&x, (struct pkts_ipfrag_conf){.drop_tiny = drop});
			const enum pkts_ipfrag_verdict v = fixture_piece(&x, rows[i].s);
			ROW_INT(rows[i].name, pkts_ipfrag_events(x.f),
				rows[i].tiny ? BIT(FRAG_TINY) : 0);
			ROW_INT(rows[i].name, v,
				drop && rows[i].tiny ? PKTS_IPFRAG_DROPPED : PKTS_IPFRAG_HELD);
			assert_true(fixture_end(&x));
		}
}

/* They are as tiny behind or before what is there already; and may be all that is missing. */
static const struct tiny_one {
	const char *name;
	struct piece_spec rest, tiny;
	bool whole;
} tiny_ones[] = {
	{"tcp, 16 bytes", {.off = 16, .len = 16, .last = true}, {.len = 16}, true},
	{"tcp, at 8", {.off = 24, .len = 8, .last = true}, {.off = 8, .len = 16}, false},
	{"tcp, at 8, behind", {.len = 8}, {.off = 8, .len = 16, .last = true}, true},
};

static void put_tiny_one(const struct tiny_one *row, unsigned family, bool drop)
{
	struct piece_spec rest = row->rest, tiny = row->tiny;

	rest.family = tiny.family = (uint8_t)family;
	rest.protocol = tiny.protocol = PKTS_IPPROTO_TCP;
	fixture_begin(&x, (struct pkts_ipfrag_conf){.drop_tiny = drop});
	ROW_INT(row->name, fixture_piece(&x, rest), PKTS_IPFRAG_HELD);
	const enum pkts_ipfrag_verdict v = fixture_piece(&x, tiny);
	ROW_INT(row->name, pkts_ipfrag_events(x.f), BIT(FRAG_TINY));
	ROW_INT(row->name, x.buffers, drop ? 1 : 2);
	if (drop)
		ROW_INT(row->name, v, PKTS_IPFRAG_DROPPED);
	else
		ROW_INT(row->name, v, row->whole ? PKTS_IPFRAG_READY : PKTS_IPFRAG_HELD);
	ROW_INT(row->name, fixture_get(&x), row->whole && !drop);
	if (row->whole && !drop)
		ROW_TRUE(row->name, x.datagram.events & BIT(FRAG_TINY));
	ROW_TRUE(row->name, fixture_end(&x));
}

static void tiny_fragments_that_come_last(void **state)
{
	(void)state;
	for (size_t i = 0; i < PKTS_ARRAY_LEN(tiny_ones); i++)
		for (unsigned family = 4; family <= 6; family += 2) {
			put_tiny_one(&tiny_ones[i], family, false);
			if (tiny_ones[i].rest.off) /* or else that one is tiny too */
				put_tiny_one(&tiny_ones[i], family, true);
		}
}

static enum pkts_ipfrag_verdict put_with_ttl(struct piece_spec s, uint8_t ttl)
{
	made_piece(&m, &s);
	m.bytes[m.at + (s.family == 6 ? 7 : 8)] = ttl;
	return fixture_put(&x, &m);
}

/* On the short road, on the long one, and before anything is there: it takes no part. */
static void fragments_below_min_ttl(void **state)
{
	(void)state;
	for (uint8_t family = 4; family <= 6; family += 2) {
		const struct piece_spec
			a = {.family = family, .len = 64, .label = 'a'},
			b = {.family = family, .off = 64, .len = 8, .label = 'b', .last = true},
			decoy = {
				.family = family, .off = 64, .len = 16, .label = 'x', .last = true};
		fixture_begin(&x,
			(struct pkts_ipfrag_conf){
				.min_ttl = 5, .policy4 = PKTS_IP_FIRST, .policy6 = PKTS_IP_FIRST});
		assert_int_equal(put_with_ttl(decoy, 4), PKTS_IPFRAG_DROPPED);
		assert_int_equal(pkts_ipfrag_events(x.f), BIT(FRAG_MIN_TTL));
		assert_int_equal(pkts_ipfrag_stats(x.f).contexts, 0);
		assert_int_equal(put_with_ttl(a, 5), PKTS_IPFRAG_HELD);
		assert_int_equal(put_with_ttl(decoy, 0), PKTS_IPFRAG_DROPPED);
		assert_int_equal(pkts_ipfrag_events(x.f), BIT(FRAG_MIN_TTL));
		assert_int_equal(x.buffers, 1);
		assert_int_equal(put_with_ttl(b, 255), PKTS_IPFRAG_READY);
		assert_true(fixture_get(&x));
		assert_int_equal(x.datagram.len, 72);
		assert_int_equal(x.datagram.events, 0);
		assert_int_equal(pkts_ipfrag_stats(x.f).events[PKTS_SEQ_FRAG_MIN_TTL], 2);
		assert_int_equal(pkts_ipfrag_stats(x.f).dropped, 2);
		assert_true(fixture_end(&x));
		fixture_begin(&x, (struct pkts_ipfrag_conf){.policy4 = PKTS_IP_FIRST});
		assert_int_equal(put_with_ttl(a, 0), PKTS_IPFRAG_HELD);
		assert_true(fixture_end(&x));
	}
}

/* Payload of 8 bytes of extension header, then a TCP header that the fragment ends in. */
static void a_chain_that_the_first_fragment_breaks(void **state)
{
	static const uint8_t chain[32] = {6, 0, 1, 4, [8 + 12] = 0x50};

	(void)state;
	for (uint32_t len = 8; len <= 32; len += 8) {
		fixture_begin(&x, (struct pkts_ipfrag_conf){.drop_tiny = true});
		const struct piece_spec s = {
			.family = 6, .len = len, .protocol = 60, .data = chain};
		assert_int_equal(
			fixture_piece(&x, s), len < 28 ? PKTS_IPFRAG_DROPPED : PKTS_IPFRAG_HELD);
		assert_true(fixture_end(&x));
	}
}

/* 18: any order, any size of fragments, every byte in its place. */
static uint32_t at_turn(unsigned order, uint32_t i, uint32_t n)
{
	switch (order) {
	case 0:
		return i;
	case 1:
		return n - 1 - i;
	case 2: /* odd ones, then even ones */
		return i < n / 2 ? i * 2 + 1 : (i - n / 2) * 2;
	default: /* the second half first */
		return (i + n / 2) % n;
	}
}

static void sweep(unsigned family, unsigned order, uint32_t size, uint32_t step)
{
	const uint32_t n = (size + step - 1) / step;
	struct piece_spec s = {.family = (uint8_t)family};

	fixture_begin(&x, with_policy(PKTS_IP_RFC8200));
	for (uint32_t i = 0; i < n; i++) {
		s.off = at_turn(order, i, n) * step;
		s.len = PKTS_MIN(step, size - s.off);
		s.last = s.off + s.len == size;
		assert_int_equal(
			fixture_piece(&x, s), i + 1 < n ? PKTS_IPFRAG_HELD : PKTS_IPFRAG_READY);
	}
	assert_true(fixture_get(&x));
	assert_int_equal(x.datagram.len, size);
	assert_int_equal(x.datagram.fragments, n);
	s = (struct piece_spec){.family = (uint8_t)family};
	for (uint32_t i = 0; i < size; i++)
		assert_int_equal(x.out[x.out_len - (int)size + (int)i], made_byte(&s, i));
	demand_header("sweep", family);
	assert_true(fixture_end(&x));
}

static void any_order_and_any_size(void **state)
{
	static const uint32_t sizes[] = {9, 64, 1473, 10000, 65515}, steps[] = {8, 64, 1480, 8192};

	(void)state;
	for (unsigned order = 0; order < 4; order++)
		for (size_t i = 0; i < PKTS_ARRAY_LEN(sizes); i++)
			for (size_t k = 0; k < PKTS_ARRAY_LEN(steps); k++)
				if (steps[k] < sizes[i] && sizes[i] / steps[k] <= 1500) {
					sweep(4, order, sizes[i], steps[k]);
					sweep(6, order, sizes[i], steps[k]);
				}
}

/* 17: a datagram that, once whole, is a fragment again. */
static void fragments_inside_fragments(void **state)
{
	static const uint32_t cut = 16;
	struct piece_spec inner = {.len = 8, .id = 9, .label = 'a'};
	struct made whole;

	(void)state;
	fixture_begin(&x, with_policy(PKTS_IP_RFC8200));
	for (unsigned i = 0; i < 2; i++) {
		inner.off = i * 8;
		inner.last = i;
		inner.label = (char)('a' + i);
		made_piece(&whole, &inner);
		const uint8_t *const p = whole.bytes + whole.at;
		const uint32_t n = (uint32_t)sizeof(whole.bytes) - whole.at;
		const struct piece_spec head = {
			.family = 6, .id = i + 1, .len = cut, .protocol = 4, .data = p};
		const struct piece_spec tail = {.family = 6,
			.id = i + 1,
			.off = cut,
			.len = n - cut,
			.protocol = 4,
			.data = p + cut,
			.last = true};
		assert_int_equal(fixture_piece(&x, head), PKTS_IPFRAG_HELD);
		assert_int_equal(fixture_piece(&x, tail), PKTS_IPFRAG_READY);
		assert_true(fixture_get(&x));
		made_begin(&m, x.out, (uint32_t)x.out_len);
		m.link = 229;
		assert_int_equal(fixture_put(&x, &m), i ? PKTS_IPFRAG_READY : PKTS_IPFRAG_HELD);
	}
	assert_true(fixture_get(&x));
	assert_string_equal(units(), "ab");
	assert_int_equal(x.datagram.family, 4);
	assert_true(fixture_end(&x));
}

/* The pieces are where the caller left them, and say whose they are. */
static void pieces_are_not_copied(void **state)
{
	static const struct piece_spec specs[] = {{.off = 8, .len = 8, .label = 'B'},
		{.off = 0, .len = 24, .label = 'A'},
		{.off = 24, .len = 8, .label = 'C', .last = true}};
	struct buffer *b[3];
	struct pkts_datagram d;
	struct pkts_piece piece;
	uint32_t at = 0;

	(void)state;
	fixture_begin(&x, with_policy(PKTS_IP_FIRST));
	x.cost = 2048;
	for (unsigned i = 0; i < 3; i++) {
		made_piece(&m, &specs[i]);
		b[i] = buffer_new(&x, &m);
		pkts_ipfrag_put(x.f, &b[i]->packet, 0, &b[i]->piece, x.now + i);
		buffer_unref(b[i]);
	}
	assert_true(pkts_ipfrag_get(x.f, &d));
	assert_int_equal(pkts_ipfrag_stats(x.f).bytes, 3 * 2048);
	const struct pkts_piece expected[] = {{b[1]->piece.p, 8, 2048, b[1]},
		{b[0]->piece.p, 8, 2048, b[0]}, {b[1]->piece.p + 16, 8, 2048, b[1]},
		{b[2]->piece.p, 8, 2048, b[2]}};
	for (unsigned i = 0; i < 4; i++) {
		assert_true(pkts_datagram_next(&d, &at, &piece));
		assert_ptr_equal(piece.p, expected[i].p);
		assert_ptr_equal(piece.owner, expected[i].owner);
		assert_int_equal(piece.len, expected[i].len);
		assert_int_equal(piece.cost, expected[i].cost);
	}
	assert_false(pkts_datagram_next(&d, &at, &piece));
	assert_ptr_equal(d.header.p, b[1]->bytes);
	assert_true(d.first_ns == x.now && d.last_ns == x.now + 2);
	assert_int_equal(d.fragments, 3);
	pkts_ipfrag_free(x.f, &d);
	assert_int_equal(x.buffers, 0);
	assert_true(fixture_end(&x));
}

struct take_row {
	const char *name, *text, *wanted;
	enum pkts_ip_policy policy;
	uint32_t each, most;
	uint32_t pieces, holds; /* taken, and what hold() was called for in all */
};

/* The fragment A of the last rows has two pieces, and each comes with a reference. */
static const struct take_row takes[] = {
	{"all at once", "A0+8 B8+8 C16+8 D24+3.", "AAAAAAAABBBBBBBBCCCCCCCCDDD", PKTS_IP_RFC8200, 9,
		9, 4, 4},
	{"one by one", "A0+8 B8+8 C16+3.", "AAAAAAAABBBBBBBBCCC", PKTS_IP_RFC8200, 1, 9, 3, 3},
	{"two at a time", "A0+8 B8+8 C16+3.", "AAAAAAAABBBBBBBBCCC", PKTS_IP_RFC8200, 2, 9, 3, 3},
	{"the rest freed", "A0+8 B8+8 C16+3.", "AAAAAAAABBBBBBBB", PKTS_IP_RFC8200, 1, 2, 2, 3},
	{"none, and freed", "A0+8 B8+8.", "", PKTS_IP_RFC8200, 1, 0, 0, 2},
	{"ranges", "B8+8 D24+3. A0+8 C16+8", "AAAAAAAABBBBBBBBCCCCCCCCDDD", PKTS_IP_RFC8200, 3, 9,
		4, 4},
	{"two of one", "B8+8 A0+24 C24+3.", "AAAAAAAABBBBBBBBAAAAAAAACCC", PKTS_IP_FIRST, 9, 9, 4,
		4},
	{"two of one, one by one", "B8+8 A0+24 C24+3.", "AAAAAAAABBBBBBBBAAAAAAAACCC",
		PKTS_IP_FIRST, 1, 9, 4, 4},
	{"the second freed", "B8+8 A0+24 C24+3.", "AAAAAAAABBBBBBBB", PKTS_IP_FIRST, 1, 2, 2, 4},
};

/* What is taken outlives the table's part in it, and is counted out. */
static void pieces_are_taken(void **state)
{
	struct pkts_datagram d;
	uint8_t bytes[64];
	uint64_t events;
	uint32_t n;

	(void)state;
	for (size_t i = 0; i < PKTS_ARRAY_LEN(takes); i++) {
		const struct take_row *const row = &takes[i];
		fixture_begin(&x, with_policy(row->policy));
		put_text(row->text, 4, &events);
		ROW_TRUE(row->name, pkts_ipfrag_get(x.f, &d));
		const uint32_t len = fixture_take(&x, &d, row->each, row->most, bytes, &n);
		ROW_INT(row->name, n, row->pieces);
		ROW_INT(row->name, len, strlen(row->wanted));
		ROW_TRUE(row->name, memcmp(bytes, row->wanted, len) == 0);
		ROW_INT(row->name, x.holds, row->holds);
		ROW_INT(row->name, x.buffers, 0);
		ROW_INT(row->name, pkts_ipfrag_stats(x.f).bytes, 0);
		ROW_INT(row->name, pkts_ipfrag_stats(x.f).contexts, 0);
		put_text(row->text, 6, &events);
		ROW_TRUE(row->name, fixture_get(&x));
		ROW_TRUE(row->name, fixture_end(&x));
	}
}

/* Behind the last piece, or behind free(), there is nothing: also where d was not empty memory before. */
static void nothing_is_left_to_take(void **state)
{
	struct pkts_piece piece;
	struct pkts_datagram d;
	uint64_t events;

	(void)state;
	for (unsigned taken = 0; taken <= 2; taken++) {
		memset(&d, 0xa5, sizeof(d));
		fixture_begin(&x, with_policy(PKTS_IP_RFC8200));
		put_text("A0+8 B8+3.", 4, &events);
		assert_true(pkts_ipfrag_get(x.f, &d));
		for (unsigned i = 0; i < taken; i++) {
			assert_int_equal(pkts_datagram_take(&d, &piece, 1), 1);
			x.releases++;
			buffer_unref(piece.owner);
		}
		pkts_ipfrag_free(x.f, &d);
		assert_int_equal(pkts_datagram_take(&d, &piece, 1), 0);
		assert_true(fixture_end(&x));
	}
}

/* Datagrams that came in order are read from where the last reader stood, if that fits. */
static void reading_from_the_middle(void **state)
{
	struct pkts_datagram d;
	struct pkts_piece piece;
	uint64_t events;
	uint32_t at = 0;

	(void)state;
	fixture_begin(&x, with_policy(PKTS_IP_RFC8200));
	put_text("A0+8 B8+8 C16+8 D24+3.", 4, &events);
	assert_true(pkts_ipfrag_get(x.f, &d));
	assert_true(pkts_datagram_next(&d, &at, &piece));
	pkts_ipfrag_free(x.f, &d);
	put_text("A0+40", 4, &events);
	x.now += 5;
	put_text("B40+8.", 4, &events);
	assert_true(pkts_ipfrag_get(x.f, &d));
	at = 40;
	assert_true(pkts_datagram_next(&d, &at, &piece) && piece.p[0] == 'B' && at == 48);
	assert_int_equal(d.last_ns, d.first_ns + 5);
	pkts_ipfrag_free(x.f, &d);
	assert_true(fixture_end(&x));
}

static void reading_in_turns(void **state)
{
	uint32_t a = 0, b = 0, middle = 12;
	struct pkts_piece pa, pb;
	struct pkts_datagram d;
	uint64_t events;

	(void)state;
	fixture_begin(&x, with_policy(PKTS_IP_RFC8200));
	put_text("A0+8 B8+8 C16+8 D24+3.", 4, &events);
	assert_int_equal(pkts_ipfrag_stats(x.f).steps, 0);
	assert_true(pkts_ipfrag_get(x.f, &d));
	for (const char *label = "ABCD"; *label; label++) {
		assert_true(pkts_datagram_next(&d, &a, &pa) && pa.p[0] == *label);
		if (*label > 'A')
			assert_true(pkts_datagram_next(&d, &b, &pb) && pb.p[0] == *label - 1);
	}
	assert_true(pkts_datagram_next(&d, &middle, &pb) && pb.p[0] == 'B' && middle == 16);
	assert_false(pkts_datagram_next(&d, &a, &pa));
	assert_true(pkts_datagram_next(&d, &b, &pb) && pb.p[0] == 'D' && pb.len == 3);
	pkts_ipfrag_free(x.f, &d);
	assert_true(fixture_end(&x));
}

static enum pkts_ipfrag_verdict put_get(
	struct piece_spec s, struct buffer **b, struct pkts_datagram *d)
{
	made_piece(&m, &s);
	*b = buffer_new(&x, &m);
	return pkts_ipfrag_put_get(x.f, &(*b)->packet,
		(*b)->layer < 0 ? (*b)->packet.n - 1u : (unsigned)(*b)->layer, &(*b)->piece, x.now,
		d);
}

/* The caller's own bytes, unless older ones wait: then those first, and these in their turn. */
static void put_get_lends_what_is_whole(void **state)
{
	struct pkts_datagram d;
	struct pkts_piece piece;
	struct buffer *b;
	uint64_t events;
	uint32_t at = 0;
	uint8_t to[128];

	(void)state;
	for (unsigned family = 4; family <= 6; family += 2) {
		const struct piece_spec whole = {
			.family = (uint8_t)family, .len = 10, .last = true, .padding = 9};
		fixture_begin(&x, with_policy(PKTS_IP_RFC8200));
		assert_int_equal(put_get(whole, &b, &d), PKTS_IPFRAG_READY);
		at = 0;
		assert_true(pkts_datagram_next(&d, &at, &piece));
		assert_ptr_equal(piece.p, b->piece.p);
		assert_int_equal(x.holds, 0);
		assert_int_equal(pkts_datagram_copy(&d, to, sizeof(to)), family == 4 ? 30 : 50);
		pkts_ipfrag_free(x.f, &d);
		buffer_unref(b);

		assert_int_equal(put_get(whole, &b, &d), PKTS_IPFRAG_READY);
		assert_int_equal(pkts_datagram_take(&d, &piece, 1), 1);
		assert_int_equal(pkts_datagram_take(&d, &piece, 1), 0);
		buffer_unref(b);
		assert_int_equal(x.buffers, 1);
		assert_memory_equal(piece.p, to + (family == 4 ? 20 : 40), 10);
		x.releases++;
		buffer_unref(piece.owner);

		put_text("A0+8 B8+8.", family, &events);
		assert_int_equal(put_get(whole, &b, &d), PKTS_IPFRAG_READY);
		assert_int_equal(d.len, 16);
		pkts_ipfrag_free(x.f, &d);
		buffer_unref(b);
		assert_int_equal(x.buffers, 1);
		assert_true(fixture_get(&x));
		assert_int_equal(x.out_len, family == 4 ? 30 : 50);
		demand_header("put_get", family);
		assert_false(fixture_get(&x));
		assert_true(fixture_end(&x));
	}
}

static void put_get_of_fragments_and_of_nothing(void **state)
{
	const struct piece_spec a = {.len = 8}, z = {.off = 8, .len = 8, .last = true},
				empty = {.last = true};
	struct pkts_datagram d;
	struct buffer *b;

	(void)state;
	fixture_begin(&x, with_policy(PKTS_IP_RFC8200));
	assert_int_equal(put_get(a, &b, &d), PKTS_IPFRAG_HELD);
	buffer_unref(b);
	assert_int_equal(put_get(z, &b, &d), PKTS_IPFRAG_READY);
	buffer_unref(b);
	assert_int_equal(d.len, 16);
	pkts_ipfrag_free(x.f, &d);

	fixture_piece(&x, a);
	fixture_piece(&x, z);
	assert_int_equal(put_get(empty, &b, &d), PKTS_IPFRAG_READY);
	buffer_unref(b);
	assert_int_equal(d.len, 16);
	pkts_ipfrag_free(x.f, &d);
	assert_true(fixture_get(&x));
	assert_int_equal(x.out_len, 20);
	assert_int_equal(x.datagram.len, 0);
	assert_true(fixture_end(&x));
}

static void every_prefix_has_its_policy(void **state)
{
	static const struct pkts_ipfrag_target targets[] = {
		{4, 24, {10, 0, 0, 99}, PKTS_IP_LAST},
		{4, 8, {10}, PKTS_IP_FIRST},
		{4, 32, {10, 0, 0, 7}, PKTS_IP_DROP},
		{6, 8, {0xfd}, PKTS_IP_FIRST},
		{6, 128, {0xfd, [15] = 9}, PKTS_IP_LAST},
		{4, 0, {0}, PKTS_IP_RFC8200},
		{4, 31, {10, 0, 0, 4}, PKTS_IP_FIRST},
	};
	static const struct {
		const char *name;
		uint8_t family, dst;
		const char *units;
	} rows[] = {
		{"/24", 4, 2, "Bz"},
		{"/32", 4, 7, NULL},
		{"/31", 4, 5, "Az"},
		{"/31 is over", 4, 6, "Bz"},
		{"v6 /8", 6, 2, "Az"},
		{"v6 /128", 6, 9, "Bz"},
	};
	struct pkts_ipfrag_conf conf = {.targets = targets, .n_targets = PKTS_ARRAY_LEN(targets)};

	(void)state;
	for (size_t i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct piece_spec s = {.family = rows[i].family, .dst = rows[i].dst, .len = 8};
		fixture_begin(&x, conf);
		for (const char *label = "ABz"; *label; label++) {
			s.label = *label;
			s.last = *label == 'z';
			s.off = s.last ? 8 : 0;
			fixture_piece(&x, s);
		}
		ROW_INT(rows[i].name, fixture_get(&x), rows[i].units != NULL);
		if (rows[i].units)
			ROW_TEXT(rows[i].name, units(), rows[i].units);
		assert_true(fixture_end(&x));
	}
}

static void configurations_that_make_no_sense(void **state)
{
	static const struct pkts_ipfrag_target bad[] = {{5, 8, {0}, PKTS_IP_FIRST},
		{4, 33, {0}, PKTS_IP_FIRST}, {6, 129, {0}, PKTS_IP_FIRST},
		{4, 8, {0}, PKTS_IP_POLICY_MAX}};
	struct pkts_ipfrag_conf conf = {.max_datagrams = 1, .max_fragments = 1};
	uint8_t *const mem = aligned_alloc(64, 1 << 16);
	struct pkts_ipfrag *f;

	(void)state;
	const size_t n = pkts_ipfrag_memsize(&conf);
	assert_true(n > 0 && n < 1 << 14);
	assert_int_equal(pkts_ipfrag_init(&f, mem, n - 1, &conf), -PKTS_ENOMEM);
	assert_int_equal(pkts_ipfrag_init(&f, mem + 8, n, &conf), -PKTS_EINVAL);
	assert_int_equal(pkts_ipfrag_init(&f, mem, n, &conf), 0);
	conf.policy6 = PKTS_IP_POLICY_MAX;
	assert_int_equal(pkts_ipfrag_init(&f, mem, n, &conf), -PKTS_EINVAL);
	conf.policy6 = PKTS_IP_RFC8200;
	for (size_t i = 0; i < PKTS_ARRAY_LEN(bad); i++) {
		conf.targets = &bad[i];
		conf.n_targets = 1;
		assert_int_equal(pkts_ipfrag_init(&f, mem, 1 << 16, &conf), -PKTS_EINVAL);
	}
	conf.n_targets = 0;
	conf.max_fragments = UINT32_MAX;
	assert_int_equal(pkts_ipfrag_memsize(&conf), 0);
	free(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(six_fragments),
		cmocka_unit_test(seventeen_fragments),
		cmocka_unit_test(fixed_sequences),
		cmocka_unit_test(bsd_by_content),
		cmocka_unit_test(up_to_65535_bytes),
		cmocka_unit_test(an_id_can_be_used_again),
		cmocka_unit_test(time_is_up),
		cmocka_unit_test(a_dropped_datagram_stays_dropped),
		cmocka_unit_test(verdicts_and_events_of_the_last_step),
		cmocka_unit_test(time_is_up_behind_others),
		cmocka_unit_test(headers_of_ipv4),
		cmocka_unit_test(headers_of_ipv6),
		cmocka_unit_test(every_header_in_front_of_the_fragment_header),
		cmocka_unit_test(copies_as_far_as_there_is_room),
		cmocka_unit_test(what_is_no_fragment_passes),
		cmocka_unit_test(quotations_are_left_alone),
		cmocka_unit_test(cut_fragments),
		cmocka_unit_test(odd_ones_behind_others),
		cmocka_unit_test(tiny_fragments),
		cmocka_unit_test(fragments_below_min_ttl),
		cmocka_unit_test(tiny_fragments_that_come_last),
		cmocka_unit_test(a_chain_that_the_first_fragment_breaks),
		cmocka_unit_test(any_order_and_any_size),
		cmocka_unit_test(fragments_inside_fragments),
		cmocka_unit_test(pieces_are_not_copied),
		cmocka_unit_test(pieces_are_taken),
		cmocka_unit_test(nothing_is_left_to_take),
		cmocka_unit_test(reading_from_the_middle),
		cmocka_unit_test(reading_in_turns),
		cmocka_unit_test(put_get_lends_what_is_whole),
		cmocka_unit_test(put_get_of_fragments_and_of_nothing),
		cmocka_unit_test(every_prefix_has_its_policy),
		cmocka_unit_test(configurations_that_make_no_sense),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
