/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Messages out of a stream: lengths of protocols, and what becomes of streams that are cut and broken. */
#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "framing_model.h"
#include "pkts_framing.h"
#include "row.h"

#define MORE PKTS_FRAMING_MORE
#define BAD  PKTS_FRAMING_BAD

static const struct pkts_framing_prefix one = {1, false, 1}, two = {2, false, 2},
					two_little = {2, true, 2}, two_all = {2, false, 0},
					four = {4, false, 4}, four_little = {4, true, 4},
					eight = {8, false, 8}, eight_little = {8, true, 0},
					minus = {4, false, -4};

static const struct {
	const char *name;
	pkts_framing_length_fn *length;
	const void *ctx;
	const char *hex;
	int64_t wanted;
} lengths[] = {
	{"tls handshake", pkts_framing_tls, NULL, "16 0301 0200", 517},
	{"tls data without bytes", pkts_framing_tls, NULL, "17 0303 0000", 5},
	{"tls alert without bytes", pkts_framing_tls, NULL, "15 0303 0000", BAD},
	{"tls longest", pkts_framing_tls, NULL, "17 0303 4800", 5 + 18432},
	{"tls too long", pkts_framing_tls, NULL, "17 0303 4801", BAD},
	{"tls 1 byte", pkts_framing_tls, NULL, "16", MORE},
	{"tls 4 bytes", pkts_framing_tls, NULL, "16 0301 02", MORE},
	{"tls type 19", pkts_framing_tls, NULL, "13", BAD},
	{"tls type 25", pkts_framing_tls, NULL, "19", BAD},
	{"tls version", pkts_framing_tls, NULL, "16 02", BAD},
	{"diameter", pkts_framing_diameter, NULL, "01 0000f4", 244},
	{"diameter shortest", pkts_framing_diameter, NULL, "01 000014", 20},
	{"diameter too short", pkts_framing_diameter, NULL, "01 000010", BAD},
	{"diameter no multiple of 4", pkts_framing_diameter, NULL, "01 000015", BAD},
	{"diameter longest", pkts_framing_diameter, NULL, "01 fffffc", 0xfffffc},
	{"diameter version", pkts_framing_diameter, NULL, "02", BAD},
	{"diameter 3 bytes", pkts_framing_diameter, NULL, "01 0000", MORE},
	{"postgresql query", pkts_framing_postgresql, NULL, "51 0000000d", 14},
	{"postgresql no body", pkts_framing_postgresql, NULL, "31 00000004", 5},
	{"postgresql too short", pkts_framing_postgresql, NULL, "51 00000003", BAD},
	{"postgresql negative", pkts_framing_postgresql, NULL, "51 80000000", BAD},
	{"postgresql longest", pkts_framing_postgresql, NULL, "51 7fffffff", INT64_C(0x80000000)},
	{"postgresql start-up", pkts_framing_postgresql, NULL, "00000008 04d2162f", 8},
	{"postgresql start-up too long", pkts_framing_postgresql, NULL, "00002711", BAD},
	{"postgresql start-up too short", pkts_framing_postgresql, NULL, "00000007", BAD},
	{"postgresql 3 bytes", pkts_framing_postgresql, NULL, "000000", MORE},
	{"postgresql 4 bytes", pkts_framing_postgresql, NULL, "51 000000", MORE},
	{"postgresql type", pkts_framing_postgresql, NULL, "01", BAD},
	{"prefix of 1", pkts_framing_prefix, &one, "ff", 256},
	{"prefix of 2", pkts_framing_prefix, &two, "0102", 260},
	{"prefix of 2, half", pkts_framing_prefix, &two, "01", MORE},
	{"prefix of 2, little", pkts_framing_prefix, &two_little, "0102", 515},
	{"prefix of 2, all", pkts_framing_prefix, &two_all, "0005", 5},
	{"prefix of 2, all, too short", pkts_framing_prefix, &two_all, "0001", BAD},
	{"prefix of 4", pkts_framing_prefix, &four, "ffffffff", INT64_C(0x100000003)},
	{"prefix of 4, little", pkts_framing_prefix, &four_little, "01000000", 5},
	{"prefix of 4, negative", pkts_framing_prefix, &minus, "00000008", 4},
	{"prefix of 4, below nothing", pkts_framing_prefix, &minus, "00000000", BAD},
	{"prefix of 8", pkts_framing_prefix, &eight, "0000000000000001", 9},
	{"prefix of 8, little", pkts_framing_prefix, &eight_little, "0900000000000000", 9},
	{"prefix of 8, beyond all", pkts_framing_prefix, &eight, "ffffffffffffffff", BAD},
	{"prefix of 8, nearly", pkts_framing_prefix, &eight, "7fffffffffffffff", BAD},
};

