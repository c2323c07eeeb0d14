/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Who keeps the bytes: the published sequences, and every short sequence there is, under every policy
 * and for sequence numbers that wrap, against a model that knows each byte's owner.
 */
#include <stdio.h>

#include "tcp_rig.h"

#define PLACES 32

struct piece {
	unsigned off, len;
	char label;
};

static const uint32_t isns[] = {0, 1, UINT32_MAX, UINT32_MAX - 10};

/* The naive model: a byte knows which piece owns it. */
struct model {
	int owner[PLACES];
	struct piece pieces[PLACES];
	unsigned n, next;
};

static bool new_wins(enum pkts_tcp_policy policy, struct piece old, struct piece new)
{
	const unsigned os = old.off, oe = os + old.len, ns = new.off, ne = ns + new.len;

	switch (policy) {
	case PKTS_TCP_LAST:
		return true;
	case PKTS_TCP_BSD:
	case PKTS_TCP_WINDOWS:
	case PKTS_TCP_WIN2K3:
	case PKTS_TCP_MACOS:
	case PKTS_TCP_IRIX:
	case PKTS_TCP_HPUX10:
		return ns < os;
	case PKTS_TCP_LINUX:
		return ns < os || (ns == os && ne > oe);
	case PKTS_TCP_OLD_LINUX:
		return ns < os || (ns == os && ne >= oe);
	case PKTS_TCP_SOLARIS:
	case PKTS_TCP_HPUX11:
		return ne > oe || (ne == oe && ns <= os);
	default:
		return false;
	}
}

static void model_clear(struct model *m)
{
	m->n = m->next = 0;
	for (unsigned i = 0; i < PLACES; i++)
		m->owner[i] = -1;
}

/* What is below `next` was handed out and stands. */
static void model_add(struct model *m, enum pkts_tcp_policy policy, struct piece p)
{
	if (p.off + p.len <= m->next)
		return;
	if (p.off < m->next) {
		p.len -= m->next - p.off;
		p.off = m->next;
	}
	m->pieces[m->n] = p;
	for (unsigned i = p.off; i < p.off + p.len; i++)
		if (m->owner[i] < 0 || new_wins(policy, m->pieces[m->owner[i]], p))
			m->owner[i] = (int)m->n;
	m->n++;
}

static void model_deliver(struct model *m)
{
	while (m->owner[m->next] >= 0)
		m->next++;
}

static char model_at(const struct model *m, unsigned i)
{
	return m->owner[i] < 0 ? '.' : m->pieces[m->owner[i]].label;
}

/* [from, to) as text; to UINT_MAX: up to the last byte that is there. */
static const char *model_text(const struct model *m, unsigned from, unsigned to)
{
	static char text[PLACES + 1];
	unsigned n = 0;

	for (unsigned i = from; i < PLACES && i < to; i++)
		text[n++] = model_at(m, i);
	while (to == PLACES && n && text[n - 1] == '.')
		n--;
	text[n] = 0;
	return text;
}

static void send_piece(struct rig *r, uint32_t isn, struct piece p)
{
	char bytes[PLACES];

	memset(bytes, p.label, sizeof(bytes));
	rig_bytes(r, 0, A, isn + p.off, ISN1 + 1, bytes, p.len);
}

/* Nothing is handed out until the end, so that the policy decides about all of it. */
static void whole(struct rig *r, const char *name, enum pkts_tcp_policy policy, uint32_t isn,
	const struct piece *pieces, unsigned n)
{
	struct model m;
	unsigned lowest = PLACES;

	model_clear(&m);
	r->conf = (struct pkts_tcp_conf){
		.midstream_flush = true, .max_segments = 16, .slab_bytes = 4096};
	rig_open(r, policy);
	for (unsigned i = 0; i < n; i++) {
		send_piece(r, isn, pieces[i]);
		model_add(&m, policy, pieces[i]);
		lowest = PKTS_MIN(lowest, pieces[i].off);
	}
	ROW_TEXT(name, r->text[0], "");
	rig_flush(r);
	ROW_TEXT(name, r->text[0], model_text(&m, lowest, PLACES));
	rig_close(r);
}

