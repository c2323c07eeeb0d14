/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The forms that a packet can be written in. */
#ifndef FORMS_H
#define FORMS_H

#include "craft_options.h"
#include "pkts_text.h"

#define FRAME_MAX (256u << 10) /* no capture file keeps more of a packet */

/* A frame that has been made, or was captured. */
struct made {
	uint8_t *data;
	uint32_t len;
	uint32_t wire;	       /* above len if the capture was cut */
	uint16_t link;	       /* LINKTYPE_ value; FORMS_NO_LINK if the outermost layer is none */
	enum pkts_proto first; /* the outermost layer */
	uint64_t number, ns;
	const struct pkts_spec *specs; /* that it was composed of; NULL if it was captured */
	unsigned n;
};

#define FORMS_NO_LINK 0xffffu

/* The LINKTYPE_ value of frames that begin with this layer: Ethernet's for plain bytes. */
uint16_t forms_link(enum pkts_proto first);

/* Writes the packet in the form that the options name. */
void forms_put(struct pkts_sink *out, const struct craft_options *o, const struct made *made);

#endif
