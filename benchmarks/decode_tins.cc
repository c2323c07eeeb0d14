/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <tins/ethernetII.h>
#include <tins/exceptions.h>
#include <tins/ip.h>
#include <tins/ipv6.h>
#include <tins/tcp.h>
#include <tins/udp.h>

#include <cstring>

#include "decode.h"

namespace {

enum { TCP_PROTOCOL = 6, UDP_PROTOCOL = 17 };

template <class L4> uint64_t ports(const Tins::PDU &frame, uint8_t protocol)
{
	const L4 *l4 = frame.find_pdu<L4>();
	return l4 ? tuple_ports(protocol, l4->sport(), l4->dport()) : 0;
}

uint64_t ports_v4(const Tins::PDU &frame, uint8_t protocol)
{
	switch (protocol) {
	case TCP_PROTOCOL:
		return ports<Tins::TCP>(frame, protocol);
	case UDP_PROTOCOL:
		return ports<Tins::UDP>(frame, protocol);
	default:
		return 0; /* libtins does not know SCTP */
	}
}

uint64_t ports_v6(const Tins::PDU &frame)
{
	const uint64_t tcp = ports<Tins::TCP>(frame, TCP_PROTOCOL);
	return tcp ? tcp : ports<Tins::UDP>(frame, UDP_PROTOCOL);
}

uint64_t half(const Tins::IPv6Address &a, unsigned skip)
{
	uint64_t v;
	std::memcpy(&v, &*a.begin() + skip, sizeof(v));
	return Tins::Endian::be_to_host(v);
}

uint64_t addresses(const Tins::IP &ip)
{
	/* Its addresses turn into numbers of network order. */
	return tuple_v4(Tins::Endian::be_to_host(uint32_t(ip.src_addr())),
		Tins::Endian::be_to_host(uint32_t(ip.dst_addr())));
}

uint64_t addresses(const Tins::IPv6 &ip)
{
	const Tins::IPv6Address src = ip.src_addr(), dst = ip.dst_addr();
	return tuple_v6(half(src, 0), half(src, 8), half(dst, 0), half(dst, 8));
}

uint64_t sum(const Tins::EthernetII &frame)
{
	if (const Tins::IP *ip = frame.find_pdu<Tins::IP>())
		return addresses(*ip) + ports_v4(frame, ip->protocol());
	if (const Tins::IPv6 *ip = frame.find_pdu<Tins::IPv6>())
		return addresses(*ip) + ports_v6(frame);
	return 0;
}

} // namespace

uint64_t decode_bytes_with_tins(const struct decode_bytes *frames, unsigned n)
{
	uint64_t all = 0;

	for (unsigned i = 0; i < n; i++) {
		try {
			all += sum(Tins::EthernetII(frames[i].data, frames[i].len));
		} catch (const Tins::exception_base &) {
			/* malformed: counts as 0 */
		}
	}
	return all;
}
