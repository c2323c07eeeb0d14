/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <tins/ethernetII.h>
#include <tins/ip.h>
#include <tins/rawpdu.h>
#include <tins/tcp.h>
#include <tins/udp.h>

#include <cstring>

#include "compose.h"

namespace
{

Tins::IPv4Address address(uint32_t host)
{
	return Tins::IPv4Address(Tins::Endian::host_to_be(host));
}

Tins::EthernetII eth(const compose_job *job)
{
	return Tins::EthernetII(
		Tins::EthernetII::address_type(job->dst), Tins::EthernetII::address_type(job->src));
}

Tins::IP ip(const compose_job *job)
{
	Tins::IP ip(address(job->to), address(job->from));
	ip.id(job->id);
	ip.ttl(64);
	return ip;
}

uint32_t write(uint8_t *room, Tins::PDU &frame)
{
	const Tins::PDU::serialization_type bytes = frame.serialize();
	std::memcpy(room, bytes.data(), bytes.size());
	return uint32_t(bytes.size());
}

} // namespace

uint32_t compose_with_tins(uint8_t *room, const compose_job *job)
{
	Tins::EthernetII frame = eth(job) / ip(job) / Tins::UDP(job->dport, job->sport) /
				 Tins::RawPDU(job->payload, job->payload_len);
	return write(room, frame);
}

uint32_t syn_with_tins(uint8_t *room, const compose_job *job)
{
	Tins::TCP tcp(job->dport, job->sport);

	tcp.flags(Tins::TCP::SYN);
	tcp.seq(job->from);
	tcp.window(64240);
	tcp.mss(1460);
	tcp.sack_permitted();
	tcp.timestamp(1, 0);
	tcp.add_option(Tins::TCP::option(Tins::TCP::NOP));
	tcp.winscale(7);
	Tins::EthernetII frame = eth(job) / ip(job) / tcp;
	return write(room, frame);
}
