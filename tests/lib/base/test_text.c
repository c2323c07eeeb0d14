/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Numbers, addresses, times and JSON strings as text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmocka_all.h"
#include "frame.h"
#include "json.h"
#include "pkts_sink.h"

static char buf[1024];

static struct pkts_sink sink(void)
{
	memset(buf, 0, sizeof(buf));
	return (struct pkts_sink){.buf = buf, .cap = sizeof(buf) - 1};
}

static void decimal(void **state)
{
	static const struct {
		uint64_t v;
		unsigned digits;
		const char *plain, *wide;
	} rows[] = {
		{0, 0, "0", "0"},
		{0, 1, "0", "0"},
		{0, 4, "0", "0000"},
		{9, 2, "9", "09"},
		{10, 2, "10", "10"},
		{65535, 3, "65535", "65535"},
		{UINT32_MAX, 10, "4294967295", "4294967295"},
		{UINT64_MAX, 20, "18446744073709551615", "18446744073709551615"},
		{7, 20, "7", "00000000000000000007"},
		{7, 99, "7", "00000000000000000007"},
	};

	(void)state;
	for (size_t i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct pkts_sink s = sink();
		pkts_put_dec(&s, rows[i].v);
		assert_string_equal(buf, rows[i].plain);
		s = sink();
		pkts_put_dec_wide(&s, rows[i].v, rows[i].digits);
		assert_string_equal(buf, rows[i].wide);
	}
}

static void hexadecimal(void **state)
{
	static const struct {
		uint64_t v;
		unsigned digits;
		const char *text;
	} rows[] = {
		{0, 1, "0x0"},
		{0xa, 2, "0x0a"},
		{0x86dd, 4, "0x86dd"},
		{0x123456, 4, "0x3456"},
		{UINT64_MAX, 16, "0xffffffffffffffff"},
		{0xfedcba9876543210, 99, "0xfedcba9876543210"},
	};

	(void)state;
	for (size_t i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct pkts_sink s = sink();
		pkts_put_hex(&s, rows[i].v, rows[i].digits);
		assert_string_equal(buf, rows[i].text);
	}
}

static void time_of(uint64_t ns, const char *text)
{
	struct pkts_sink s = sink();
	pkts_put_time(&s, ns);
	assert_string_equal(buf, text);
}

static void times(void **state)
{
	static const uint64_t second = 1000000000;
	static const struct {
		uint64_t seconds;
		const char *date;
	} rows[] = {
		{0, "1970-01-01T00:00:00"}, {86399, "1970-01-01T23:59:59"},
		{86400, "1970-01-02T00:00:00"},
		{68169600, "1972-02-29T00:00:00"}, /* the first leap day */
		{68256000, "1972-03-01T00:00:00"}, {946684799, "1999-12-31T23:59:59"},
		{951782400, "2000-02-29T00:00:00"}, /* a century that is a leap year */
		{951868799, "2000-02-29T23:59:59"}, {951868800, "2000-03-01T00:00:00"},
		{978307199, "2000-12-31T23:59:59"}, /* day 366 */
		{1709164800, "2024-02-29T00:00:00"}, {1735689599, "2024-12-31T23:59:59"},
		{2147483648, "2038-01-19T03:14:08"}, /* beyond a signed 32-bit number */
		{4107542399, "2100-02-28T23:59:59"},
		{4107542400, "2100-03-01T00:00:00"}, /* a century that is none */
		{4294967296, "2106-02-07T06:28:16"},
		{9223372036, "2262-04-11T23:47:16"}, /* the end of signed nanoseconds */
	};

	(void)state;
	for (size_t i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		char text[40];
		snprintf(text, sizeof(text), "%s.000000000Z", rows[i].date);
		time_of(rows[i].seconds * second, text);
		snprintf(text, sizeof(text), "%s.999999999Z", rows[i].date);
		time_of(rows[i].seconds * second + second - 1, text);
	}
	time_of(UINT64_MAX, "2554-07-21T23:34:33.709551615Z");
	time_of(1000000001, "1970-01-01T00:00:01.000000001Z");
}

static void addresses(void **state)
{
	static const uint8_t mac[] = {0x02, 0x00, 0x5e, 0x10, 0xab, 0xff};
	static const struct {
		uint32_t addr;
		const char *text;
	} rows[] = {
		{0, "0.0.0.0"},
		{0xc0000201, "192.0.2.1"},
		{0x0a640101, "10.100.1.1"},
		{UINT32_MAX, "255.255.255.255"},
	};

	(void)state;
	struct pkts_sink s = sink();
	pkts_put_mac(&s, mac);
	assert_string_equal(buf, "02:00:5e:10:ab:ff");
	for (size_t i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		s = sink();
		pkts_put_ipv4(&s, rows[i].addr);
		assert_string_equal(buf, rows[i].text);
	}
}

