/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Programs of operations on an SCTP association, read from bytes: a sender's messages, and what the
 * network and the capture make of its chunks. The Sequence runs against a naive receiver that keeps
 * everything and looks through all of it after each chunk.
 */
#ifndef SCTP_MODEL_H
#define SCTP_MODEL_H

#include <stddef.h>
#include <stdint.h>

/* NULL if the two agreed all the way, and nothing is held at the end; else what is wrong. */
const char *sctp_model_run(const uint8_t *program, size_t n);

/*
 * Programs of chunks that make no sense, with limits that are soon reached: NULL if these hold, what
 * is handed out can be read, and nothing is held at the end.
 */
const char *sctp_model_chaos(const uint8_t *program, size_t n);

#endif
