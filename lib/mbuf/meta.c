/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_mbuf.h"

#include <errno.h>
#include <rte_errno.h>

#include "fail.h"

int pkts_mbuf_timestamp_offset = -1;
int pkts_mbuf_meta_offset = -1;
uint64_t pkts_mbuf_timestamp_flag;
uint64_t pkts_mbuf_meta_flag;

static const struct rte_mbuf_dynfield meta_field = {
	.name = "pkts_meta",
	.size = sizeof(struct pkts_mbuf_meta),
	.align = __alignof__(struct pkts_mbuf_meta),
};

static const struct rte_mbuf_dynflag meta_flag = {.name = "pkts_meta_valid"};

static int no_room(struct pkts_error *err, const char *what)
{
	const int code = rte_errno ? rte_errno : ENOSPC;
	return pkts_error_set(
		err, -code, "cannot register the %s in DPDK's mbuf: %s", what, rte_strerror(code));
}

int pkts_mbuf_init(struct pkts_error *err)
{
	int bit;

	if (rte_mbuf_dyn_rx_timestamp_register(
		    &pkts_mbuf_timestamp_offset, &pkts_mbuf_timestamp_flag))
		return no_room(err, "receive timestamp");
	pkts_mbuf_meta_offset = rte_mbuf_dynfield_register(&meta_field);
	if (pkts_mbuf_meta_offset < 0)
		return no_room(err, "field for the length on the wire and the link type");
	bit = rte_mbuf_dynflag_register(&meta_flag);
	if (bit < 0)
		return no_room(err, "flag of the field for the link type");
	pkts_mbuf_meta_flag = UINT64_C(1) << bit;
	return 0;
}
