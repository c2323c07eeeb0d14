/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Any frame as text: lines that a terminal can take, and not a byte depends on the size of the
 * buffer. */
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "pkts_show.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_all(
	struct pkts_sink *out, const struct pkts_packet *packet, const struct pkts_shown *about)
{
	pkts_summary(out, packet, about);
	pkts_put_char(out, '\n');
	pkts_show(out, packet, about);
	pkts_hex(out, packet->data, packet->len);
}

/* A name, an address or a byte of a packet must not become a control character. */
static void demand_printable(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		DEMAND((text[i] >= 0x20 && text[i] < 0x7f) || text[i] == '\n');
	DEMAND(n > 0 && text[n - 1] == '\n');
}

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

	gather_begin(&small, 1 + in.knob % 100);
	gather_begin(&large, 1 << 16);
	write_all(&small.sink, &packet, &about);
	write_all(&large.sink, &packet, &about);
	gather_end(&small);
	gather_end(&large);
	demand_printable(large.text, large.n);
	DEMAND(small.n == large.n && memcmp(small.text, large.text, small.n) == 0);
	gather_free(&small);
	gather_free(&large);
	free(p);
	return 0;
}
