/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Any frame as JSON: it is JSON, and not a byte depends on the size of the buffer. */
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "json.h"
#include "pkts_show.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct pkts_decoder decoder = {.cut_options = true}; /* as pkts-dump has it */
	uint8_t checksums[PKTS_PACKET_LAYERS];
	static struct gathered small, large;
	struct input in;

	if (!input_read(&in, data, size))
		return 0;
	uint8_t *const p = input_copy(&in, in.n);
	const struct pkts_packet packet = input_decode(&decoder, &in, p);
	const struct pkts_shown about = {
		in.knob, (uint64_t)in.knob << 44, in.wire, in.n, checksums};
	for (unsigned i = 0; i < packet.n; i++)
		checksums[i] = (uint8_t)pkts_packet_checksum(&packet, i, NULL);

	gather_begin(&small, 1 + in.knob % 200);
	gather_begin(&large, 1 << 16);
	pkts_json(&small.sink, &packet, &about);
	pkts_json(&large.sink, &packet, &about);
	gather_end(&small);
	gather_end(&large);
	DEMAND(json_error(large.text, large.n) == NULL);
	DEMAND(json_members(large.text, large.n, "verdict") == 1);
	DEMAND(small.n == large.n && memcmp(small.text, large.text, small.n) == 0);
	gather_free(&small);
	gather_free(&large);
	free(p);
	return 0;
}