static uint32_t bytes_of(const char *hex, uint8_t *p)
{
	uint32_t n = 0;
	unsigned byte;

	for (; *hex; hex += *hex == ' ' ? 1 : 2)
		if (*hex != ' ' && sscanf(hex, "%2x", &byte) == 1)
			p[n++] = (uint8_t)byte;
	return n;
}

/* In memory of just that size, so that a byte too many is seen; and with fewer bytes it is MORE, or bad. */
static void lengths_of_protocols(void **state)
{
	uint8_t bytes[32];

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(lengths); i++) {
		const uint32_t n = bytes_of(lengths[i].hex, bytes);
		for (uint32_t k = 1; k <= n; k++) {
			uint8_t *const p = malloc(k);
			memcpy(p, bytes, k);
			const int64_t got = lengths[i].length(lengths[i].ctx, p, k);
			free(p);
			if (k == n)
				ROW_INT(lengths[i].name, got, lengths[i].wanted);
			else
				ROW_TRUE(lengths[i].name, got == MORE || got == lengths[i].wanted);
		}
	}
}

/*
 * Messages are a digit and as many letters: "3abc". A '-' is no message. What is put: spans, and what is
 * done between: '~n' for a gap, '!' for flush, '+' before a span that is kept. What comes out: messages,
 * '<offset+len>' for gaps, '#' where it stops.
 */
static const struct {
	const char *name, *in, *out;
	bool resync;
	enum pkts_framing_long too_long;
	uint32_t max;
} rows[] = {
	{"1 one", "3abc", "3abc", false, 0, 0},
	{"2 two in a span", "3abc1d", "3abc 1d", false, 0, 0},
	{"3 one in two spans", "3a bc", "3abc", false, 0, 0},
	{"4 one in four spans", "3 a b c", "3abc", false, 0, 0},
	{"5 cut between", "3abc 1d", "3abc 1d", false, 0, 0},
	{"6 a tail and a head", "3ab c2x y1z", "3abc 2xy 1z", false, 0, 0},
	{"7 nothing behind the header", "0 00", "0 0 0", false, 0, 0},
	{"8 the end is missing", "3ab !", "<0+3>", false, 0, 0},
	{"9 no message", "1a-1b 1c", "1a # <2+3> <5+2>", false, 0, 0},
	{"10 no message, and on", "1a--1b 1c", "1a <2+2> 1b 1c", true, 0, 0},
	{"11 nothing but garbage", "----- --- 1a", "<0+5> <5+3> 1a", true, 0, 0},
	{"12 too long, passed over", "5abcde1f", "<0+6> 1f", false, PKTS_FRAMING_SKIP, 4},
	{"13 ... in spans", "5a bc de 1f", "<0+2> <2+2> <4+2> 1f", false, PKTS_FRAMING_SKIP, 4},
	{"14 too long, the end", "5abcde1f", "# <0+8>", true, PKTS_FRAMING_STOP, 4},
	{"15 as long as may be", "3a bc", "3abc", false, PKTS_FRAMING_STOP, 4},
	{"16 a gap in a message", "5ab ~2 e1f", "<0+5> <5+1> 1f", false, 0, 0},
	{"17 a gap up to its end", "5ab ~3 1f", "<0+6> 1f", false, 0, 0},
	{"18 a gap beyond its end", "5ab ~4 1f", "# <0+7> <7+2>", false, 0, 0},
	{"19 ... found again", "5ab ~4 xx1f", "<0+7> <7+2> 1f", true, 0, 0},
	{"20 a gap between messages", "1a ~2 1b", "1a # <2+2> <4+2>", false, 0, 0},
	{"21 ... found again", "1a ~2 1b", "1a <2+2> 1b", true, 0, 0},
	{"22 two gaps in a message", "7ab ~2 c ~2 1f", "<0+5> <5+1> <6+2> 1f", false, 0, 0},
	{"23 a gap in a message that is passed over", "7ab ~2 efg1f", "<0+3> <3+2> <5+3> 1f", false,
		PKTS_FRAMING_SKIP, 4},
	{"24 kept", "+3abc1 +d2e f", "3abc 1d 2ef", false, 0, 0},
	{"25 kept, garbage", "+-1a +1b", "<0+1> 1a 1b", true, 0, 0},
	{"26 behind the end of all", "- 1a 1b ~5 1c !", "# <0+1> <1+2> <3+2> <5+5> <10+2>", false,
		0, 0},
};

