/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_seq_event.h"

static const struct {
	const char *name, *text;
} rows[] = {
#define ROW(ID, NAME, TEXT) {#NAME, TEXT},
	PKTS_SEQ_EVENTS(ROW)
#undef ROW
};

static unsigned index_of(enum pkts_seq_event event)
{
	return (unsigned)event < PKTS_SEQ_EVENT_MAX ? (unsigned)event : 0;
}

const char *pkts_seq_event_name(enum pkts_seq_event event)
{
	return rows[index_of(event)].name;
}

const char *pkts_seq_event_text(enum pkts_seq_event event)
{
	return rows[index_of(event)].text;
}
