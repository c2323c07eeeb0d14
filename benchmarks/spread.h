/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Smallest, middle and largest of what the rounds gave. */
#ifndef SPREAD_H
#define SPREAD_H

struct spread {
	double min, median, max;
};

/* Sorts v; n is at least 1. */
struct spread spread_of(double *v, unsigned n);

/* A line of a table whose columns are these three. */
void spread_print(const char *name, struct spread s, const char *unit);

#endif
