/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <tins/ethernetII.h>
#include <tins/exceptions.h>
#include <tins/packet.h>
#include <tins/tcp_ip/stream_follower.h>

#include <chrono>
#include <memory>

#include "streams.h"

namespace
{

using Tins::TCPIP::Stream;

/* How far each direction has been delivered. */
struct Places {
	uint64_t client = 0, server = 0;
};

void on_data(streams_out &out, uint64_t &place, const Stream::payload_type &data)
{
	streams_deliver(&out, place, data.data(), data.size());
	place += data.size();
}

void on_stream(streams_out &out, Stream &stream)
{
	const auto places = std::make_shared<Places>();

	out.flows++;
	stream.client_data_callback(
		[&out, places](Stream &s) { on_data(out, places->client, s.client_payload()); });
	stream.server_data_callback(
		[&out, places](Stream &s) { on_data(out, places->server, s.server_payload()); });
}

void put(Tins::TCPIP::StreamFollower &follower, const captured &f)
{
	const auto time = std::chrono::microseconds(f.ns / 1000);
	Tins::Packet packet(new Tins::EthernetII(f.data, f.len), Tins::Timestamp(time),
		Tins::Packet::own_pdu());

	follower.process_packet(packet);
}

} // namespace

void streams_with_tins(const conversations *c, streams_out *out)
{
	Tins::TCPIP::StreamFollower follower;

	follower.new_stream_callback([out](Stream &stream) { on_stream(*out, stream); });
	for (unsigned i = 0; i < c->n; i++) {
		conversations_fetch(c, i);
		try {
			put(follower, c->frames[i]);
		} catch (const Tins::exception_base &) {
			/* malformed: delivers nothing */
		}
	}
}
