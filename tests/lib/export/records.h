/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Flow records and anomalies with names, which all tests of this folder share. */
#ifndef TEST_RECORDS_H
#define TEST_RECORDS_H

#include "pkts_eve.h"

struct named_record {
	const char *name;
	struct pkts_flow_record record;
};

struct named_anomaly {
	const char *name;
	struct pkts_anomaly anomaly;
};

extern const struct named_record records[];
extern const unsigned n_records;
extern const struct named_anomaly anomalies[];
extern const unsigned n_anomalies;

/* Fails the test, or ends the program, if there is none. */
const struct pkts_flow_record *record_named(const char *name);

#endif
