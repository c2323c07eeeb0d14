/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_reason.h"

#define ROW(ID, NAME, SEVERITY, TEXT) [PKTS_REASON_##ID] = {#NAME, TEXT, PKTS_SEVERITY_##SEVERITY},
static const struct pkts_reason_info rows[PKTS_REASON_MAX] = {PKTS_REASONS(ROW)};

const struct pkts_reason_info *pkts_reason_info(enum pkts_reason reason)
{
	return &rows[(unsigned)reason < PKTS_REASON_MAX ? reason : PKTS_REASON_NONE];
}
