/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Any bytes as an expression: it is read or refused with a message that makes sense, within its
 * limits. The same bytes as a frame: what is shown of it composes to it.
 */
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "pkts_text.h"

#define STEPS 5

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int no_file(
	void *ctx, const char *name, size_t len, uint8_t *room, uint32_t cap, uint32_t *n)
{
	const uint32_t wanted = *(const uint16_t *)ctx & 15;

	DEMAND(len > 0 && memchr(name, 0, len) == NULL);
	if (wanted > cap)
		return -PKTS_ENOSPC;
	memset(room, 'f', wanted);
	*n = wanted;
	return wanted == 13 ? -2 : 0;
}

static void demand_text(const char *text, size_t cap)
{
	const size_t n = strnlen(text, cap);

	DEMAND(n < cap);
	for (size_t i = 0; i < n; i++)
		DEMAND(text[i] >= 0x20 && text[i] < 0x7f);
}

static void demand_error(const struct pkts_expr *e, const struct pkts_expr_error *err, size_t len)
{
	DEMAND(err->at <= len && err->text[0]);
	demand_text(err->text, sizeof(err->text));
	demand_text(err->possible, sizeof(err->possible));
	DEMAND(e->n == 0 && e->nvary == 0);
}

static void demand_fitting(const struct pkts_expr *e)
{
	DEMAND(e->n >= 1 && e->n <= PKTS_COMPOSE_LAYERS);
	DEMAND(e->used <= e->cap && e->nvary <= PKTS_EXPR_VARY && e->nvalues <= PKTS_EXPR_VALUES);
	for (unsigned i = 0; i < e->nvary; i++)
		DEMAND(e->vary[i].layer < e->n &&
			e->vary[i].offset + 8 <= (int)sizeof(struct pkts_spec));
}

/* Whatever steps do, values fit their fields: only a derived length may not, or the room. */
static void compose(struct pkts_expr *e, uint64_t seed)
{
	static uint8_t frame[1 << 17];

	for (uint64_t n = 0; n < STEPS; n++) {
		struct pkts_out out = {.data = frame, .cap = sizeof(frame)};
		pkts_expr_step(e, n * seed, &seed);
		const int rc = pkts_expr_compose(e, &out);
		DEMAND(rc == 0 || (rc == -PKTS_ERANGE && out.field) ||
			(rc == -PKTS_ENOSPC && out.layer));
	}
	DEMAND(pkts_expr_count(e) >= 1);
}

static void read_text(const struct input *in)
{
	uint16_t knob = in->knob;
	const struct pkts_expr_files files = {no_file, &knob};
	const uint32_t cap = in->knob == 0xffff ? 1 << 16 : in->knob % 512;
	struct pkts_expr_error err;
	struct pkts_expr *const e = malloc(sizeof(*e));
	char *const text = (char *)input_copy(in, in->n);

	memset(e, 0xa5, sizeof(*e));
	e->room = malloc(cap);
	e->cap = cap;
	const int rc = pkts_expr_parse(e, text, in->n, in->knob & 1 ? &files : NULL, &err);
	free(text); /* an expression outlives its text */
	if (rc) {
		demand_error(e, &err, in->n);
	} else {
		demand_fitting(e);
		compose(e, in->knob);
	}
	free(e->room);
	free(e);
}

/* As much room as the frame is long suffices. */
static void demand_same_frame(const struct pkts_packet *packet, const struct gathered *shown)
{
	struct pkts_expr e = {.room = malloc(packet->len), .cap = packet->len};
	struct pkts_out out = {.data = malloc(packet->len), .cap = packet->len};

	DEMAND(pkts_expr_parse(&e, shown->text, shown->n, NULL, NULL) == 0);
	DEMAND(pkts_expr_compose(&e, &out) == 0);
	DEMAND(out.len == packet->len);
	DEMAND(out.len == 0 || memcmp(out.data, packet->data, out.len) == 0);
	free(out.data);
	free(e.room);
}

static void show(const struct input *in, uint32_t cap)
{
	static struct gathered shown;
	uint8_t *const p = input_copy(in, in->n), *const scratch = malloc(cap);
	const struct pkts_packet packet = input_decode(NULL, in, p);

	gather_begin(&shown, 1 + in->knob % 100);
	DEMAND(pkts_text_show(&shown.sink, &packet, scratch, cap) <= packet.n);
	gather_end(&shown);
	demand_text(shown.text, sizeof(shown.text));
	demand_same_frame(&packet, &shown);
	gather_free(&shown);
	free(scratch);
	free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in;

	if (!input_read(&in, data, size))
		return 0;
	read_text(&in);
	show(&in, in.n);
	if (in.knob & 2 && in.n)
		show(&in, in.n - 1);
	return 0;
}
