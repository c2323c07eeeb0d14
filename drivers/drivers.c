/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_drivers.h"

/* Files first, since their names look like files; whatever is no device is looked up as an
 * interface. */
const struct pkts_port_ops *const pkts_port_drivers[] = {
	&pkts_pcap_driver,
	&pkts_ethdev_driver,
	&pkts_af_packet_driver,
	NULL,
};