/* The stream starts at `base`; what is in order is handed out at once. Compared after every step. */
static void live(struct rig *r, const char *name, enum pkts_tcp_policy policy, uint32_t isn,
	unsigned base, const struct piece *pieces, unsigned n)
{
	struct model m;

	model_clear(&m);
	m.next = base;
	r->conf = (struct pkts_tcp_conf){
		.gap = PKTS_TCP_GAP_WAIT, .max_segments = 32, .slab_bytes = 4096};
	rig_open(r, policy);
	SEND(r, .flags = S, .seq = isn + base - 1);
	SEND(r, .dir = 1, .flags = S | A, .seq = ISN1, .ack = isn + base);
	for (unsigned i = 0; i < n; i++) {
		send_piece(r, isn, pieces[i]);
		model_add(&m, policy, pieces[i]);
		model_deliver(&m);
		ROW_TEXT(name, r->text[0], model_text(&m, base, m.next));
	}
	rig_flush(r);
	ROW_TEXT(name, r->text[0], model_text(&m, base, PLACES));
	rig_close(r);
}

static const struct piece main_set[] = {{2, 3, 'A'}, {6, 2, 'B'}, {8, 3, 'C'}, {12, 1, 'D'},
	{15, 2, 'E'}, {17, 3, 'F'}, {20, 2, 'G'}, {22, 2, 'H'}, {24, 1, 'I'}, {3, 4, 'J'},
	{8, 3, 'K'}, {11, 3, 'L'}, {14, 3, 'M'}, {18, 1, 'N'}, {21, 1, 'O'}, {22, 1, 'P'},
	{24, 2, 'Q'}, {1, 1, '0'}};
static const struct piece before_set[] = {{3, 1, 'B'}, {9, 1, 'D'}, {12, 2, 'E'}, {2, 2, 'A'},
	{1, 4, 'J'}, {8, 3, 'L'}, {11, 3, 'M'}};
static const struct piece same_set[] = {{1, 3, 'C'}, {15, 2, 'H'}, {17, 2, 'I'}, {1, 3, 'K'},
	{1, 4, 'L'}, {15, 1, 'P'}, {15, 2, 'Q'}};
static const struct piece after_set[] = {
	{1, 2, 'A'}, {16, 3, 'F'}, {19, 2, 'G'}, {2, 2, 'J'}, {20, 1, 'O'}, {17, 1, 'N'}};

static const struct {
	const struct piece *pieces;
	unsigned n;
} sets[] = {
	{main_set, PKTS_ARRAY_LEN(main_set)},
	{before_set, PKTS_ARRAY_LEN(before_set)},
	{same_set, PKTS_ARRAY_LEN(same_set)},
	{after_set, PKTS_ARRAY_LEN(after_set)},
};

#define D10	 ".........."
#define D12	 "............"
#define AS_FIRST "0AAAJBBCCCLDLMEEFFFGGHHIQ", "JABJ...LDLMEE", "CCCL" D10 "HHII", "AAJ" D12 "FFFGG"
#define AS_BSD	 "0AAAJJBCCCLLLMMMFFFGGHHIQ", "JJJJ...LLLMMM", "CCCL" D10 "HHII", "AAJ" D12 "FFFGG"
#define AS_SOLARIS                                                                                 \
	"0AJJJBBKKKLLLMMMFFFGGHHQQ", "JJJJ...LLLMMM", "LLLL" D10 "QQII", "AJJ" D12 "FFFGG"

/* What each system makes of the four sequences, as published. */
static const struct {
	enum pkts_tcp_policy policy;
	const char *texts[4];
} published[] = {
	{PKTS_TCP_FIRST, {AS_FIRST}},
	{PKTS_TCP_VISTA, {AS_FIRST}},
	{PKTS_TCP_BSD, {AS_BSD}},
	{PKTS_TCP_WINDOWS, {AS_BSD}},
	{PKTS_TCP_WIN2K3, {AS_BSD}},
	{PKTS_TCP_MACOS, {AS_BSD}},
	{PKTS_TCP_IRIX, {AS_BSD}},
	{PKTS_TCP_HPUX10, {AS_BSD}},
	{PKTS_TCP_LINUX, {"0AAAJJBCCCLLLMMMFFFGGHHQQ", "JJJJ...LLLMMM", "LLLL" D10 "HHII",
				 "AAJ" D12 "FFFGG"}},
	{PKTS_TCP_OLD_LINUX, {"0AAAJJBKKKLLLMMMFFFGGHHQQ", "JJJJ...LLLMMM", "LLLL" D10 "QQII",
				     "AAJ" D12 "FFFGG"}},
	{PKTS_TCP_SOLARIS, {AS_SOLARIS}},
	{PKTS_TCP_HPUX11, {AS_SOLARIS}},
	{PKTS_TCP_LAST, {"0AJJJJBKKKLLLMMMFNFGOPHQQ", "JJJJ...LLLMMM", "LLLL" D10 "QQII",
				"AJJ" D12 "FNFGO"}},
};

