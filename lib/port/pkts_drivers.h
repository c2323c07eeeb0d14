/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The drivers that come with the library. */
#ifndef PKTS_DRIVERS_H
#define PKTS_DRIVERS_H

#include "pkts_port.h"

extern const struct pkts_port_ops pkts_pcap_driver;
extern const struct pkts_port_ops pkts_ethdev_driver;
extern const struct pkts_port_ops pkts_af_packet_driver;

#endif