static int64_t digit_length(const void *ctx, const uint8_t *p, uint32_t n)
{
	(void)ctx;
	(void)n;
	return *p < '0' || *p > '9' ? BAD : *p - '0' + 1;
}

static uint32_t find_digit(const void *ctx, const uint8_t *p, uint32_t n)
{
	uint32_t i = 0;

	(void)ctx;
	while (i < n && (p[i] < '0' || p[i] > '9'))
		i++;
	return i;
}

static void fetch(struct pkts_framing *f, char *text)
{
	struct pkts_framed got;
	int result;

	while ((result = pkts_framing_get(f, &got)) != -PKTS_EAGAIN) {
		text += strlen(text);
		if (text[-1] != '\n')
			*text++ = ' ';
		if (result)
			strcpy(text, "#");
		else if (got.kind == PKTS_FRAMED_GAP)
			sprintf(text, "<%llu+%llu>", (unsigned long long)got.offset,
				(unsigned long long)got.len);
		else
			sprintf(text, "%.*s", (int)got.len, (const char *)got.p);
	}
}

static void do_word(struct pkts_framing *f, const char *word, char *text)
{
	const struct pkts_span span = {(const uint8_t *)word, (uint32_t)strlen(word)};

	if (*word == '+') {
		assert_int_equal(
			pkts_framing_keep(f, (struct pkts_span){span.p + 1, span.len - 1}), 0);
		return;
	}
	fetch(f, text);
	if (*word == '~')
		assert_int_equal(pkts_framing_gap(f, strtoul(word + 1, NULL, 10)), 0);
	else if (*word == '!')
		assert_int_equal(pkts_framing_flush(f), 0);
	else
		assert_int_equal(pkts_framing_put(f, span), 0);
	fetch(f, text);
}

static void streams(void **state)
{
	uint8_t buf[16];

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		const struct pkts_framing_conf conf = {.length = digit_length,
			.resync = rows[i].resync ? find_digit : NULL,
			.max_message = rows[i].max,
			.too_long = rows[i].too_long};
		char words[256], text[512] = "\n", *end;
		struct pkts_framing f;
		assert_int_equal(pkts_framing_init(&f, &conf, buf, sizeof(buf), NULL), 0);
		snprintf(words, sizeof(words), "%s", rows[i].in);
		for (char *word = strtok_r(words, " ", &end); word;
			word = strtok_r(NULL, " ", &end))
			do_word(&f, word, text);
		fetch(&f, text);
		ROW_TEXT(rows[i].name, text + 1, rows[i].out);
	}
}

