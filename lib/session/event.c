/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_session.h"

static const struct {
	const char *name, *text;
} rows[] = {
#define ROW(ID, NAME, TEXT) {#NAME, TEXT},
	PKTS_SESSION_EVENTS(ROW)
#undef ROW
};

static unsigned index_of(enum pkts_session_event event)
{
	return (unsigned)event < PKTS_SESSION_EVENT_MAX ? (unsigned)event : 0;
}

const char *pkts_session_event_name(enum pkts_session_event event)
{
	return rows[index_of(event)].name;
}

const char *pkts_session_event_text(enum pkts_session_event event)
{
	return rows[index_of(event)].text;
}

const char *pkts_validity_name(enum pkts_validity validity)
{
	static const char *const names[] = {
		[PKTS_VALID] = "valid", [PKTS_SUSPECT] = "suspect", [PKTS_INVALID] = "invalid"};

	return (unsigned)validity < PKTS_ARRAY_LEN(names) ? names[validity] : names[PKTS_INVALID];
}
