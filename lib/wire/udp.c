/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_udp.h"

enum pkts_proto pkts_udp_confirm(enum pkts_proto proto, const uint8_t *data, uint32_t readable)
{
	switch (proto) {
	case PKTS_PROTO_ESP:
		return readable >= 4 && pkts_be32(data) != 0 ? proto : PKTS_PROTO_NONE;
	case PKTS_PROTO_GTP:
		return readable >= 1 && data[0] >> 5 == 1 ? proto : PKTS_PROTO_NONE;
	default:
		return proto;
	}
}
