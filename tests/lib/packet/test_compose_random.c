/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Compose, over random stacks of every protocol: what is composed, decoded and read back composes to
 * the same bytes, whichever way it is asked for. */
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "row.h"
#include "stack.h"

#define ROUNDS	  100000u
#define FRAME_MAX (16u << 10)

/* A failure is repeated with its round alone: each round starts from its own seed. */
static uint64_t seed_of(unsigned round)
{
	return UINT64_C(0x706b7473) << 32 | round;
}

struct counts {
	unsigned inner_padding;
	unsigned whole; /* frames that decode to just the layers that they were made of */
	unsigned layers[PKTS_PROTO_MAX];
};

static struct pkts_out composed(const struct stack *s, uint8_t *room)
{
	struct pkts_out out = {.data = room, .cap = FRAME_MAX};
	const int rc = pkts_compose_specs(&out, s->specs, s->n);

	if (rc)
		fail_msg("%s: %d at %s.%s", stack_text(s->specs, s->n), rc, out.layer, out.field);
	return out;
}

static void expect_same(unsigned round, const struct stack *s, const struct pkts_packet *packet,
	const struct pkts_out *got)
{
	uint32_t at = 0;

	if (got->len == packet->len && memcmp(got->data, packet->data, got->len) == 0)
		return;
	while (at < PKTS_MIN(got->len, packet->len) && got->data[at] == packet->data[at])
		at++;
	print_error("round %u: %s\n", round, stack_text(s->specs, s->n));
	print_error("decoded as %s, %s, checksums %s\n", layers_text(packet), verdict_text(packet),
		checksums_text(packet));
	fail_msg("%u bytes, not %u; byte %u is %02x, not %02x", got->len, packet->len, at,
		got->data[at], packet->data[at]);
}

static bool is_whole(const struct stack *s, const struct pkts_packet *packet)
{
	unsigned n = 0;

	while (n < s->n && s->specs[n].proto != PKTS_PROTO_NONE && n < packet->n &&
		packet->layers[n].proto == s->specs[n].proto)
		n++;
	return n == packet->n && (n == s->n || s->specs[n].proto == PKTS_PROTO_NONE);
}

/*
 * Padding inside a tunnel: a length further out counts it, one further in does not. Specs put padding
 * behind all layers; elsewhere they need pinned lengths, which are not read back.
 */
static bool has_inner_padding(const struct stack *s, const struct pkts_packet *packet)
{
	const struct pkts_spec *const last = &s->specs[s->n - 1];
	const bool padded = last->proto == PKTS_PROTO_NONE && last->payload.padding;

	return pkts_verdict(packet).excess > (padded ? last->payload.len : 0);
}

static void count(struct counts *c, const struct stack *s, const struct pkts_packet *packet)
{
	c->whole += is_whole(s, packet);
	for (unsigned i = 0; i < packet->n; i++)
		c->layers[packet->layers[i].proto]++;
}

static void go_round(unsigned round, struct counts *c)
{
	static uint8_t first[FRAME_MAX], second[FRAME_MAX];
	static struct stack s;
	uint64_t state = seed_of(round);
	struct pkts_spec again[PKTS_COMPOSE_LAYERS];
	struct pkts_out out = {.data = second, .cap = sizeof(second)};

	stack_make(&s, &state);
	const struct pkts_out made = composed(&s, first);
	const struct pkts_packet packet = decode_bytes((struct bytes){first, made.len}, s.link);
	const unsigned n = stack_of(&packet, again);
	if (has_inner_padding(&s, &packet)) {
		c->inner_padding++;
		return;
	}
	if (n <= PKTS_COMPOSE_LAYERS && pkts_compose_specs(&out, again, n) == 0)
		expect_same(round, &s, &packet, &out);
	else
		fail_msg("round %u: %s: refused at %s.%s", round, stack_text(s.specs, s.n),
			out.layer, out.field);
	if (is_whole(&s, &packet) && pkts_verdict(&packet).ok &&
		strchr(checksums_text(&packet), 'b'))
		fail_msg("round %u: %s: checksums %s", round, layers_text(&packet),
			checksums_text(&packet));
	count(c, &s, &packet);
}

static void what_is_read_back_composes_to_the_same_bytes(void **state)
{
	struct counts c = {0};

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++)
		go_round(round, &c);
	print_message("# %u of %u random stacks decode to the very layers they were made of\n",
		c.whole, ROUNDS);
	assert_true(c.whole > ROUNDS / 2);
	assert_true(c.inner_padding < ROUNDS / 50);
	for (unsigned proto = 1; proto < PKTS_PROTO_MAX; proto++)
		ROW_TRUE(pkts_proto_info(proto)->name, c.layers[proto] > 100);
}

/* Where the layers of a stack begin: what is outside does not depend on what is inside. */
static uint32_t offset_of(const struct stack *s, unsigned layer)
{
	static uint8_t room[FRAME_MAX];
	struct pkts_out out = {.data = room, .cap = sizeof(room)};

	assert_int_equal(pkts_compose_specs(&out, s->specs, layer), 0);
	return out.len;
}

