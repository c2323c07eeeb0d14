/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Asking DPDK whether it would take some arguments. */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include "words.h"

/*
 * Would EAL end the process because of these arguments? From 25.11 on it does so for an option that it
 * does not know, one given twice, one without its value. A child of this process asks, which starts
 * nothing. 0; -EINVAL, with EAL's words in why; another negative errno if there can be no child, with
 * why empty.
 */
int arguments_check(const struct words *w, char *why, size_t room);

#endif
