/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What a call that can fail for a reason worth reading leaves behind. */
#ifndef PKTS_ERROR_H
#define PKTS_ERROR_H

#include "pkts_base.h"

/*
 * Caller-owned. A function that takes one returns a negative errno value on failure and leaves here
 * one sentence that names what and where and, if there is one, the way out; no newline at its end.
 * Passing NULL is always allowed. On success it is left as it was.
 */
struct pkts_error {
	char text[480];
};

#endif
