/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Bytes to be read, and nothing about who owns them. */
#ifndef PKTS_SPAN_H
#define PKTS_SPAN_H

#include "pkts_base.h"

struct pkts_span {
	const uint8_t *p;
	uint32_t len;
};

#endif
