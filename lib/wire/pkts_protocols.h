/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Every protocol of PKTS_PROTOS. */
#ifndef PKTS_PROTOCOLS_H
#define PKTS_PROTOCOLS_H

#include "pkts_ah.h"
#include "pkts_arp.h"
#include "pkts_esp.h"
#include "pkts_eth.h"
#include "pkts_geneve.h"
#include "pkts_gre.h"
#include "pkts_gtp.h"
#include "pkts_icmp.h"
#include "pkts_icmpv6.h"
#include "pkts_igmp.h"
#include "pkts_ipv4.h"
#include "pkts_ipv6.h"
#include "pkts_ipv6_dstopts.h"
#include "pkts_ipv6_frag.h"
#include "pkts_ipv6_hopopts.h"
#include "pkts_ipv6_routing.h"
#include "pkts_llc.h"
#include "pkts_mpls.h"
#include "pkts_null.h"
#include "pkts_optional.h"
#include "pkts_ppp.h"
#include "pkts_pppoe.h"
#include "pkts_raw.h"
#include "pkts_sctp.h"
#include "pkts_sll.h"
#include "pkts_sll2.h"
#include "pkts_snap.h"
#include "pkts_tcp.h"
#include "pkts_udp.h"
#include "pkts_udplite.h"
#include "pkts_vlan.h"
#include "pkts_vxlan.h"

#endif
