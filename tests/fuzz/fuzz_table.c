/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Input is a program for a table of conversations, which a naive list has to agree with. */
#include "input.h"
#include "table_model.h"

#include <stdio.h>

#define STEPS_MOST 2000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > TABLE_PROGRAM_HEAD + TABLE_PROGRAM_STEP * STEPS_MOST)
		return 0;
	const char *const failure = table_program_run(data, size);
	if (failure)
		fprintf(stderr, "%s\n", failure);
	DEMAND(failure == NULL);
	return 0;
}
