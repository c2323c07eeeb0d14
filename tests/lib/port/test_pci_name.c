/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pci_name.h"

static void addresses_are_written_in_full(void **state)
{
	static const struct {
		const char *device, *full;
	} rows[] = {
		{"0000:03:00.0", "0000:03:00.0"},
		{"03:00.0", "0000:03:00.0"},
		{"3:0.1", "0000:03:00.1"},
		{"0001:AF:1f.7", "0001:af:1f.7"},
		{"03:00.0,queues=2", "0000:03:00.0"},
		{"0000:03:00.0,", "0000:03:00.0"},
	};
	char full[PCI_NAME_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(pci_name_read(full, rows[i].device));
		assert_string_equal(full, rows[i].full);
		assert_true(pci_name_read(NULL, rows[i].device));
	}
}

static void other_names_are_refused(void **state)
{
	static const char *const names[] = {"", ",", "eth0", "net_null0", "net_ring0,nodeaction=x",
		"03:00", "03:00.", "03:00.0x", "03:00.0 ", "0000:03:00.0.1",
		"00000:000003:000:00.0", "00:00:00:00:00:01", "fe:80::1", "103:00.0"};
	char full[PCI_NAME_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (pci_name_read(full, names[i]))
			fail_msg("'%s' was read as %s", names[i], full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_written_in_full),
		cmocka_unit_test(other_names_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
