/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#include "conversations.h"
#include "pkts_error.h"
#include "pkts_packet.h"

#define TOP_UP 4096

/* A whole frame of Ethernet, IPv4 and TCP, no fragment. */
static bool is_usable(const struct pcap_pkthdr *h, const uint8_t *data)
{
	const struct pkts_frame f = {(uint8_t *)(uintptr_t)data, h->caplen, h->caplen, h->len, 1};
	struct pkts_packet packet;

	pkts_decode(NULL, &f, &packet);
	return packet.n == 3 && packet.layers[1].proto == PKTS_PROTO_IPV4 &&
	       packet.layers[2].proto == PKTS_PROTO_TCP && !packet.flags;
}

static bool keep(struct conversations *c, const struct pcap_pkthdr *h, const uint8_t *data)
{
	const uint64_t ns = (uint64_t)h->ts.tv_sec * 1000000000 + (uint64_t)h->ts.tv_usec * 1000;

	if (c->n % TOP_UP == 0) {
		struct captured *const more =
			realloc(c->frames, (c->n + TOP_UP) * sizeof(*c->frames));
		if (!more)
			return false;
		c->frames = more;
	}
	struct captured *const f = &c->frames[c->n];
	*f = (struct captured){malloc(h->caplen), h->caplen, ns};
	if (!f->data)
		return false;
	memcpy(f->data, data, h->caplen);
	c->n++;
	return true;
}

bool conversations_load(struct conversations *c, const char *name, struct pkts_error *err)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	pcap_t *const pcap = pcap_open_offline(name, why);
	struct pcap_pkthdr *h;
	const uint8_t *data;
	bool good = pcap && pcap_datalink(pcap) == DLT_EN10MB;

	*c = (struct conversations){0};
	while (good && pcap_next_ex(pcap, &h, &data) == 1)
		good = !is_usable(h, data) || keep(c, h, data);
	snprintf(err->text, sizeof(err->text), "%s: %s", name,
		pcap ? "not Ethernet, or too long" : why);
	if (pcap)
		pcap_close(pcap);
	return good;
}
