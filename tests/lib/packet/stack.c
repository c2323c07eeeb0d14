/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "stack.h"

#include <stdio.h>
#include <string.h>

#define LAYERS_MAX 12
/* Payload begins with no version of IP: where it would be taken for a packet, its lengths and sums
 * would be derived again. */
#define NO_IP 0x0f

uint64_t stack_random(uint64_t *state)
{
	uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

uint32_t stack_below(uint64_t *state, uint32_t n)
{
	return (uint32_t)((stack_random(state) >> 32) * n >> 32);
}

bool stack_chance(uint64_t *state, uint32_t n)
{
	return stack_below(state, n) == 0;
}

struct pkts_span stack_bytes(struct stack *s, uint64_t *state, uint32_t n)
{
	uint8_t *const p = s->room + s->used;

	n = PKTS_MIN(n, STACK_ROOM - s->used);
	s->used += n;
	for (uint32_t i = 0; i < n; i++)
		p[i] = (uint8_t)(stack_random(state) >> 56);
	return (struct pkts_span){p, n};
}

bool stack_is_number(const struct pkts_spec_field *f)
{
	return f->kind != PKTS_KIND_MAC && f->kind != PKTS_KIND_IPV6 && f->kind != PKTS_KIND_BYTES;
}

static uint8_t *member(struct pkts_spec *s, uint32_t offset)
{
	return (uint8_t *)&s->payload + offset;
}

uint64_t *stack_member(struct pkts_spec *s, const struct pkts_spec_field *f)
{
	return (uint64_t *)(void *)member(s, f->offset);
}

_Static_assert(offsetof(struct pkts_spec, payload) == offsetof(struct pkts_spec, eth), "a union");
/* The row behind all others tells where. */
struct pkts_span *stack_opts(struct pkts_spec *s)
{
	const struct pkts_spec_field *f = pkts_spec_fields(s->proto);

	while (f->name)
		f++;
	return (struct pkts_span *)(void *)member(s, f->offset);
}

const char *stack_text(const struct pkts_spec *specs, unsigned n)
{
	static char text[512];
	size_t used = 0;

	text[0] = 0;
	for (unsigned i = 0; i < n && used < sizeof(text); i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", i ? "/" : "",
			specs[i].proto		   ? pkts_proto_info(specs[i].proto)->name
			: specs[i].payload.padding ? "padding"
						   : "payload");
	return text;
}

unsigned stack_of(const struct pkts_packet *packet, struct pkts_spec *specs)
{
	const uint32_t excess = pkts_verdict(packet).excess;
	uint32_t len;
	const uint32_t off = pkts_packet_payload(packet, &len);
	unsigned n = 0;

	for (unsigned i = 0; i < packet->n; i++)
		specs[n++] = pkts_spec_of(packet, i);
	specs[n++] = (struct pkts_spec){.payload = RAW(packet->data + off, len)};
	specs[n++] =
		(struct pkts_spec){.payload = PADDING(packet->data + packet->len - excess, excess)};
	return n;
}

/* What each protocol can carry. */

#define BIT(PROTO) (UINT64_C(1) << (PROTO))
#define IP	   (BIT(PKTS_PROTO_IPV4) | BIT(PKTS_PROTO_IPV6))
#define BEHIND_IP                                                                                  \
	(IP | BIT(PKTS_PROTO_TCP) | BIT(PKTS_PROTO_UDP) | BIT(PKTS_PROTO_UDPLITE) |                \
		BIT(PKTS_PROTO_SCTP) | BIT(PKTS_PROTO_GRE) | BIT(PKTS_PROTO_ESP) |                 \
		BIT(PKTS_PROTO_AH) | BIT(PKTS_PROTO_MPLS) | BIT(PKTS_PROTO_ETH))
#define BEHIND_IPV4 (BEHIND_IP | BIT(PKTS_PROTO_ICMP) | BIT(PKTS_PROTO_IGMP))
#define BEHIND_EXTENSION                                                                           \
	(BEHIND_IP | BIT(PKTS_PROTO_ICMPV6) | BIT(PKTS_PROTO_IPV6_ROUTING) |                       \
		BIT(PKTS_PROTO_IPV6_FRAG) | BIT(PKTS_PROTO_IPV6_DSTOPTS) |                         \
		BIT(PKTS_PROTO_IPV6_SHIM6))
/* Of these, whose checksums wait for the addresses, there is one in a packet. */
#define WAITING (BIT(PKTS_PROTO_IPV6_MOBILITY) | BIT(PKTS_PROTO_IPV6_HIP))
#define BEHIND_ETHERTYPE                                                                           \
	(IP | BIT(PKTS_PROTO_ARP) | BIT(PKTS_PROTO_VLAN) | BIT(PKTS_PROTO_MPLS) |                  \
		BIT(PKTS_PROTO_PPPOE))

static const uint64_t carried[PKTS_PROTO_MAX] = {
	[PKTS_PROTO_ETH] = BEHIND_ETHERTYPE | BIT(PKTS_PROTO_LLC),
	[PKTS_PROTO_VLAN] = BEHIND_ETHERTYPE | BIT(PKTS_PROTO_LLC),
	[PKTS_PROTO_LLC] = BIT(PKTS_PROTO_SNAP) | BIT(PKTS_PROTO_IPV4),
	[PKTS_PROTO_SNAP] = BEHIND_ETHERTYPE,
	[PKTS_PROTO_MPLS] = IP | BIT(PKTS_PROTO_MPLS),
	[PKTS_PROTO_PPPOE] = BIT(PKTS_PROTO_PPP),
	[PKTS_PROTO_PPP] = IP | BIT(PKTS_PROTO_MPLS),
	[PKTS_PROTO_SLL] = BEHIND_ETHERTYPE | BIT(PKTS_PROTO_LLC),
	[PKTS_PROTO_SLL2] = BEHIND_ETHERTYPE | BIT(PKTS_PROTO_LLC),
	[PKTS_PROTO_NULL] = IP,
	[PKTS_PROTO_RAW] = IP,
	[PKTS_PROTO_IPV4] = BEHIND_IPV4,
	[PKTS_PROTO_IPV6] = BEHIND_EXTENSION | WAITING | BIT(PKTS_PROTO_IPV6_HOPOPTS),
	[PKTS_PROTO_IPV6_HOPOPTS] = BEHIND_EXTENSION,
	[PKTS_PROTO_IPV6_ROUTING] = BEHIND_EXTENSION,
	[PKTS_PROTO_IPV6_FRAG] = BEHIND_EXTENSION,
	[PKTS_PROTO_IPV6_DSTOPTS] = BEHIND_EXTENSION,
	[PKTS_PROTO_IPV6_MOBILITY] = BEHIND_EXTENSION,
	[PKTS_PROTO_IPV6_HIP] = BEHIND_EXTENSION,
	[PKTS_PROTO_IPV6_SHIM6] = BEHIND_EXTENSION,
	[PKTS_PROTO_AH] = BEHIND_EXTENSION,
	[PKTS_PROTO_ICMP] = BIT(PKTS_PROTO_IPV4),
	[PKTS_PROTO_ICMPV6] = BIT(PKTS_PROTO_IPV6),
	[PKTS_PROTO_UDP] = BIT(PKTS_PROTO_VXLAN) | BIT(PKTS_PROTO_GENEVE) | BIT(PKTS_PROTO_GTP) |
			   BIT(PKTS_PROTO_MPLS) | BIT(PKTS_PROTO_ESP),
	[PKTS_PROTO_GRE] = BEHIND_ETHERTYPE | BIT(PKTS_PROTO_ETH) | BIT(PKTS_PROTO_PPP),
	[PKTS_PROTO_VXLAN] = BIT(PKTS_PROTO_ETH),
	[PKTS_PROTO_GENEVE] = BEHIND_ETHERTYPE | BIT(PKTS_PROTO_ETH),
	[PKTS_PROTO_GTP] = IP,
};

/* Frames begin with one of these; Ethernet most of the time. */
static const struct {
	uint16_t link;
	enum pkts_proto proto;
} links[] = {{1, PKTS_PROTO_ETH}, {1, PKTS_PROTO_ETH}, {1, PKTS_PROTO_ETH}, {1, PKTS_PROTO_ETH},
	{1, PKTS_PROTO_ETH}, {108, PKTS_PROTO_NULL}, {101, PKTS_PROTO_RAW}, {228, PKTS_PROTO_IPV4},
	{229, PKTS_PROTO_IPV6}, {9, PKTS_PROTO_PPP}, {51, PKTS_PROTO_PPPOE}, {113, PKTS_PROTO_SLL},
	{276, PKTS_PROTO_SLL2}};

static enum pkts_proto one_of(uint64_t protos, uint64_t *state)
{
	uint32_t left = stack_below(state, (uint32_t)__builtin_popcountll(protos));

	while (left--)
		protos &= protos - 1;
	return (enum pkts_proto)__builtin_ctzll(protos);
}

/* Fields whose value says where what follows begins, what it is, or whether it is right. */
static bool has_to_be_derived(enum pkts_proto proto, const char *name)
{
	static const struct {
		enum pkts_proto proto; /* NONE: any */
		const char *name;
	} rows[] = {
		{PKTS_PROTO_NONE, "csum"},
		{PKTS_PROTO_NONE, "length"},
		{PKTS_PROTO_NONE, "next"},
		{PKTS_PROTO_NONE, "ext_length"},
		{PKTS_PROTO_ETH, "type"},
		{PKTS_PROTO_VLAN, "type"},
		{PKTS_PROTO_SNAP, "type"},
		{PKTS_PROTO_MPLS, "bottom"},
		{PKTS_PROTO_PPP, "first"},
		{PKTS_PROTO_PPP, "protocol"},
		{PKTS_PROTO_IPV4, "ihl"},
		{PKTS_PROTO_IPV4, "total_length"},
		{PKTS_PROTO_IPV4, "protocol"},
		{PKTS_PROTO_IPV6, "payload_length"},
		{PKTS_PROTO_AH, "ah_length"},
		{PKTS_PROTO_TCP, "data_offset"},
		{PKTS_PROTO_GRE, "has_csum"},
		{PKTS_PROTO_GRE, "has_key"},
		{PKTS_PROTO_GRE, "has_seq"},
		{PKTS_PROTO_GRE, "has_ack"},
		{PKTS_PROTO_GRE, "version"},
		{PKTS_PROTO_GRE, "protocol"},
		{PKTS_PROTO_GRE, "payload_length"},
		{PKTS_PROTO_GRE, "routing_offset"},
		{PKTS_PROTO_GENEVE, "opt_length"},
		{PKTS_PROTO_GENEVE, "protocol"},
		{PKTS_PROTO_SLL, "protocol"},
		{PKTS_PROTO_SLL2, "protocol"},
		{PKTS_PROTO_NULL, "raw_family"},
	};

	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++)
		if ((rows[i].proto == PKTS_PROTO_NONE || rows[i].proto == proto) &&
			strcmp(rows[i].name, name) == 0)
			return true;
	return false;
}