static void a_message_in_one_span_is_not_copied(void **state)
{
	static const uint8_t bytes[] = "2ab3cde1";
	const struct pkts_framing_conf conf = {.length = digit_length};
	struct pkts_framing f;
	struct pkts_framed got;
	uint8_t buf[16];

	(void)state;
	assert_int_equal(pkts_framing_init(&f, &conf, buf, sizeof(buf), NULL), 0);
	assert_int_equal(pkts_framing_put(&f, (struct pkts_span){bytes, 8}), 0);
	assert_int_equal(pkts_framing_put(&f, (struct pkts_span){bytes, 8}), -PKTS_EAGAIN);
	assert_int_equal(pkts_framing_gap(&f, 1), -PKTS_EAGAIN);
	assert_int_equal(pkts_framing_flush(&f), -PKTS_EAGAIN);
	assert_int_equal(pkts_framing_get(&f, &got), 0);
	assert_ptr_equal(got.p, bytes);
	assert_int_equal(pkts_framing_keep(&f, (struct pkts_span){bytes, 8}), -PKTS_EAGAIN);
	assert_int_equal(pkts_framing_get(&f, &got), 0);
	assert_ptr_equal(got.p, bytes + 3);
	assert_int_equal(got.len, 4);
	assert_int_equal(got.offset, 3);
	assert_int_equal(pkts_framing_get(&f, &got), -PKTS_EAGAIN);
	assert_int_equal(pkts_framing_put(&f, (struct pkts_span){bytes + 1, 2}), 0);
	assert_int_equal(pkts_framing_get(&f, &got), 0);
	assert_true(got.p >= buf && got.p < buf + sizeof(buf));
	assert_int_equal(got.len, 2);
}

static void events_are_counted(void **state)
{
	const struct pkts_framing_conf conf = {
		.length = digit_length, .resync = find_digit, .max_message = 4};
	uint32_t events[PKTS_SEQ_EVENT_MAX] = {0};
	struct pkts_framing f;
	char text[512] = "\n";
	uint8_t buf[4];

	(void)state;
	assert_int_equal(pkts_framing_init(&f, &conf, buf, sizeof(buf), events), 0);
	do_word(&f, "1a--", text);
	do_word(&f, "----", text);
	do_word(&f, "1b9xxxxxxxxx", text);
	do_word(&f, "~5", text);
	do_word(&f, "3a", text);
	do_word(&f, "!", text);
	assert_int_equal(events[PKTS_SEQ_FRAMING], 1);
	assert_int_equal(events[PKTS_SEQ_MESSAGE_TOO_LONG], 1);
	assert_int_equal(events[PKTS_SEQ_GAP], 1);
	assert_int_equal(events[PKTS_SEQ_UNFINISHED], 1);
}

/* A protocol that never says how long a message is does not fill more than the buffer. */
static int64_t never(const void *ctx, const uint8_t *p, uint32_t n)
{
	(void)ctx;
	(void)p;
	(void)n;
	return PKTS_FRAMING_MORE;
}

/* One that takes a look at 10 bytes to say that there are 2. */
static int64_t late(const void *ctx, const uint8_t *p, uint32_t n)
{
	(void)ctx;
	(void)p;
	return n < 10 ? PKTS_FRAMING_MORE : 2;
}

/* It makes no difference whether the bytes come together or one by one. */
static void a_length_that_comes_late(void **state)
{
	const struct pkts_framing_conf conf = {.length = late};
	struct pkts_framing f;
	struct pkts_framed got;
	uint8_t buf[16];

	(void)state;
	for (uint32_t cap = 9; cap < 12; cap++) {
		assert_int_equal(pkts_framing_init(&f, &conf, buf, cap, NULL), 0);
		assert_int_equal(
			pkts_framing_put(
				&f, (struct pkts_span){(const uint8_t *)"0123456789abcdef", 16}),
			0);
		assert_int_equal(pkts_framing_get(&f, &got), cap < 10 ? -PKTS_EBADMSG : 0);
	}
}

/* A resync that only ever says "here" gets one byte further each time. */
static uint32_t here(const void *ctx, const uint8_t *p, uint32_t n)
{
	(void)ctx;
	(void)p;
	(void)n;
	return 0;
}

