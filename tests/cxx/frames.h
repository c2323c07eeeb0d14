/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Calls and types that are compiled as C by reference.c and as C++ by test_cxx.cc. */
#ifndef TEST_CXX_FRAMES_H
#define TEST_CXX_FRAMES_H

#define COMPOSE_SYN(OUT)                                                                           \
	pkts_compose(OUT,                                                                          \
		ETH(.dst = PKTS_MAC(2, 0, 0, 0, 0, 1), .src = PKTS_MAC(2, 0, 0, 0, 0, 2)),         \
		IPV4(.id = 7, .src = PKTS_IPV4_ADDRESS(192, 0, 2, 1),                              \
			.dst = PKTS_IPV4_ADDRESS(192, 0, 2, 2)),                                   \
		TCP(.sport = 1024, .dport = 80, .seq = 0x01020304, .flags = PKTS_TCP_SYN,          \
			.window = 64240,                                                           \
			.opts = PKTS_OPTS(PKTS_OPT_MSS(1460), PKTS_OPT_SACK_PERMITTED,             \
				PKTS_OPT_TIMESTAMPS(0xfedcba98, 0), PKTS_OPT_NOP,                  \
				PKTS_OPT_WINDOW_SCALE(7))),                                        \
		TEXT("early"))

#define COMPOSE_TUNNEL(OUT)                                                                        \
	pkts_compose(OUT, ETH(), VLAN(.id = 7), VLAN(.id = 8),                                     \
		IPV6(.hop_limit = PKTS_PIN(0),                                                     \
			.src = PKTS_IPV6_ADDRESS(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1),                 \
			.dst = PKTS_IPV6_ADDRESS(0x2001, 0xdb8, 0, 0, 0, 0, 0, 2)),                \
		UDP(.sport = 50000), VXLAN(.vni = 42), ETH(),                                      \
		IPV4(.csum = 0xbad, .opts = PKTS_OPTS(PKTS_OPT_ROUTER_ALERT(0))),                  \
		GRE(.key = 5, .seq = 6), IPV4(), MPLS(), IPV4(), ICMP(.type = 8), RAW("odd", 3),   \
		PADDING("\0\0", 2))

#define SIZES                                                                                      \
	sizeof(struct pkts_check), sizeof(struct pkts_packet), sizeof(struct pkts_eth_spec),       \
		sizeof(struct pkts_arp_spec), sizeof(struct pkts_gtp_spec),                        \
		sizeof(struct pkts_spec), sizeof(struct pkts_out), sizeof(struct pkts_tcp_seq),    \
		sizeof(struct pkts_tcp_session), sizeof(struct pkts_session_key),                  \
		sizeof(struct pkts_table_conf), sizeof(struct pkts_conversations_conf),            \
		sizeof(struct pkts_port_conf), sizeof(struct pkts_mbuf_meta)
#define SIZES_N 14

#endif
