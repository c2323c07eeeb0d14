/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* --c: specs as the C call that composes them. */
#ifndef INITIALISERS_H
#define INITIALISERS_H

#include "pkts_sink.h"
#include "pkts_spec.h"

/* Writes pkts_compose(&out, ETH(...), ...); and a line end. */
void initialisers_put(struct pkts_sink *out, const struct pkts_spec *specs, unsigned n);

#endif
