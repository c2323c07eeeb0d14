/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Compose: what is read back from a frame composes to the frame; what is composed decodes clean. */
#include "pkts_compose.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "pkts_index.h"
#include "pkts_reason.h"
#include "row.h"

/* The layers of a packet as specs, with what stands behind them as payload and padding. */
static unsigned specs_of(const struct pkts_packet *packet, struct pkts_spec *specs)
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

/* Fragments and quotations say of lengths and sums what only the whole bears out. */
static bool stands_alone(const struct frame *f)
{
	return f->flags == NULL || f->flags[0] == 0;
}

static void a_frame_read_back_composes_to_itself(void **state)
{
	(void)state;
	for (unsigned i = 0; i < frames_n; i++) {
		const struct bytes b = bytes_of(frames[i].hex);
		const struct pkts_packet packet = decode_bytes(b, frames[i].link);
		struct pkts_spec specs[PKTS_COMPOSE_LAYERS];
		struct pkts_out out = {.data = malloc(b.n), .cap = b.n};

		if (stands_alone(&frames[i])) {
			const unsigned n = specs_of(&packet, specs);
			ROW_INT(frames[i].name, pkts_compose_specs(&out, specs, n), 0);
			ROW_INT(frames[i].name, out.len, b.n);
			for (uint32_t at = 0; at < b.n; at++)
				if (out.data[at] != b.p[at]) {
					print_error("%s: %s: byte %u is %02x, not %02x\n",
						frames[i].name, frames[i].layers, at, out.data[at],
						b.p[at]);
					fail();
				}
		}
		free(out.data);
		free(b.p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_read_back_composes_to_itself),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
