/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The SCTP and ICMP of every capture below the folder that is named, by endpoints of any number of
 * addresses: none is invalid but those of the table of differences, which has to be as it says.
 * Exit status 77 if the folder is not there.
 */
#include <ftw.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "pkts_icmp_session.h"
#include "pkts_index.h"
#include "pkts_sctp_param.h"
#include "pkts_sctp_session.h"
#include "pkts_session_key.h"

#define ADDRESSES 16

/* Captures that have invalid packets, how many, and why. */
static const struct difference {
	const char *path; /* its end */
	unsigned invalid;
	const char *why;
} differences[] = {
	{"arkime/tests/pcap/arkime_synthetic.pcap", 3,
		"made by a program: two INITs with a tag, an INIT ACK without a cookie"},
	{"arkime/tests/pcap/diameter_synthetic.pcap", 2,
		"made by a program: INIT ACKs whose tag is 0"},
	{"SampleCaptures/3G-2G-HO.pcap", 102, "data in headers of zeros, put there by a converter"},
};

struct address {
	uint8_t ip[16];
};

/* An association, or an ICMP conversation. */
struct conversation {
	struct pkts_session_key key;
	struct address
		addresses[2][ADDRESSES]; /* SCTP: of the sender of the first packet; the other */
	unsigned n[2];
	uint16_t port[2];
	struct pkts_sctp_session sctp;
	struct pkts_icmp_session icmp;
	uint8_t client;
	struct conversation *next;
};

static struct conversation *conversations;
static unsigned counted[2][3]; /* SCTP, ICMP; by validity */
static unsigned invalid_here, wrong;
static size_t root;

static bool has(const struct conversation *c, unsigned end, const uint8_t *ip)
{
	for (unsigned i = 0; i < c->n[end]; i++)
		if (memcmp(c->addresses[end][i].ip, ip, 16) == 0)
			return true;
	return false;
}

static void add(struct conversation *c, unsigned end, const uint8_t *ip)
{
	if (!has(c, end, ip) && c->n[end] < ADDRESSES)
		memcpy(c->addresses[end][c->n[end]++].ip, ip, 16);
}

static void remove_address(struct conversation *c, unsigned end, const uint8_t *ip)
{
	for (unsigned i = 0; i < c->n[end]; i++)
		if (memcmp(c->addresses[end][i].ip, ip, 16) == 0)
			c->addresses[end][i] = c->addresses[end][--c->n[end]];
}

static struct conversation *create(const struct pkts_session_key *key, uint8_t swapped)
{
	struct conversation *const c = calloc(1, sizeof(*c));

	c->key = *key;
	c->client = swapped;
	for (unsigned i = 0; i < 2; i++) {
		add(c, i, key->addr[swapped ^ i]);
		c->port[i] = key->port[swapped ^ i];
	}
	c->next = conversations;
	return conversations = c;
}

static struct conversation *find(const struct pkts_session_key *key, uint8_t swapped)
{
	for (struct conversation *c = conversations; c; c = c->next)
		if (pkts_session_key_equal(&c->key, key))
			return c;
	return create(key, swapped);
}

/* The association whose ends have these addresses; *dir: which of them sends. */
static struct conversation *find_association(
	const struct pkts_session_key *key, uint8_t swapped, unsigned *dir)
{
	for (struct conversation *c = conversations; c; c = c->next)
		for (*dir = 0; *dir < 2 && c->key.protocol == PKTS_IPPROTO_SCTP; ++*dir)
			if (c->port[*dir] == key->port[swapped] &&
				c->port[!*dir] == key->port[!swapped] && c->key.vlan == key->vlan &&
				c->key.tunnel == key->tunnel && has(c, *dir, key->addr[swapped]) &&
				has(c, !*dir, key->addr[!swapped]))
				return c;
	*dir = 0;
	return create(key, swapped);
}

static void learn_addresses(struct conversation *c, unsigned dir, struct pkts_ref packet)
{
	struct pkts_sctp_chunks it = pkts_sctp_chunks(packet);
	struct pkts_sctp_chunk chunk;
	struct pkts_sctp_address a;

	while (pkts_sctp_chunk_next(&it, &chunk)) {
		struct pkts_sctp_addresses list = pkts_sctp_addresses(chunk);
		while (pkts_sctp_addresses_next(&list, &a)) {
			uint8_t ip[16] = {0};
			memcpy(ip, a.ip, a.len);
			if (a.use == PKTS_SCTP_ADDRESS_DELETE)
				remove_address(c, dir, ip);
			else if (a.unicast)
				add(c, dir, ip);
		}
	}
}

