/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_sctp_param.h"

static bool is_any(const uint8_t *ip, uint32_t len)
{
	uint8_t bits = 0;

	for (uint32_t i = 0; i < len; i++)
		bits |= ip[i];
	return bits == 0;
}

/* Class E and 255.255.255.255 are no addresses of hosts either. */
static bool is_unicast(const uint8_t *ip, uint32_t len)
{
	return !is_any(ip, len) && (len == 4 ? ip[0] < 224 : ip[0] != 0xff);
}

/* An address parameter, whose length has to be that of its type. */
static bool read_address(struct pkts_tlv param, struct pkts_sctp_address *a)
{
	const uint32_t len = param.type == PKTS_SCTP_PARAM_IPV4	  ? 4
			     : param.type == PKTS_SCTP_PARAM_IPV6 ? 16
								  : 0;

	if (len == 0 || param.len != len)
		return false;
	a->ip = param.data;
	a->len = (uint8_t)len;
	a->any = is_any(param.data, len);
	a->unicast = is_unicast(param.data, len);
	return true;
}

/* One of ASCONF's requests: a number, and an address inside. */
static bool read_request(struct pkts_tlv param, struct pkts_sctp_address *a)
{
	struct pkts_tlv_iter inside = pkts_sctp_params_inside(param);
	struct pkts_tlv address;

	if (param.type != PKTS_SCTP_PARAM_ADD && param.type != PKTS_SCTP_PARAM_DELETE &&
		param.type != PKTS_SCTP_PARAM_PRIMARY)
		return false;
	if (!pkts_sctp_param_next(&inside, &address) || !read_address(address, a))
		return false;
	a->use = param.type == PKTS_SCTP_PARAM_ADD	? PKTS_SCTP_ADDRESS_ADD
		 : param.type == PKTS_SCTP_PARAM_DELETE ? PKTS_SCTP_ADDRESS_DELETE
							: PKTS_SCTP_ADDRESS_PRIMARY;
	a->request = pkts_be32(param.data);
	return true;
}

static bool read_param(uint8_t chunk, struct pkts_tlv param, struct pkts_sctp_address *a)
{
	switch (chunk) {
	case PKTS_SCTP_INIT:
	case PKTS_SCTP_INIT_ACK:
		a->use = PKTS_SCTP_ADDRESS_LISTED;
		return read_address(param, a);
	case PKTS_SCTP_ASCONF:
		a->use = PKTS_SCTP_ADDRESS_SENDER;
		return read_request(param, a) || read_address(param, a);
	default:
		return false;
	}
}

bool pkts_sctp_addresses_next(struct pkts_sctp_addresses *it, struct pkts_sctp_address *address)
{
	struct pkts_tlv param;

	while (pkts_sctp_param_next(&it->params, &param)) {
		*address = (struct pkts_sctp_address){0};
		if (read_param(it->chunk, param, address))
			return true;
	}
	return false;
}
