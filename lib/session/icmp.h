/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the files of the ICMP Session share. */
#ifndef ICMP_H
#define ICMP_H

#include "pkts_icmp_session.h"

/* What is known of a type. */
struct icmp_row {
	uint8_t class;	  /* enum pkts_icmp_class */
	uint8_t answer;	  /* as in struct pkts_icmp_type */
	uint8_t paired;	  /* as in struct pkts_icmp_type */
	uint8_t min;	  /* bytes that it has at least */
	uint8_t max_code; /* the highest that is defined */
};

/* The row of a type; class UNKNOWN if nothing defines it. */
struct icmp_row pkts_icmp_row(uint8_t type, bool v6);

#endif
