/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Parameters of SCTP chunks, and the addresses in them: whole, cut, too long, one inside the other. */
#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "pkts_sctp_param.h"

#define INIT	 "01000014 00000001 00010000 00010001 00000001"
#define INIT_ACK "02000014 00000001 00010000 00010001 00000001"

/* A chunk of hexadecimal digits, whose length field is set to what there is. */
static struct bytes chunk_from(const char *a, const char *b)
{
	char hex[1024];
	struct bytes bytes;

	strcpy(hex, a);
	strcat(hex, b);
	bytes = bytes_from_hex(hex);
	bytes.p[2] = (uint8_t)(bytes.n >> 8);
	bytes.p[3] = (uint8_t)bytes.n;
	return bytes;
}

static struct pkts_sctp_chunk view(struct bytes b)
{
	return (struct pkts_sctp_chunk){b.p, b.n, b.n};
}

static const char *const uses[] = {"listed", "sender", "add", "delete", "primary"};

/* One word an address: its use, first and last byte, how long it is, and what it is good for. */
static void say(char *out, struct pkts_sctp_addresses *it)
{
	struct pkts_sctp_address a;
	char word[64];

	*out = 0;
	while (pkts_sctp_addresses_next(it, &a)) {
		snprintf(word, sizeof(word), "%s/%u..%u/%u%s%s/%u ", uses[a.use], a.ip[0],
			a.ip[a.len - 1], a.len, a.any ? "/any" : "", a.unicast ? "/unicast" : "",
			a.request);
		strcat(out, word);
	}
	if (it->params.reason != PKTS_REASON_NONE)
		strcat(out, "!");
}

static const struct {
	const char *name, *head, *params, *expected;
} rows[] = {
	{"1 no parameter", INIT, "", ""},
	{"2 one of each family", INIT,
		"00050008 0a000001 00060014 20010db8000000000000000000000009",
		"listed/10..1/4/unicast/0 listed/32..9/16/unicast/0 "},
	{"3 INIT ACK, behind a cookie with padding", INIT_ACK,
		"00070005 ff000000 00050008 0a000002", "listed/10..2/4/unicast/0 "},
	{"4 any, multicast, broadcast", INIT,
		"00050008 00000000 00050008 e0000001 00050008 ffffffff "
		"00060014 ff020000000000000000000000000001",
		"listed/0..0/4/any/0 listed/224..1/4/0 listed/255..255/4/0 listed/255..1/16/0 "},
	{"5 an address of the wrong length is passed over", INIT,
		"00050007 0a000000 00060008 0a000001 0005000c 0a0000010a000002 00050008 0a000003",
		"listed/10..3/4/unicast/0 "},
	{"6 a parameter beyond the chunk", INIT, "00050008 0a000001 0005000c 0a000002",
		"listed/10..1/4/unicast/0 !"},
	{"7 a length below the header's", INIT, "00050008 0a000001 00050003 0a000002",
		"listed/10..1/4/unicast/0 !"},
	{"8 a rest that is no parameter", INIT, "00050008 0a000001 0005",
		"listed/10..1/4/unicast/0 !"},
	{"9 the last one without its padding", INIT, "00050008 0a000001 80080005 c1",
		"listed/10..1/4/unicast/0 "},
	{"10 ADD and DELETE are nothing in an INIT", INIT, "c0010010 00000001 00050008 0a000001",
		""},
	{"11 ASCONF: add, delete, primary", "c1000008 00000007",
		"00050008 0a000001 c0010010 00000001 00050008 0a000002 "
		"c0020010 00000002 00050008 0a000003 c004001c 00000003 00060014 "
		"20010db8000000000000000000000004",
		"sender/10..1/4/unicast/0 add/10..2/4/unicast/1 delete/10..3/4/unicast/2 "
		"primary/32..4/16/unicast/3 "},
	{"12 ASCONF: any stands for the source", "c1000008 00000007",
		"00050008 0a000001 c0020010 00000009 00050008 00000000",
		"sender/10..1/4/unicast/0 delete/0..0/4/any/9 "},
	{"13 ASCONF: the address inside is longer than what holds it", "c1000008 00000007",
		"c0010010 00000001 00060014 0a000002 c0010010 00000002 00050008 0a000003",
		"add/10..3/4/unicast/2 "},
	{"14 ASCONF: nothing inside", "c1000008 00000007",
		"c0010008 00000001 c0010004 c0010006 0000", ""},
	{"15 ASCONF: one inside the other", "c1000008 00000007",
		"c0010018 00000001 c0010010 00000002 00050008 0a000002", ""},
	{"16 ASCONF-ACK has no address", "80000008 00000007", "00050008 0a000001", ""},
	{"17 HEARTBEAT neither", "04000004", "00050008 0a000001", ""},
};

