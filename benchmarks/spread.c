/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "spread.h"

#include <stdio.h>
#include <stdlib.h>

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

struct spread spread_of(double *v, unsigned n)
{
	qsort(v, n, sizeof(*v), by_value);
	return (struct spread){v[0], v[n / 2], v[n - 1]};
}

void spread_print(const char *name, struct spread s, const char *unit)
{
	printf("  %-34s %8.2f %8.2f %8.2f  %s\n", name, s.min, s.median, s.max, unit);
}
