/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "eal.h"

#include <stdio.h>

#include "pkts_runtime.h"

bool eal_start(void)
{
	const struct pkts_runtime_conf conf = {.program = "test", .memory_mb = 64};
	struct pkts_error err = {""};

	if (pkts_runtime_init(&conf, &err) == 0)
		return true;
	fprintf(stderr, "%s\n", err.text);
	return false;
}