/* Most values of these end decoding, or make a fragment: they are wanted, but not all the time. */
static bool is_better_rare(const char *name)
{
	static const char *const names[] = {"version", "mf", "frag_offset", "more", "pt", "control",
		"dsap", "ssap", "oui", "flags", "has_routing", "hardware_size", "protocol_size",
		"hardware", "code", "arphrd", "dport"};

	for (unsigned i = 0; i < PKTS_ARRAY_LEN(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* Ports of UDP that announce nothing, and versions that make an IP header nothing at all. */
static uint64_t value_of(const struct pkts_spec *s, const struct pkts_spec_field *f, uint64_t x)
{
	x &= UINT64_MAX >> (64 - f->width);
	if (s->proto == PKTS_PROTO_UDP && strstr(f->name, "port"))
		x |= 0x8000;
	if (f->width == 4 && strcmp(f->name, "version") == 0)
		x |= 8;
	return x;
}

static void fill(struct pkts_spec *s, uint64_t *state)
{
	for (const struct pkts_spec_field *f = pkts_spec_fields(s->proto); f->name; f++) {
		const uint64_t x = stack_random(state);
		const uint32_t rare = is_better_rare(f->name) ? 24 : 2;
		if (!stack_is_number(f))
			memcpy(stack_member(s, f), &x, 6);
		else if (!has_to_be_derived(s->proto, f->name) && stack_chance(state, rare))
			*stack_member(s, f) = PKTS_PIN(value_of(s, f, x));
	}
}

/* The flags of GRE, where it has fields for them, and the two forms of its header. */
static void fill_gre(struct pkts_gre_spec *s, uint64_t *state)
{
	if (stack_chance(state, 4)) {
		s->version = 1;
	} else {
		s->call_id = s->ack = 0;
		s->has_csum = stack_chance(state, 2);
	}
	if (s->has_routing == PKTS_PIN(1) && s->version == 0)
		s->routing_offset = PKTS_PIN(0);
}

/* In GRE and GTP what stands there is decoded only if other fields say that it is there. */
static uint32_t opts_length(const struct pkts_spec *s, uint64_t *state)
{
	static const uint8_t most[PKTS_PROTO_MAX] = {[PKTS_PROTO_IPV4] = 40,
		[PKTS_PROTO_TCP] = 40,
		[PKTS_PROTO_IPV6_HOPOPTS] = 70,
		[PKTS_PROTO_IPV6_DSTOPTS] = 70,
		[PKTS_PROTO_IPV6_ROUTING] = 100,
		[PKTS_PROTO_IPV6_MOBILITY] = 70,
		[PKTS_PROTO_IPV6_HIP] = 70,
		[PKTS_PROTO_AH] = 32,
		[PKTS_PROTO_GENEVE] = 120,
		[PKTS_PROTO_SCTP] = 80,
		[PKTS_PROTO_ICMPV6] = 40};

	if (s->proto == PKTS_PROTO_GRE)
		return s->gre.has_routing == PKTS_PIN(1) ? stack_below(state, 40) : 0;
	return most[s->proto] && stack_chance(state, 2) ? stack_below(state, most[s->proto] + 1)
							: 0;
}

/* One extension header of 4 bytes, the last one; and a flag for what is there. */
static void fill_gtp(struct pkts_gtp_spec *s)
{
	static const uint8_t extension[] = {1, 0xab, 0xcd, 0};

	if (((s->e | s->s | s->pn) & 1) == 0)
		s->e = s->s = s->pn = 0;
	if (s->next_extension & 0xff)
		s->opts = (struct pkts_span){extension, sizeof(extension)};
}

static void add_layer(struct stack *s, enum pkts_proto proto, uint64_t *state)
{
	struct pkts_spec *const spec = &s->specs[s->n++];

	memset(spec, 0, sizeof(*spec));
	spec->proto = proto;
	fill(spec, state);
	if (proto == PKTS_PROTO_GRE)
		fill_gre(&spec->gre, state);
	if (proto == PKTS_PROTO_PPP)
		spec->ppp.first = stack_chance(state, 2) ? 0xff : 0;
	*stack_opts(spec) = stack_bytes(s, state, opts_length(spec, state));
	if (proto == PKTS_PROTO_ICMPV6 && spec->icmpv6.opts.len)
		s->room[s->used - spec->icmpv6.opts.len] &= NO_IP;
	if (proto == PKTS_PROTO_GTP)
		fill_gtp(&spec->gtp);
}

static struct pkts_span no_ip(struct stack *s, uint64_t *state, uint32_t n)
{
	const struct pkts_span b = stack_bytes(s, state, n);

	if (b.len)
		s->room[s->used - b.len] &= NO_IP;
	return b;
}

static void add_payload(struct stack *s, uint64_t *state)
{
	const uint32_t most = stack_chance(state, 8) ? 1400 : 64;
	const struct pkts_span b = no_ip(s, state, stack_below(state, most));

	s->specs[s->n++] = (struct pkts_spec){.payload = RAW(b.p, b.len)};
}

static void add_padding(struct stack *s, uint64_t *state)
{
	const struct pkts_span b = no_ip(s, state, 1 + stack_below(state, 40));

	s->specs[s->n++] = (struct pkts_spec){.payload = PADDING(b.p, b.len)};
}

void stack_make(struct stack *s, uint64_t *state)
{
	const unsigned start = stack_below(state, PKTS_ARRAY_LEN(links));
	enum pkts_proto proto = links[start].proto;

	s->n = s->used = 0;
	s->link = links[start].link;
	for (add_layer(s, proto, state); s->n < LAYERS_MAX && carried[proto];
		add_layer(s, proto, state)) {
		if (stack_chance(state, 8))
			break;
		proto = one_of(carried[proto], state);
	}
	/* What stands behind ARP belongs to none of the layers: that is padding. */
	if (proto != PKTS_PROTO_ARP && !stack_chance(state, 4))
		add_payload(s, state);
	if (stack_chance(state, 4))
		add_padding(s, state);
}