static void report(
	const char *path, unsigned long number, struct pkts_judgement j, const char *what)
{
	if (j.validity == PKTS_INVALID)
		invalid_here++;
	if (j.validity == PKTS_VALID || !getenv("PKTS_TEST_VERBOSE"))
		return;
	printf("%s: packet %lu: %s %s", path + root, number, what, pkts_validity_name(j.validity));
	for (unsigned i = 0; i < PKTS_SESSION_EVENT_MAX; i++)
		if (j.events >> i & 1)
			printf(" %s", pkts_session_event_name((enum pkts_session_event)i));
	putchar('\n');
}

static void take_sctp(const char *path, unsigned long number, struct pkts_ref r,
	const struct pkts_session_key *key, uint8_t swapped)
{
	unsigned dir;
	struct conversation *const c = find_association(key, swapped, &dir);
	const struct pkts_judgement j = pkts_sctp_session_validate(&c->sctp, NULL, dir, r, 0);

	if (j.validity != PKTS_INVALID)
		learn_addresses(c, dir, r);
	counted[0][j.validity]++;
	report(path, number, j, "SCTP");
}

static void take_icmp(const char *path, unsigned long number, const struct pkts_packet *packet,
	const struct pkts_session_key *key, const struct pkts_session_at *at)
{
	const struct pkts_ref ip = pkts_packet_ref(packet, at->l3);
	struct pkts_icmp_message m = {.ref = pkts_packet_ref(packet, at->l4)};
	struct conversation *const c = find(key, at->swapped);
	struct pkts_judgement j;

	m.ref.head = m.ref.len;
	m.v6 = packet->layers[at->l3].proto == PKTS_PROTO_IPV6 &&
	       packet->layers[at->l4].proto == PKTS_PROTO_ICMPV6;
	m.src = m.v6 ? ip.p + 8 : NULL;
	m.dst = m.v6 ? ip.p + 24 : NULL;
	m.hop_limit = m.v6 ? ip.p[7] : ip.p[8];
	j = pkts_icmp_session_validate(&c->icmp, NULL, at->swapped ^ c->client, &m, 0);
	counted[1][j.validity]++;
	report(path, number, j, "ICMP");
}

static void take(const char *path, unsigned long number, const struct pkts_packet *packet)
{
	struct pkts_session_key key;
	struct pkts_session_at at;

	if (pkts_session_key_of(packet, PKTS_KEY_VLAN | PKTS_KEY_TUNNEL, &key, &at) != 0 ||
		at.l4 == PKTS_KEY_NO_LAYER)
		return;
	struct pkts_ref r = pkts_packet_ref(packet, at.l4);
	r.head = r.len;
	r.len = packet->layers[at.l4].len;
	if (packet->layers[at.l4].proto == PKTS_PROTO_SCTP)
		take_sctp(path, number, r, &key, at.swapped);
	else if (packet->layers[at.l4].proto == PKTS_PROTO_ICMP ||
		 packet->layers[at.l4].proto == PKTS_PROTO_ICMPV6)
		take_icmp(path, number, packet, &key, &at);
}

static void compare(const char *path)
{
	unsigned expected = 0;

	for (unsigned i = 0; i < PKTS_ARRAY_LEN(differences); i++) {
		const size_t n = strlen(differences[i].path), m = strlen(path);
		if (m >= n && strcmp(path + m - n, differences[i].path) == 0)
			expected = differences[i].invalid;
	}
	if (invalid_here != expected && ++wrong)
		printf("%s: %u invalid packets, not %u\n", path + root, invalid_here, expected);
}

static int take_file(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	char error[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *h;
	const u_char *p;
	pcap_t *const in = kind == FTW_F ? pcap_open_offline(path, error) : NULL;

	(void)st, (void)ftw;
	if (!in)
		return 0;
	invalid_here = 0;
	for (unsigned long n = 1; pcap_next_ex(in, &h, &p) == 1; n++) {
		uint8_t *const copy = malloc(h->caplen ? h->caplen : 1);
		const struct pkts_frame f = {memcpy(copy, p, h->caplen), h->caplen, h->caplen,
			h->len, (uint16_t)pcap_datalink(in)};
		struct pkts_packet packet;
		pkts_decode(NULL, &f, &packet);
		take(path, n, &packet);
		free(copy);
	}
	pcap_close(in);
	for (struct conversation *c; (c = conversations) != NULL; free(c))
		conversations = c->next;
	compare(path);
	return 0;
}

int main(int argc, char **argv)
{
	struct stat st;

	if (argc != 2 || stat(argv[1], &st) != 0) {
		printf("no captures at %s\n", argc > 1 ? argv[1] : "-");
		return 77;
	}
	root = strlen(argv[1]);
	nftw(argv[1], take_file, 16, FTW_PHYS);
	for (unsigned i = 0; i < 2; i++)
		printf("%s: %u valid, %u suspect, %u invalid\n", i ? "ICMP" : "SCTP",
			counted[i][PKTS_VALID], counted[i][PKTS_SUSPECT], counted[i][PKTS_INVALID]);
	return wrong != 0;
}
