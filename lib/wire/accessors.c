/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* One symbol for each function that headers define inline, for debuggers and foreign callers. */
#define PKTS_INLINE

/* The accessors come out of the rows, without a prototype before them. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

#include "pkts_diameter.h"
#include "pkts_protocols.h"
#include "pkts_sctp_data.h"
#include "pkts_sctp_param.h"
