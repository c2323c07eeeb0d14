/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <string.h>

#include "cmocka_all.h"
#include "pkts_reason.h"

static void every_reason_has_a_name_of_its_own_and_a_text(void **state)
{
	(void)state;
	for (unsigned i = 0; i < PKTS_REASON_MAX; i++) {
		const struct pkts_reason_info *const row = pkts_reason_info(i);
		assert_int_equal(strspn(row->name, "abcdefghijklmnopqrstuvwxyz0123456789_"),
			strlen(row->name));
		assert_true(strlen(row->name) > 2 && strlen(row->text) > 10);
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(row->name, pkts_reason_info(k)->name);
	}
}

static void severities(void **state)
{
	(void)state;
	assert_int_equal(pkts_reason_info(PKTS_REASON_NONE)->severity, PKTS_SEVERITY_NONE);
	assert_int_equal(pkts_reason_info(PKTS_REASON_CUT)->severity, PKTS_SEVERITY_CUT);
	assert_int_equal(pkts_reason_info(PKTS_REASON_SHORT)->severity, PKTS_SEVERITY_FATAL);
	assert_int_equal(pkts_reason_info(PKTS_REASON_ETH_LENGTH)->severity, PKTS_SEVERITY_INVALID);
	assert_int_equal(
		pkts_reason_info(PKTS_REASON_SCTP_PADDING)->severity, PKTS_SEVERITY_PADDING);
}

static void a_number_that_is_no_reason_is_none(void **state)
{
	(void)state;
	assert_string_equal(pkts_reason_info(PKTS_REASON_MAX)->name, "none");
	assert_string_equal(pkts_reason_info((enum pkts_reason) - 1)->name, "none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reason_has_a_name_of_its_own_and_a_text),
		cmocka_unit_test(severities),
		cmocka_unit_test(a_number_that_is_no_reason_is_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