/* One of the fixed fields of a layer, or NULL for those that only some headers have. */
static const struct pkts_field *fixed_field(enum pkts_proto proto, const char *name)
{
	const struct pkts_proto_info *const info = pkts_proto_info(proto);

	for (unsigned i = 0; i < info->nfields; i++)
		if (strcmp(info->fields[i].name, name) == 0)
			return &info->fields[i];
	return NULL;
}

/* Pins each number of a layer in turn to a random value: lengths, checksums and protocols too. */
static void pin_each(struct stack *s, unsigned layer, uint64_t *state)
{
	static uint8_t room[FRAME_MAX];
	const uint32_t at = offset_of(s, layer);
	struct pkts_spec *const spec = &s->specs[layer];
	const struct pkts_spec kept = *spec;

	for (const struct pkts_spec_field *f = pkts_spec_fields(spec->proto); f->name; f++) {
		const struct pkts_field *const fixed = fixed_field(spec->proto, f->name);
		const uint64_t x = stack_random(state);
		/* PPP's first byte only tells which form its protocol has. */
		if (!fixed || !stack_is_number(f) || spec->proto == PKTS_PROTO_PPP)
			continue;
		const uint64_t value = x >> (64 - f->width);
		*stack_member(spec, f) = PKTS_PIN(value);
		const struct pkts_out out = composed(s, room);
		decode_bytes((struct bytes){room, out.len}, s->link);
		if (pkts_bits_get(room + at, fixed->bit, fixed->width) != value)
			fail_msg("%s: %s.%s is not what it was pinned to",
				stack_text(s->specs, s->n), pkts_proto_info(spec->proto)->name,
				f->name);
		*spec = kept;
	}
}

static void a_pinned_value_stays_right_or_wrong(void **state)
{
	static struct stack s;
	uint64_t random = seed_of(0);

	(void)state;
	for (unsigned round = 0; round < 2000; round++) {
		stack_make(&s, &random);
		for (unsigned i = 0; i < s.n; i++)
			if (s.specs[i].proto != PKTS_PROTO_NONE)
				pin_each(&s, i, &random);
	}
}

/* Composes into just so many bytes, with others behind them that have to stay. */
static void compose_into(const struct stack *s, uint32_t cap, uint32_t len)
{
	uint8_t *const room = malloc(len + 1);
	struct pkts_out out = {.data = room, .cap = cap};

	memset(room, 0xa5, len + 1);
	const int rc = pkts_compose_specs(&out, s->specs, s->n);
	if (rc != -PKTS_ENOSPC || out.len != 0 || out.layer == NULL || out.field != NULL)
		fail_msg("%s into %u of %u bytes: %d, %s.%s", stack_text(s->specs, s->n), cap, len,
			rc, out.layer, out.field);
	for (uint32_t at = cap; at <= len; at++)
		if (room[at] != 0xa5)
			fail_msg("%s into %u bytes: byte %u was written",
				stack_text(s->specs, s->n), cap, at);
	free(room);
}

static void too_little_room_is_an_error_and_nothing_is_written_behind_it(void **state)
{
	static uint8_t room[FRAME_MAX];
	static struct stack s;
	uint64_t random = seed_of(1);

	(void)state;
	for (unsigned round = 0; round < 300; round++) {
		stack_make(&s, &random);
		const uint32_t len = composed(&s, room).len;
		for (uint32_t cap = 0; cap < len; cap++)
			compose_into(&s, cap, len);
	}
}

/* Payload in pieces of 1, 2, 3 ... bytes. */
static void walk_pieces(
	const void *owner, uint32_t off, uint32_t len, pkts_bytes_add *add, void *ctx)
{
	const uint8_t *const p = owner;

	for (uint32_t n = 1, piece; len; n++, off += piece, len -= piece) {
		piece = PKTS_MIN(n, len);
		add(ctx, p + off, piece);
	}
}

static void attached_payload_gives_the_headers_that_copied_payload_gives(void **state)
{
	static uint8_t copied[FRAME_MAX], headers[FRAME_MAX];
	static struct stack s;
	uint64_t random = seed_of(2);
	unsigned compared = 0;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		stack_make(&s, &random);
		struct pkts_payload_spec *const last = &s.specs[s.n - 1].payload;
		if (s.specs[s.n - 1].proto != PKTS_PROTO_NONE || last->padding)
			continue;
		const struct pkts_out whole = composed(&s, copied);
		const struct pkts_bytes bytes = {walk_pieces, last->p};
		const uint32_t len = last->len;
		*last = ATTACHED(&bytes, len);
		const struct pkts_out out = composed(&s, headers);
		ROW_INT(stack_text(s.specs, s.n), out.len, whole.len - len);
		ROW_INT(stack_text(s.specs, s.n), out.attached, len);
		ROW_TRUE(stack_text(s.specs, s.n), memcmp(copied, headers, out.len) == 0);
		compared++;
	}
	assert_true(compared > 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_read_back_composes_to_the_same_bytes),
		cmocka_unit_test(a_pinned_value_stays_right_or_wrong),
		cmocka_unit_test(too_little_room_is_an_error_and_nothing_is_written_behind_it),
		cmocka_unit_test(attached_payload_gives_the_headers_that_copied_payload_gives),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
