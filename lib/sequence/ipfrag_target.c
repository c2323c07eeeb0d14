/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Which policy a destination has: the longest prefix that it lies in. */
#include "ipfrag.h"

static unsigned bits_of(unsigned family)
{
	return family == 4 ? 32 : 128;
}

static uint64_t *lengths_of(struct targets *t, unsigned family)
{
	return t->lengths[family == 6];
}

static void mask(struct target *t, const uint8_t *addr, unsigned family, unsigned len)
{
	*t = (struct target){.family = (uint8_t)family, .len = (uint8_t)len};
	__builtin_memcpy(t->addr, addr, len / 8);
	if (len % 8)
		t->addr[len / 8] = (uint8_t)(addr[len / 8] & 0xff00 >> len % 8);
}

static int compare(const struct target *a, const struct target *b)
{
	if (a->family != b->family)
		return a->family - b->family;
	if (a->len != b->len)
		return b->len - a->len;
	return __builtin_memcmp(a->addr, b->addr, sizeof(a->addr));
}

static void sift_down(struct target *rows, uint32_t at, uint32_t n)
{
	for (uint32_t child; (child = at * 2 + 1) < n; at = child) {
		if (child + 1 < n && compare(&rows[child], &rows[child + 1]) < 0)
			child++;
		if (compare(&rows[at], &rows[child]) >= 0)
			return;
		const struct target t = rows[at];
		rows[at] = rows[child];
		rows[child] = t;
	}
}

/* A heap sort: in place, and never slow. */
static void sort(struct target *rows, uint32_t n)
{
	for (uint32_t i = n / 2; i-- > 0;)
		sift_down(rows, i, n);
	for (uint32_t i = n; i-- > 1;) {
		const struct target t = rows[0];
		rows[0] = rows[i];
		rows[i] = t;
		sift_down(rows, 0, i);
	}
}

static bool makes_sense(const struct pkts_ipfrag_target *t)
{
	return (t->family == 4 || t->family == 6) && t->len <= bits_of(t->family) &&
	       (unsigned)t->policy < PKTS_IP_POLICY_MAX;
}

bool pkts_ipfrag_targets_init(
	struct targets *t, struct target *rows, const struct pkts_ipfrag_conf *conf)
{
	*t = (struct targets){.rows = rows,
		.n = conf->n_targets,
		.usual = {(uint8_t)conf->policy4, (uint8_t)conf->policy6}};
	if ((unsigned)conf->policy4 >= PKTS_IP_POLICY_MAX ||
		(unsigned)conf->policy6 >= PKTS_IP_POLICY_MAX)
		return false;
	for (uint32_t i = 0; i < t->n; i++) {
		const struct pkts_ipfrag_target *const from = &conf->targets[i];
		if (!makes_sense(from))
			return false;
		mask(&rows[i], from->addr, from->family, from->len);
		rows[i].policy = (uint8_t)from->policy;
		lengths_of(t, from->family)[from->len / 64] |= UINT64_C(1) << from->len % 64;
	}
	sort(rows, t->n);
	return true;
}

static const struct target *search(const struct targets *t, const struct target *wanted)
{
	uint32_t low = 0, high = t->n;

	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;
		const int order = compare(wanted, &t->rows[middle]);
		if (order == 0)
			return &t->rows[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

enum pkts_ip_policy pkts_ipfrag_targets_find(
	const struct targets *t, unsigned family, const uint8_t *dst)
{
	const uint64_t *const lengths = t->lengths[family == 6];
	const enum pkts_ip_policy usual = (enum pkts_ip_policy)t->usual[family == 6];
	struct target wanted;

	for (unsigned len = bits_of(family) + 1; len-- > 0;) {
		if (!(lengths[len / 64] >> len % 64 & 1))
			continue;
		mask(&wanted, dst, family, len);
		const struct target *const found = search(t, &wanted);
		if (found)
			return (enum pkts_ip_policy)found->policy;
	}
	return usual;
}
