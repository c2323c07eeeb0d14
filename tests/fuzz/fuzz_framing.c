/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Any bytes as a stream of messages, garbage and gaps, and how it is cut into spans. */
#include <stdio.h>
#include <stdlib.h>

#include "framing_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *const wrong = framing_model_run(data, size);

	if (wrong) {
		fprintf(stderr, "not as it should be: %s\n", wrong);
		abort();
	}
	return 0;
}
