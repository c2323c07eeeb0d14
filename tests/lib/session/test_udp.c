/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* UDP conversations: who has sent, and what that is called. */
#include "cmocka_all.h"

#include "pkts_udp_session.h"

static struct pkts_judgement send(struct pkts_udp_session *s,
	const struct pkts_udp_session_conf *conf, unsigned dir, uint8_t port)
{
	uint8_t bytes[PKTS_UDP_HEAD] = {4, 210, 0, port, 0, 8};

	return pkts_udp_session_validate(
		s, conf, dir, (struct pkts_udp){bytes, sizeof(bytes), sizeof(bytes)}, 0);
}

/* directions of the packets; the state, its names, those of Zeek either way round */
static const struct row {
	const char *packets;
	enum pkts_udp_state state;
	const char *name, *zeek, *reversed;
	enum pkts_udp_timeout timeout;
} rows[] = {
	{"", PKTS_UDP_STATE_NONE, "new", "OTH", "OTH", PKTS_UDP_TIMEOUT_NEW},
	{"0", PKTS_UDP_STATE_ONE_WAY, "new", "S0", "SHR", PKTS_UDP_TIMEOUT_NEW},
	{"000", PKTS_UDP_STATE_ONE_WAY, "new", "S0", "SHR", PKTS_UDP_TIMEOUT_NEW},
	{"01", PKTS_UDP_STATE_TWO_WAY, "established", "SF", "SF", PKTS_UDP_TIMEOUT_ESTABLISHED},
	{"0010", PKTS_UDP_STATE_TWO_WAY, "established", "SF", "SF", PKTS_UDP_TIMEOUT_ESTABLISHED},
	{"1", PKTS_UDP_STATE_ONE_WAY, "new", "SHR", "S0", PKTS_UDP_TIMEOUT_NEW},
};

static void states(void **state)
{
	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct pkts_udp_session s = {0};
		for (const char *p = rows[i].packets; *p; p++)
			assert_int_equal(
				send(&s, NULL, (unsigned)(*p - '0'), 53).validity, PKTS_VALID);
		assert_int_equal(s.state, rows[i].state);
		assert_string_equal(pkts_udp_session_name(&s), rows[i].name);
		assert_string_equal(pkts_udp_conn_state(&s, false), rows[i].zeek);
		assert_string_equal(pkts_udp_conn_state(&s, true), rows[i].reversed);
		assert_int_equal(pkts_udp_session_timeout_class(&s), rows[i].timeout);
		assert_false(pkts_udp_session_is_over(&s));
	}
}

static void nothing_listens_at_port_0(void **state)
{
	const struct pkts_udp_session_conf lax = {.port_zero = true};
	struct pkts_udp_session s = {0};
	const struct pkts_judgement j = send(&s, NULL, 0, 0);

	(void)state;
	assert_int_equal(j.validity, PKTS_INVALID);
	assert_int_equal(j.events, PKTS_SESSION_BIT(UDP_PORT_ZERO));
	assert_int_equal(s.state, PKTS_UDP_STATE_NONE);
	assert_int_equal(send(&s, &lax, 0, 0).validity, PKTS_VALID);
	assert_int_equal(s.state, PKTS_UDP_STATE_ONE_WAY);
}

static void errors_are_about_what_was_sent(void **state)
{
	struct pkts_udp_session s = {0};

	(void)state;
	assert_false(pkts_udp_session_quoted(&s, 0));
	send(&s, NULL, 0, 53);
	assert_false(pkts_udp_session_quoted(&s, 1));
	assert_int_equal(s.refused, 0);
	assert_true(pkts_udp_session_quoted(&s, 0));
	assert_int_equal(s.refused, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(states),
		cmocka_unit_test(nothing_listens_at_port_0),
		cmocka_unit_test(errors_are_about_what_was_sent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
