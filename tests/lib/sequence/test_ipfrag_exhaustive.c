/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Every sequence of up to 4 fragments over 4 units, and of up to 3 over 5, for every policy and both
 * families, against the byte-owner model: after each fragment, the verdict; at the end, the bytes. Of those
 * with a hole, or without an end, there never are any.
 *
 *	test_ipfrag_exhaustive --print    writes what the model makes of each, for ipfrag_oracle.py
 */
#include <stdio.h>

#include "fragments.h"
#include "model.h"
#include "row.h"

#define MOST 4

/* A sequence: fragment i covers units [start, end). */
struct sequence {
	unsigned n, units;
	struct {
		unsigned start, end;
	} at[MOST];
};

typedef void sequence_fn(const struct sequence *s, enum pkts_ip_policy policy);

static struct fixture x;
static unsigned long done, overlapping;

static unsigned lasts(const struct sequence *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->n; i++)
		n += s->at[i].end == s->units;
	return n;
}

static bool has_hole(const struct sequence *s)
{
	unsigned covered = 0;

	for (unsigned i = 0; i < s->n; i++)
		for (unsigned u = s->at[i].start; u < s->at[i].end; u++)
			covered |= 1u << u;
	return covered != (1u << s->units) - 1;
}

static bool is_plain(const struct sequence *s)
{
	return lasts(s) == 1 && !has_hole(s);
}

typedef bool wanted_fn(const struct sequence *s);

/* What is not plain: holes, no last fragment, or several. */
static bool is_odd(const struct sequence *s)
{
	return !is_plain(s);
}

static void for_each_from(struct sequence *s, unsigned i, wanted_fn *wanted, sequence_fn *fn)
{
	if (i == s->n || i == MOST) {
		for (unsigned p = 0; p < PKTS_IP_POLICY_MAX && wanted(s); p++)
			fn(s, (enum pkts_ip_policy)p);
		return;
	}
	for (unsigned a = 0; a < s->units; a++)
		for (unsigned b = a + 1; b <= s->units; b++) {
			if (b - a == s->units)
				continue;
			s->at[i].start = a;
			s->at[i].end = b;
			for_each_from(s, i + 1, wanted, fn);
		}
}

static void for_each(unsigned n, unsigned units, wanted_fn *wanted, sequence_fn *fn)
{
	struct sequence s = {.n = n, .units = units};
	for_each_from(&s, 0, wanted, fn);
}

static const char *text_of(const struct sequence *s, enum pkts_ip_policy policy)
{
	static char text[100];
	int n = snprintf(text, sizeof(text), "%s", pkts_ip_policy_name(policy));

	for (unsigned i = 0; i < s->n; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, " %c%u+%u", 'A' + (int)i,
			s->at[i].start * 8, (s->at[i].end - s->at[i].start) * 8);
	return text;
}

/* What the table has made is what the model has. */
static void same_bytes(const char *name, const struct model *m)
{
	ROW_TRUE(name, fixture_get(&x));
	ROW_INT(name, x.datagram.len, m->total);
	for (uint32_t at = 0; at < m->total; at++)
		ROW_INT(name, x.out[x.out_len - (int)m->total + (int)at],
			'A' + (int)m->pieces[m->owner[at]].tag);
}

/* Any overlap; and one that is no duplicate. Looked at pair by pair. */
static bool overlaps(const struct sequence *s, unsigned n, bool duplicates_too)
{
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < i; k++) {
			const bool meet =
				s->at[i].start < s->at[k].end && s->at[k].start < s->at[i].end;
			const bool twice =
				s->at[i].start == s->at[k].start && s->at[i].end == s->at[k].end;
			if (meet && (duplicates_too || !twice))
				return true;
		}
	return false;
}