static void a_resync_that_does_not_move(void **state)
{
	const struct pkts_framing_conf conf = {.length = digit_length, .resync = here};
	struct pkts_framing f;
	char text[512] = "\n";
	uint8_t buf[8];

	(void)state;
	assert_int_equal(pkts_framing_init(&f, &conf, buf, sizeof(buf), NULL), 0);
	do_word(&f, "-----1a---", text);
	do_word(&f, "--1b", text);
	assert_string_equal(text, "\n<0+5> 1a <7+3> <10+2> 1b");
}

static void a_length_that_never_comes(void **state)
{
	const struct pkts_framing_conf conf = {.length = never};
	struct pkts_framing f;
	struct pkts_framed got;
	uint8_t buf[8];
	unsigned i = 0;

	(void)state;
	assert_int_equal(pkts_framing_init(&f, &conf, buf, sizeof(buf), NULL), 0);
	do
		assert_int_equal(
			pkts_framing_put(&f, (struct pkts_span){(const uint8_t *)"x", 1}), 0);
	while (++i < 8 && pkts_framing_get(&f, &got) == -PKTS_EAGAIN);
	assert_int_equal(i, 8);
	assert_int_equal(pkts_framing_get(&f, &got), -PKTS_EBADMSG);
	assert_int_equal(pkts_framing_get(&f, &got), 0);
	assert_int_equal(got.len, 8);
	assert_int_equal(pkts_framing_get(&f, &got), -PKTS_EAGAIN);
}

static void bad_arguments(void **state)
{
	struct pkts_framing_conf conf = {.length = digit_length, .max_message = 9};
	struct pkts_framing f;
	uint8_t buf[8];

	(void)state;
	assert_int_equal(pkts_framing_init(&f, &conf, buf, 8, NULL), -PKTS_EINVAL);
	conf.max_message = 8;
	assert_int_equal(pkts_framing_init(&f, &conf, NULL, 8, NULL), -PKTS_EINVAL);
	assert_int_equal(pkts_framing_init(&f, &conf, buf, 0, NULL), -PKTS_EINVAL);
	conf.length = NULL;
	assert_int_equal(pkts_framing_init(&f, &conf, buf, 8, NULL), -PKTS_EINVAL);
}

static void random_streams(void **state)
{
	uint8_t program[400];
	uint64_t random = 1;

	(void)state;
	for (unsigned run = 0; run < 20000; run++) {
		for (unsigned i = 0; i < sizeof(program); i++) {
			random = random * UINT64_C(6364136223846793005) +
				 UINT64_C(1442695040888963407);
			program[i] = (uint8_t)(random >> 56);
		}
		const char *const wrong = framing_model_run(program, sizeof(program));
		if (wrong)
			fail_msg("stream %u: %s", run, wrong);
	}
}

/* Each name is a key of records, each text a line for people. */
static void every_event_has_a_name_of_its_own_and_a_text(void **state)
{
	(void)state;
	for (unsigned i = 0; i < PKTS_SEQ_EVENT_MAX; i++) {
		const char *const name = pkts_seq_event_name((enum pkts_seq_event)i);
		assert_int_equal(
			strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(name));
		assert_true(strlen(name) > 2);
		assert_true(strlen(pkts_seq_event_text((enum pkts_seq_event)i)) > 8);
		for (unsigned k = 0; k < i; k++) {
			assert_string_not_equal(name, pkts_seq_event_name((enum pkts_seq_event)k));
			assert_string_not_equal(pkts_seq_event_text((enum pkts_seq_event)i),
				pkts_seq_event_text((enum pkts_seq_event)k));
		}
	}
	assert_non_null(pkts_seq_event_text(PKTS_SEQ_EVENT_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths_of_protocols),
		cmocka_unit_test(streams),
		cmocka_unit_test(a_message_in_one_span_is_not_copied),
		cmocka_unit_test(events_are_counted),
		cmocka_unit_test(a_length_that_never_comes),
		cmocka_unit_test(a_length_that_comes_late),
		cmocka_unit_test(a_resync_that_does_not_move),
		cmocka_unit_test(bad_arguments),
		cmocka_unit_test(random_streams),
		cmocka_unit_test(every_event_has_a_name_of_its_own_and_a_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
