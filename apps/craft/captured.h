/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* --from: one packet of a capture file. */
#ifndef CAPTURED_H
#define CAPTURED_H

#include "craft_options.h"
#include "forms.h"
#include "pkts_error.h"

/*
 * Starts the runtime and reads packet N of FILE, both named by o->from, to made->data, which has room
 * for FRAME_MAX bytes. 0; negative errno and err; -EINTR, without err, if signals_stop().
 */
int captured_read(const struct craft_options *o, struct made *made, struct pkts_error *err);

#endif
