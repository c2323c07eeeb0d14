/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Streams of messages, garbage and gaps, read from bytes, cut into spans in one way or another: the
 * framing has to find what a reader finds who sees the whole stream at once.
 */
#ifndef FRAMING_MODEL_H
#define FRAMING_MODEL_H

#include <stddef.h>
#include <stdint.h>

/* NULL if the two agreed; else what is wrong. */
const char *framing_model_run(const uint8_t *program, size_t n);

#endif
