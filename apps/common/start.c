/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "start.h"

#include <stdio.h>
#include <string.h>

#include "pci_name.h"
#include "pkts_runtime.h"

static char notice[256];
static bool started;
static uint32_t memory_mb;

static void keep_notice(void *ctx, const char *text)
{
	(void)ctx;
	snprintf(notice, sizeof(notice), "%s", text);
}

static const char *without_driver(const char *port)
{
	return port && strncmp(port, "ethdev:", 7) == 0 ? port + 7 : port;
}

int start_runtime(const char *program, const char *port, const char *eal, struct pkts_error *err)
{
	const char *const device = without_driver(port);
	const struct pkts_runtime_conf conf = {
		.program = program,
		.eal = eal,
		.pci = !device || pci_name_read(NULL, device),
		.pci_devices = device,
		.memory_mb = memory_mb,
		.on_notice = keep_notice,
	};
	const int ret = pkts_runtime_init(&conf, err);
	started = ret == 0;
	return ret;
}

void start_memory(uint32_t mb)
{
	memory_mb = mb;
}

void start_undo(void)
{
	if (started)
		pkts_runtime_fini();
	started = false;
}

const char *start_notice(void)
{
	return *notice ? notice : NULL;
}
