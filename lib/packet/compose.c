/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_compose.h"

static void add_sum(void *ctx, const uint8_t *p, uint32_t n)
{
	pkts_cksum_add(ctx, p, n);
}

static void add_crc(void *ctx, const uint8_t *p, uint32_t n)
{
	uint32_t *const crc = ctx;
	*crc = pkts_crc32c_add(*crc, p, n);
}

void pkts_builder_add_attached(const struct pkts_bytes *bytes, uint32_t len, struct pkts_cksum *sum)
{
	bytes->walk(bytes->owner, 0, len, add_sum, sum);
}

uint32_t pkts_builder_crc_attached(const struct pkts_bytes *bytes, uint32_t len, uint32_t crc)
{
	bytes->walk(bytes->owner, 0, len, add_crc, &crc);
	return crc;
}

const uint8_t *pkts_builder_home(const uint8_t *p, uint32_t head, const uint8_t *none)
{
	struct pkts_tlv_iter it = pkts_tlv_begin(p + PKTS_IPV6_DSTOPTS_HEAD, p + head);
	struct pkts_tlv option;

	while (pkts_ipv6_option_next(&it, &option))
		if (option.type == PKTS_IPV6_OPTION_HOME_ADDRESS && option.len == 16)
			return option.data;
	return none;
}

static bool put(struct pkts_builder *b, struct pkts_place *place, const struct pkts_spec *s)
{
	switch (s->proto) {
		PKTS_COMPOSERS(PKTS_PUT_CASE)
	default:
		return pkts_payload_put(b, place, &s->payload);
	}
}

static void finish(
	struct pkts_builder *b, const struct pkts_place *place, const struct pkts_spec *s)
{
	switch (s->proto) {
		PKTS_COMPOSERS(PKTS_FINISH_CASE)
	default:
		pkts_payload_finish(b, place, &s->payload);
	}
}

int pkts_compose_specs(struct pkts_out *out, const struct pkts_spec *specs, unsigned n)
{
	struct pkts_builder b = pkts_builder_begin(out);
	struct pkts_place places[PKTS_COMPOSE_LAYERS];
	unsigned down = 0;

	out->len = 0;
	if (n > PKTS_COMPOSE_LAYERS)
		return -PKTS_EINVAL;
	while (down < n && put(&b, &places[down], &specs[down]))
		down++;
	while (down-- > 0)
		finish(&b, &places[down], &specs[down]);
	return pkts_builder_end(out, &b);
}
