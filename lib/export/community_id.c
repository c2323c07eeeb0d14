/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_community_id.h"

#include <errno.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <string.h>

#include "pkts_ip_protocol.h"

enum {
	SHA1_SIZE = 20,
	MOST_BYTES = 2 + 16 + 16 + 2 + 4, /* seed, addresses, protocol and padding, ports */
};

/* The bytes that are summed. */
struct summed {
	uint8_t bytes[MOST_BYTES];
	size_t n;
};

struct end {
	const uint8_t *address;
	uint16_t port;
};

/* Types of messages that answer each other. */
struct answer {
	uint8_t type, answer;
};

static const struct answer icmp_answers[] = {
	{0, 8},	  /* echo */
	{9, 10},  /* router advertisement, solicitation */
	{13, 14}, /* timestamp */
	{15, 16}, /* information */
	{17, 18}, /* address mask */
};

static const struct answer icmpv6_answers[] = {
	{128, 129}, /* echo */
	{130, 131}, /* multicast listener query, report */
	{133, 134}, /* router solicitation, advertisement */
	{135, 136}, /* neighbour solicitation, advertisement */
	{139, 140}, /* node information */
	{144, 145}, /* home agent address discovery */
};

static EVP_MD *sha1;

/* Looking it up takes longer than summing. */
static void fetch_sha1(void)
{
	sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
}

static bool find_answer(const struct answer *rows, size_t n, uint8_t type, uint8_t *answer)
{
	for (size_t i = 0; i < n; i++) {
		if (rows[i].type != type && rows[i].answer != type)
			continue;
		*answer = rows[i].type == type ? rows[i].answer : rows[i].type;
		return true;
	}
	return false;
}

/* What stands in for the ports of ICMP; true if there is an answer, so that both directions are
 * one. */
static bool icmp_ports(const struct pkts_flow_tuple *t, uint16_t *sport, uint16_t *dport)
{
	uint8_t answer = t->icmp_code;
	const bool is_pair = t->protocol == PKTS_IPPROTO_ICMP
				     ? find_answer(icmp_answers, PKTS_ARRAY_LEN(icmp_answers),
					       t->icmp_type, &answer)
				     : find_answer(icmpv6_answers, PKTS_ARRAY_LEN(icmpv6_answers),
					       t->icmp_type, &answer);

	*sport = t->icmp_type;
	*dport = answer;
	return is_pair;
}

static bool is_after(const struct end *a, const struct end *b, size_t n)
{
	const int difference = memcmp(a->address, b->address, n);

	return difference ? difference > 0 : a->port > b->port;
}

static void add(struct summed *s, const void *p, size_t n)
{
	memcpy(s->bytes + s->n, p, n);
	s->n += n;
}

static void add16(struct summed *s, uint16_t v)
{
	const uint8_t two[2] = {(uint8_t)(v >> 8), (uint8_t)v};

	add(s, two, 2);
}

static void gather(struct summed *s, const struct pkts_flow_tuple *t, uint16_t seed)
{
	const size_t n = t->ip_version == 4 ? 4 : 16;
	const bool icmp = pkts_flow_is_icmp(t->protocol), ports = pkts_flow_has_ports(t->protocol);
	struct end a = {t->src, ports ? t->sport : 0}, b = {t->dst, ports ? t->dport : 0};
	const bool both_ways = icmp ? icmp_ports(t, &a.port, &b.port) : true;

	if (both_ways && is_after(&a, &b, n)) {
		const struct end swapped = a;
		a = b;
		b = swapped;
	}
	add16(s, seed);
	add(s, a.address, n);
	add(s, b.address, n);
	add16(s, (uint16_t)(t->protocol << 8));
	if (icmp || ports) {
		add16(s, a.port);
		add16(s, b.port);
	}
}

int pkts_community_id(const struct pkts_flow_tuple *t, uint16_t seed, char text[PKTS_COMMUNITY_ID])
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct summed s = {.n = 0};
	unsigned char sum[EVP_MAX_MD_SIZE];

	text[0] = 0;
	if (t->ip_version != 4 && t->ip_version != 6)
		return -EINVAL;
	pthread_once(&once, fetch_sha1);
	gather(&s, t, seed);
	if (!sha1 || !EVP_Digest(s.bytes, s.n, sum, NULL, sha1, NULL))
		return -ENOMEM;
	memcpy(text, "1:", 2);
	EVP_EncodeBlock((unsigned char *)text + 2, sum, SHA1_SIZE);
	return 0;
}
