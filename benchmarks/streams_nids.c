/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "streams.h"

#include <nids.h>
#include <stddef.h>

static struct streams_out *current;

/* Warnings are for syslog; here they are not wanted. */
static void ignore(int type, int warning, struct ip *ip, void *data)
{
	(void)type, (void)warning, (void)ip, (void)data;
}

static void on_data(struct half_stream *half)
{
	const uint64_t end = (uint64_t)half->count;
	const uint64_t n = (uint64_t)half->count_new;

	streams_deliver(current, end - n, (const uint8_t *)half->data, n);
}

static void on_tcp(struct tcp_stream *stream, void **private)
{
	(void)private;
	if (stream->nids_state == NIDS_JUST_EST) {
		current->flows++;
		stream->client.collect++;
		stream->server.collect++;
	} else if (stream->nids_state == NIDS_DATA) {
		on_data(stream->client.count_new ? &stream->client : &stream->server);
	}
}

bool streams_nids_init(void)
{
	/* Ours looks at no checksum and for no port scans, so it need not either. */
	static struct nids_chksum_ctl nothing = {.action = NIDS_DONT_CHKSUM};

	nids_params.pcap_desc = pcap_open_dead(DLT_EN10MB, 65535);
	nids_params.n_tcp_streams = STREAMS_FLOWS * 4;
	nids_params.scan_num_hosts = 0;
	nids_params.syslog = ignore;
	if (!nids_params.pcap_desc || !nids_init())
		return false;
	nids_register_chksum_ctl(&nothing, 1);
	nids_register_tcp(__extension__(void *) on_tcp);
	return true;
}

void streams_nids_fini(void)
{
	nids_exit();
	if (nids_params.pcap_desc)
		pcap_close(nids_params.pcap_desc);
}

void streams_with_nids(const struct conversations *c, struct streams_out *out)
{
	current = out;
	for (unsigned i = 0; i < c->n; i++) {
		const struct captured *const f = &c->frames[i];
		conversations_fetch(c, i);
		struct pcap_pkthdr h = {.ts = {.tv_sec = (time_t)(f->ns / 1000000000),
						.tv_usec = (suseconds_t)(f->ns / 1000 % 1000000)},
			.caplen = f->len,
			.len = f->len};
		nids_pcap_handler(NULL, &h, f->data);
	}
}
