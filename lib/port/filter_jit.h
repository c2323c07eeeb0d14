/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* libpcap's programs as machine code, through DPDK's converter and JIT. */
#ifndef FILTER_JIT_H
#define FILTER_JIT_H

#include "pkts_base.h"

struct bpf_program;
struct rte_bpf;

struct filter_jit {
	struct rte_bpf *bpf;
};

typedef uint64_t filter_jit_fn(void *mbuf);

/*
 * The program as a function of an mbuf, 0 for no match; NULL if this machine, this DPDK or this
 * program does not allow it. It sees the packet's captured length as `len`.
 */
filter_jit_fn *filter_jit_compile(struct filter_jit *jit, const struct bpf_program *program);
void filter_jit_free(struct filter_jit *jit);

#endif