static struct rig rig;

static void published_sequences(void **state)
{
	(void)state;
	for (unsigned p = 0; p < PKTS_ARRAY_LEN(published); p++)
		for (unsigned set = 0; set < 4; set++) {
			const char *const name = pkts_tcp_policy_name(published[p].policy);
			struct model m;
			model_clear(&m);
			for (unsigned i = 0; i < sets[set].n; i++)
				model_add(&m, published[p].policy, sets[set].pieces[i]);
			ROW_TEXT(name, model_text(&m, 1, PLACES), published[p].texts[set]);
		}
	assert_int_equal(PKTS_ARRAY_LEN(published), PKTS_TCP_POLICY_MAX);
}

/* Prefix after prefix, so that each step is seen; with pieces held, and with pieces copied. */
static void every_step(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2 * PKTS_TCP_POLICY_MAX * PKTS_ARRAY_LEN(isns); i++) {
		const enum pkts_tcp_policy policy = i / 2 % PKTS_TCP_POLICY_MAX;
		const uint32_t isn = isns[i / 2 / PKTS_TCP_POLICY_MAX];
		rig.cost = i % 2 ? 2048 : 0;
		for (unsigned set = 0; set < 4; set++) {
			for (unsigned n = 1; n <= sets[set].n; n++)
				whole(&rig, pkts_tcp_policy_name(policy), policy, isn,
					sets[set].pieces, n);
			rig.put_only = i % 3 == 0;
			live(&rig, pkts_tcp_policy_name(policy), policy, isn, 1, sets[set].pieces,
				sets[set].n);
		}
	}
}

static const char *describe(
	enum pkts_tcp_policy policy, uint32_t isn, const struct piece *pieces, unsigned n)
{
	static char text[200];
	int at = snprintf(text, sizeof(text), "%s isn %u", pkts_tcp_policy_name(policy), isn);

	for (unsigned i = 0; i < n; i++)
		at += snprintf(text + at, sizeof(text) - (size_t)at, " %c%u+%u", pieces[i].label,
			pieces[i].off, pieces[i].len);
	return text;
}

/* Every sequence of n pieces of `units` places. Sequences of fewer are the steps of those of more. */
static void every_sequence(unsigned n, unsigned units, enum pkts_tcp_policy policy, uint32_t isn)
{
	struct piece all[16], pieces[4];
	unsigned kinds = 0, total = 1;

	for (unsigned from = 0; from < units; from++)
		for (unsigned to = from + 1; to <= units; to++)
			all[kinds++] = (struct piece){2 + from, to - from, 0};
	for (unsigned i = 0; i < n; i++)
		total *= kinds;
	for (unsigned which = 0; which < total; which++) {
		for (unsigned i = 0, rest = which; i < n; i++, rest /= kinds) {
			pieces[i] = all[rest % kinds];
			pieces[i].label = (char)('A' + i);
		}
		const char *const name = describe(policy, isn, pieces, n);
		whole(&rig, name, policy, isn, pieces, n);
		live(&rig, name, policy, isn, 2, pieces, n);
	}
}

static void exhaustive(unsigned n, unsigned units)
{
	rig.put_only = false;
	rig.cost = 0;
	for (unsigned i = 0; i < PKTS_TCP_POLICY_MAX * PKTS_ARRAY_LEN(isns); i++)
		every_sequence(n, units, i % PKTS_TCP_POLICY_MAX, isns[i / PKTS_TCP_POLICY_MAX]);
}

static void up_to_three_of_five(void **state)
{
	(void)state;
	for (unsigned n = 1; n <= 3; n++)
		exhaustive(n, 5);
}

static void four_of_four(void **state)
{
	(void)state;
	for (unsigned n = 1; n <= 4; n++)
		exhaustive(n, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_sequences),
		cmocka_unit_test(every_step),
		cmocka_unit_test(up_to_three_of_five),
		cmocka_unit_test(four_of_four),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
