/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The templates of our records: which elements each has, and what goes into them. */
#ifndef IPFIX_TEMPLATE_H
#define IPFIX_TEMPLATE_H

#include "pkts_ipfix.h"

enum {
	IPFIX_HEADER = 16, /* bytes of a message's header */
	IPFIX_SET = 4,	   /* bytes of a set's header */
	IPFIX_SET_TEMPLATES = 2,
	IPFIX_TEMPLATES = 8,
	IPFIX_FIRST_TEMPLATE = 256, /* RFC 7011 3.4.1: ids below are taken */
};

/* The id of the template for a record; 0 if it is no flow of IP. */
uint16_t pkts_ipfix_template_of(const struct pkts_flow_record *r);

/* Bytes of the template record and of a data record. id is one of ours. */
size_t pkts_ipfix_template_size(uint16_t id);
size_t pkts_ipfix_record_size(uint16_t id);

void pkts_ipfix_template_write(uint16_t id, uint8_t *p);
void pkts_ipfix_record_write(uint16_t id, const struct pkts_flow_record *r, uint8_t *p);

/* Data records in a message of ours. */
unsigned pkts_ipfix_count_records(const uint8_t *message, size_t n);

#endif