static void addresses(void **state)
{
	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		const struct bytes b = chunk_from(rows[i].head, rows[i].params);
		struct pkts_sctp_addresses it = pkts_sctp_addresses(view(b));
		char said[512];
		say(said, &it);
		free(b.p);
		if (strcmp(said, rows[i].expected) != 0) {
			print_error("%s: %s\n", rows[i].name, said);
			fail();
		}
	}
}

/* Cut at each byte: what is handed out is a beginning of what is there, and read to its end. */
static void cut_at_each_byte(void **state)
{
	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		const struct bytes whole = chunk_from(rows[i].head, rows[i].params);
		for (uint32_t n = 4; n <= whole.n; n++) {
			const struct bytes b = bytes_copy(whole.p, n);
			struct pkts_sctp_addresses it =
				pkts_sctp_addresses((struct pkts_sctp_chunk){b.p, n, whole.n});
			char said[512];
			size_t len;
			say(said, &it);
			len = strlen(said);
			if (len && said[len - 1] == '!')
				said[len - 1] = 0;
			assert_int_equal(strncmp(said, rows[i].expected, strlen(said)), 0);
			free(b.p);
		}
		free(whole.p);
	}
}

static void as_many_as_fit(void **state)
{
	struct bytes b = {calloc(1, 65532), 65532};
	struct pkts_sctp_addresses it;
	struct pkts_sctp_address a;
	unsigned n = 0;

	(void)state;
	b.p[0] = PKTS_SCTP_INIT;
	for (uint32_t i = 20; i + 8 <= b.n; i += 8) {
		b.p[i + 1] = 5;
		b.p[i + 3] = 8;
	}
	it = pkts_sctp_addresses(view(b));
	while (pkts_sctp_addresses_next(&it, &a))
		n++;
	assert_int_equal(n, 8189);
	free(b.p);
}

static void parameters_are_found(void **state)
{
	const struct bytes b = chunk_from(INIT_ACK, "00050008 0a000001 00070006 abcd0000 80000004");
	struct pkts_tlv p = {0};

	(void)state;
	assert_true(pkts_sctp_param_find(view(b), PKTS_SCTP_PARAM_COOKIE, &p));
	assert_int_equal(p.len, 2);
	assert_int_equal(p.data[1], 0xcd);
	assert_true(pkts_sctp_param_find(view(b), PKTS_SCTP_PARAM_ECN, &p));
	assert_int_equal(p.len, 0);
	assert_false(pkts_sctp_param_find(view(b), PKTS_SCTP_PARAM_IPV6, &p));
	free(b.p);
}

static void asconf(void **state)
{
	const struct bytes b = bytes_from_hex("c1000008 00000102");
	const struct pkts_ref r = {b.p, b.n, b.n};

	(void)state;
	assert_int_equal(pkts_sctp_asconf_check(r).fatal, PKTS_REASON_NONE);
	assert_int_equal(pkts_sctp_asconf_serial(pkts_sctp_asconf_at(r)), 0x102);
	assert_int_equal(
		pkts_sctp_asconf_check((struct pkts_ref){b.p, 7, 8}).fatal, PKTS_REASON_CUT);
	assert_int_equal(
		pkts_sctp_asconf_check((struct pkts_ref){b.p, 7, 7}).fatal, PKTS_REASON_SHORT);
	free(b.p);
}

static void rows_tile(void **state)
{
#define ROW(P, N, BIT, WIDTH, KIND) {BIT, WIDTH},
	static const struct {
		unsigned bit, width;
	} fields[] = {PKTS_SCTP_ASCONF_FIELDS(ROW, ROW)};
#undef ROW
	unsigned bit = 0;

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(fields); bit += fields[i++].width)
		assert_int_equal(fields[i].bit, bit);
	assert_int_equal(bit, PKTS_SCTP_ASCONF_HEAD * 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(cut_at_each_byte),
		cmocka_unit_test(as_many_as_fit),
		cmocka_unit_test(parameters_are_found),
		cmocka_unit_test(asconf),
		cmocka_unit_test(rows_tile),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