static void play(const struct sequence *s, enum pkts_ip_policy policy, uint8_t family)
{
	const char *const name = text_of(s, policy);
	const bool strict = policy == PKTS_IP_RFC8200 || policy == PKTS_IP_DROP;
	bool whole = false;
	struct model m;

	model_clear(&m, policy);
	for (unsigned i = 0; i < s->n && !whole; i++) {
		const uint32_t start = s->at[i].start * 8, end = s->at[i].end * 8;
		const bool last = s->at[i].end == s->units;
		const enum pkts_ipfrag_verdict v =
			fixture_piece(&x, (struct piece_spec){.family = family,
						  .off = start,
						  .len = end - start,
						  .label = (char)('A' + i),
						  .last = last});
		whole = model_step(&m, start, end, !last, i);
		ROW_INT(name, v,
			m.dead	? PKTS_IPFRAG_DROPPED
			: whole ? PKTS_IPFRAG_READY
				: PKTS_IPFRAG_HELD);
		if (strict) {
			const bool bad = overlaps(s, i + 1, policy == PKTS_IP_DROP);
			ROW_INT(name, m.dead, bad);
			overlapping += bad;
		}
	}
	if (whole)
		same_bytes(name, &m);
	ROW_TRUE(name, !fixture_get(&x));
	ROW_TRUE(name, has_hole(s) || !lasts(s) ? !whole : whole || m.dead);
	if (whole)
		ROW_INT(name, x.buffers, 0);
}

static void play_both(const struct sequence *s, enum pkts_ip_policy policy)
{
	for (uint8_t family = 4; family <= 6; family = (uint8_t)(family + 2)) {
		fixture_begin(&x, (struct pkts_ipfrag_conf){.policy4 = policy,
					  .policy6 = policy,
					  .max_datagrams = 4,
					  .max_fragments = 8});
		play(s, policy, family);
		ROW_TRUE(text_of(s, policy), fixture_end(&x));
		done++;
	}
}

static void run(unsigned n, unsigned units, unsigned long sequences)
{
	done = 0;
	for_each(n, units, is_plain, play_both);
	assert_int_equal(done, sequences * PKTS_IP_POLICY_MAX * 2);
}

static void two_over_four(void **state)
{
	(void)state;
	run(2, 4, 12);
}

static void three_over_four(void **state)
{
	(void)state;
	run(3, 4, 204);
}

static void four_over_four(void **state)
{
	(void)state;
	overlapping = 0;
	run(4, 4, 2112);
	assert_true(overlapping > 2112);
}

static void two_over_five(void **state)
{
	(void)state;
	run(2, 5, 20);
}

static void three_over_five(void **state)
{
	(void)state;
	run(3, 5, 600);
}

static void holes_and_ends(void **state)
{
	(void)state;
	done = 0;
	for (unsigned n = 1; n <= 4; n++)
		for_each(n, 4, is_odd, play_both);
	for (unsigned n = 1; n <= 3; n++)
		for_each(n, 5, is_odd, play_both);
	/* 9 pieces of 4 units, and 14 of 5 */
	assert_int_equal(
		done, (9 + 81 + 729 + 6561 - 12 - 204 - 2112 + 14 + 196 + 2744 - 20 - 600) *
			      PKTS_IP_POLICY_MAX * 2);
}

/* All fragments, whether or not the datagram was whole before the last of them. */
static void print(const struct sequence *s, enum pkts_ip_policy policy)
{
	char owners[6] = "";
	struct model m;

	if (policy == PKTS_IP_RFC8200 || policy == PKTS_IP_DROP)
		return;
	model_clear(&m, policy);
	for (unsigned i = 0; i < s->n; i++)
		model_step(&m, s->at[i].start * 8, s->at[i].end * 8, s->at[i].end < s->units, i);
	for (unsigned u = 0; u < s->units; u++)
		owners[u] = (char)('A' + m.pieces[m.owner[u * 8]].tag);
	printf("%s %s\n", text_of(s, policy), owners);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_over_four),
		cmocka_unit_test(three_over_four),
		cmocka_unit_test(four_over_four),
		cmocka_unit_test(two_over_five),
		cmocka_unit_test(three_over_five),
		cmocka_unit_test(holes_and_ends),
	};

	if (argc == 2 && strcmp(argv[1], "--print") == 0) {
		for (unsigned n = 2; n <= 4; n++)
			for_each(n, 4, is_plain, print);
		for_each(3, 5, is_plain, print);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
