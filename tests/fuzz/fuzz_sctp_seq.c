/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Any bytes as a program for an SCTP association: what a sender sends, in whatever order and number,
 * against a naive receiver; or chunks that make no sense, against the limits.
 */
#include <stdio.h>
#include <stdlib.h>

#include "sctp_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *wrong;

	if (size == 0)
		return 0;
	wrong = data[0] & 1 ? sctp_model_chaos(data + 1, size - 1)
			    : sctp_model_run(data + 1, size - 1);
	if (wrong) {
		fprintf(stderr, "not as it should be: %s\n", wrong);
		abort();
	}
	return 0;
}
