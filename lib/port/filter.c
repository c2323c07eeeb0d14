/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_filter.h"

#include <ctype.h>
#include <errno.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "filter_jit.h"
#include "pkts_mbuf.h"

#define LINKS_MAX                                                                                  \
	32 /* link types a filter is compiled for; frames of further ones do not match             \
	    */
#define SNAPLEN 262144

struct program {
	uint16_t link;
	bool fit;	    /* the expression makes sense for this link type */
	filter_jit_fn *run; /* NULL: libpcap's interpreter */
	struct filter_jit jit;
	struct bpf_program bpf;
};

struct pkts_filter {
	char *expression;
	uint8_t *scratch; /* where chains are put together for libpcap's interpreter */
	struct program *last;
	unsigned n;
	struct program programs[LINKS_MAX];
};

/* libpcap compiles for DLT_ values; these differ from the LINKTYPE_ ones. */
static int dlt(uint16_t link)
{
	switch (link) {
	case 100:
		return DLT_ATM_RFC1483;
	case 101:
		return DLT_RAW;
	case 102:
		return DLT_SLIP_BSDOS;
	case 103:
		return DLT_PPP_BSDOS;
	default:
		return link;
	}
}

/* The JIT knows only pkt_len, but `len` means the length on the wire. */
static bool asks_length(const struct bpf_program *p)
{
	for (unsigned i = 0; i < p->bf_len; i++)
		if (BPF_MODE(p->bf_insns[i].code) == BPF_LEN &&
			BPF_CLASS(p->bf_insns[i].code) <= BPF_LDX)
			return true;
	return false;
}

/* What an index from a packet's header length, or a fixed offset, stays far below. */
#define OFFSET_MAX 0xffff

/*
 * DPDK adds offset and width in 32 bits when it checks a load, so that one near 2^32 reads wild
 * memory. An index that a packet can choose freely is for libpcap's interpreter alone.
 */
static bool is_bounded(const struct bpf_insn *i)
{
	switch (BPF_CLASS(i->code)) {
	case BPF_LD:
		return BPF_MODE(i->code) == BPF_IMM || BPF_MODE(i->code) == BPF_MEM ||
		       i->k <= OFFSET_MAX;
	case BPF_LDX:
		return BPF_MODE(i->code) == BPF_MSH && i->k <= OFFSET_MAX;
	case BPF_MISC:
		return BPF_MISCOP(i->code) != BPF_TAX;
	default:
		return true;
	}
}

static bool suits_jit(const struct bpf_program *p)
{
	for (unsigned i = 0; i < p->bf_len; i++)
		if (!is_bounded(&p->bf_insns[i]))
			return false;
	return !asks_length(p);
}

static int compile(struct program *p, const char *expression, uint16_t link, struct pkts_error *err)
{
	pcap_t *dead = pcap_open_dead(dlt(link), SNAPLEN);
	int ret = 0;

	*p = (struct program){.link = link};
	if (!dead)
		return pkts_error_set(err, -ENOMEM, "out of memory compiling a filter");
	if (pcap_compile(dead, &p->bpf, expression, 1, PCAP_NETMASK_UNKNOWN))
		ret = pkts_error_set(err, -EINVAL,
			"filter '%.200s' cannot be used: %.160s (see pcap-filter(7))", expression,
			pcap_geterr(dead));
	pcap_close(dead);
	if (ret)
		return ret;
	p->fit = true;
	if (suits_jit(&p->bpf))
		p->run = filter_jit_compile(&p->jit, &p->bpf);
	return 0;
}

static struct program *add(struct pkts_filter *f, uint16_t link, struct pkts_error *err)
{
	struct program *p = &f->programs[f->n];

	if (f->n == LINKS_MAX)
		return NULL;
	f->n++;
	compile(p, f->expression, link, err); /* if that fails the program is not fit */
	return p;
}

static struct program *find(struct pkts_filter *f, uint16_t link)
{
	if (PKTS_LIKELY(f->last->link == link))
		return f->last;
	for (unsigned i = 0; i < f->n; i++)
		if (f->programs[i].link == link)
			return f->last = &f->programs[i];
	struct program *p = add(f, link, NULL);
	return p ? f->last = p : NULL;
}

static bool blank(const char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	return !*s;
}

int pkts_filter_create(
	struct pkts_filter **filter, const char *expression, uint16_t link, struct pkts_error *err)
{
	*filter = NULL;
	if (!expression || blank(expression))
		return 0;
	struct pkts_filter *f = calloc(1, sizeof(*f));
	if (!f || !(f->expression = strdup(expression)) || !(f->scratch = malloc(SNAPLEN))) {
		pkts_filter_destroy(f);
		return pkts_error_set(err, -ENOMEM, "out of memory compiling a filter");
	}
	f->last = add(f, link, err);
	if (!f->last->fit) {
		pkts_filter_destroy(f);
		return -EINVAL;
	}
	*filter = f;
	return 0;
}

void pkts_filter_destroy(struct pkts_filter *f)
{
	if (!f)
		return;
	for (unsigned i = 0; i < f->n; i++) {
		filter_jit_free(&f->programs[i].jit);
		pcap_freecode(&f->programs[i].bpf);
	}
	free(f->scratch);
	free(f->expression);
	free(f);
}

static bool matches(const struct program *p, const uint8_t *data, uint32_t len, uint32_t wire_len)
{
	const struct pcap_pkthdr header = {.caplen = len, .len = wire_len};
	return pcap_offline_filter(&p->bpf, &header, data) != 0;
}

static bool interpret(
	struct pkts_filter *f, const struct program *p, const struct rte_mbuf *m, uint32_t wire_len)
{
	const uint32_t len = PKTS_MIN(m->pkt_len, SNAPLEN);
	const uint8_t *data = rte_pktmbuf_read(m, 0, len, f->scratch);
	return matches(p, data, len, wire_len);
}

bool pkts_filter_match(struct pkts_filter *f, const struct rte_mbuf *m)
{
	if (!f)
		return true;
	const struct pkts_mbuf_meta meta = pkts_mbuf_meta(m);
	const struct program *p = find(f, meta.link);
	if (PKTS_UNLIKELY(!p || !p->fit))
		return false;
	/* The generated code only reads; that DPDK's prototype has no const is an oversight. */
	return p->run ? p->run((void *)(uintptr_t)m) != 0 : interpret(f, p, m, meta.wire_len);
}

/* An mbuf that lends the bytes to code that expects one. */
static bool run_on_bytes(const struct program *p, const uint8_t *data, uint16_t len)
{
	struct rte_mbuf m;

	m.buf_addr = (void *)(uintptr_t)data;
	m.data_off = 0;
	m.nb_segs = 1;
	m.data_len = len;
	m.pkt_len = len;
	m.next = NULL;
	return p->run(&m) != 0;
}

bool pkts_filter_match_bytes(
	struct pkts_filter *f, uint16_t link, const uint8_t *data, uint32_t len, uint32_t wire_len)
{
	if (!f)
		return true;
	const struct program *p = find(f, link);
	if (PKTS_UNLIKELY(!p || !p->fit))
		return false;
	if (p->run && len <= UINT16_MAX)
		return run_on_bytes(p, data, (uint16_t)len);
	return matches(p, data, len, wire_len);
}

const struct bpf_program *pkts_filter_program(struct pkts_filter *f, uint16_t link)
{
	const struct program *p = f ? find(f, link) : NULL;
	return p && p->fit ? &p->bpf : NULL;
}

bool pkts_filter_fits(struct pkts_filter *f, uint16_t link)
{
	return !f || pkts_filter_program(f, link);
}