/* RFC 5952, section by section. */
static void ipv6_addresses(void **state)
{
	static const struct {
		const char *hex, *text;
	} rows[] = {
		{"20010db8000000000000000000000001", "2001:db8::1"},   /* 4.1, 4.2.1 */
		{"20010db8000000000000000000020001", "2001:db8::2:1"}, /* 4.2.1 */
		{"20010db8000000010001000100010001",
			"2001:db8:0:1:1:1:1:1"},		       /* 4.2.2: not one group */
		{"20010000000000010000000000000001", "2001:0:0:1::1"}, /* 4.2.3: the longest */
		{"20010db8000000000001000000000001",
			"2001:db8::1:0:0:1"}, /* 4.2.3: else the first */
		{"20010db8aaaabbbbccccddddeeee0aaa",
			"2001:db8:aaaa:bbbb:cccc:dddd:eeee:aaa"}, /* 4.3 */
		{"00000000000000000000000000000000", "::"},
		{"00000000000000000000000000000001", "::1"},
		{"00010000000000000000000000000000", "1::"},
		{"00010002000300040005000600000000", "1:2:3:4:5:6::"},
		{"00000000000300040005000600070008", "::3:4:5:6:7:8"},
		{"00010002000300040005000600070008", "1:2:3:4:5:6:7:8"},
		{"fe80000000000000020001fffe00000a", "fe80::200:1ff:fe00:a"},
		{"00000000000100000000000000010000", "0:0:1::1:0"},
		{"ffffffffffffffffffffffffffffffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
		{"10000100001000010000000000000000", "1000:100:10:1::"},
	};

	(void)state;
	for (size_t i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		const struct bytes b = bytes_of(rows[i].hex);
		struct pkts_sink s = sink();
		pkts_put_ipv6(&s, b.p);
		assert_string_equal(buf, rows[i].text);
		free(b.p);
	}
}

static void json_is(const char *bytes, size_t n, const char *text)
{
	struct pkts_sink s = sink();
	pkts_put_json(&s, bytes, n);
	assert_string_equal(buf, text);
	assert_null(json_error(buf, s.used));
}

static void json_strings(void **state)
{
	static const struct {
		const char *bytes, *text;
	} rows[] = {
		{"", "\"\""},
		{"plain text/", "\"plain text/\""},
		{"a\"b\\c", "\"a\\\"b\\\\c\""},
		{"\b\t\n\f\r", "\"\\b\\t\\n\\f\\r\""},
		{"\x01\x0b\x1f\x7f", "\"\\u0001\\u000b\\u001f\\u007f\""},
		{"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80",
			"\"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80\""},
		{"\xc3", "\"\\u00c3\""}, /* ends too soon */
		{"\xe2\x82", "\"\\u00e2\\u0082\""},
		{"\xf0\x9f\x98", "\"\\u00f0\\u009f\\u0098\""},
		{"\xc3(", "\"\\u00c3(\""}, /* goes on wrongly */
		{"\xe2\x82(", "\"\\u00e2\\u0082(\""},
		{"\xf0\x9f\x98(", "\"\\u00f0\\u009f\\u0098(\""},
		{"\xc0\xaf", "\"\\u00c0\\u00af\""}, /* longer than needed: '/' */
		{"\xc1\xbf", "\"\\u00c1\\u00bf\""},
		{"\xe0\x9f\xbf", "\"\\u00e0\\u009f\\u00bf\""},
		{"\xf0\x8f\xbf\xbf", "\"\\u00f0\\u008f\\u00bf\\u00bf\""},
		{"\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80",
			"\"\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\""},
		{"\xed\xa0\x80", "\"\\u00ed\\u00a0\\u0080\""}, /* a surrogate */
		{"\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\""},
		{"\xf4\x90\x80\x80", "\"\\u00f4\\u0090\\u0080\\u0080\""}, /* beyond U+10FFFF */
		{"\xf5\x80\x80\x80", "\"\\u00f5\\u0080\\u0080\\u0080\""},
	};

	(void)state;
	for (size_t i = 0; i < PKTS_ARRAY_LEN(rows); i++)
		json_is(rows[i].bytes, strlen(rows[i].bytes), rows[i].text);
	json_is("\0", 1, "\"\\u0000\"");
}

/* Whatever the bytes are, the string is JSON; a byte that stands for itself does so unchanged. */
static void json_strings_of_every_byte(void **state)
{
	(void)state;
	for (unsigned byte = 0; byte < 256; byte++) {
		const bool itself = byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
		char text[3] = {(char)byte, (char)byte, (char)byte};
		struct pkts_sink s = sink();
		pkts_put_json(&s, text, 3);
		assert_null(json_error(buf, s.used));
		assert_int_equal(s.used == 5, itself);
	}
}

static void json_strings_of_every_two_bytes(void **state)
{
	(void)state;
	for (unsigned two = 0; two < 65536; two++) {
		const char text[2] = {(char)(two >> 8), (char)two};
		struct pkts_sink s = sink();
		pkts_put_json(&s, text, 2);
		assert_null(json_error(buf, s.used));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decimal),
		cmocka_unit_test(hexadecimal),
		cmocka_unit_test(times),
		cmocka_unit_test(addresses),
		cmocka_unit_test(ipv6_addresses),
		cmocka_unit_test(json_strings),
		cmocka_unit_test(json_strings_of_every_byte),
		cmocka_unit_test(json_strings_of_every_two_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
