/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "bytes.h"

#include <stdlib.h>
#include <string.h>

static unsigned digit(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a') + 10;
}

struct bytes bytes_copy(const uint8_t *p, uint32_t n)
{
	struct bytes b = {malloc(n), n};

	if (b.p == NULL && n != 0)
		abort();
	if (n != 0)
		memcpy(b.p, p, n);
	return b;
}

struct bytes bytes_from_hex(const char *hex)
{
	uint8_t buffer[1024];
	uint32_t digits = 0;

	for (; *hex; hex++) {
		if (*hex == ' ')
			continue;
		if (digits / 2 == sizeof(buffer))
			abort();
		buffer[digits / 2] = (uint8_t)(buffer[digits / 2] << 4 | digit(*hex));
		digits++;
	}
	return bytes_copy(buffer, digits / 2);
}

/* xorshift64*, Vigna 2016. */
uint32_t bytes_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (uint32_t)(*state * UINT64_C(0x2545f4914f6cdd1d) >> 32);
}
