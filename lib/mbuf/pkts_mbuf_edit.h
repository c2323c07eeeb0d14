/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Edit packets in mbufs: fields set, headers pushed, popped and replaced, options and payload changed,
 * with lengths, what announces a layer, and checksums mended.
 *
 *	pkts_mbuf_decode(NULL, &m, &packet);
 *	pkts_mbuf_push(&m, &packet, 1, VLAN(.id = 7));
 *	pkts_mbuf_set(&m, &packet, 2, "ttl", 63);
 *
 * All calls take a packet as it was decoded from *m, nothing written to it since but through these
 * calls and plain setters of fields that void no check; and leave it decoded again. Layers that a
 * choice of the user's found (pkts_decoder_set_next()) are found again. *m may become another mbuf: new
 * segments come from its pool. Views of the packet are void.
 *
 * Memory that others hold too, clones and external buffers are never written: the packet gets its own
 * headers. Checksums and lengths that were right stay right; wrong ones stay wrong by as much; absent
 * ones stay absent. Checksum verdicts of the NIC that received the packet are forgotten. If the mbuf
 * asks hardware for checksums, it still does where only link headers have changed; else they are made.
 *
 * Errors, after which the packet's bytes, and the table, are what they were: -EINVAL if there is no
 * such layer, field or option, if packet is not *m's, or if the outcome would not decode to the layers
 * that are wanted (nothing announces a VLAN tag behind UDP); -ERANGE if a value or a length does not fit
 * its field; -ENOSPC if headers or layers become too many, or options longer than 40 bytes; -EBADMSG if
 * the options there are malformed; -ENOMEM if the pool is empty.
 */
#ifndef PKTS_MBUF_EDIT_H
#define PKTS_MBUF_EDIT_H

#include "pkts_edit.h"
#include "pkts_mbuf_compose.h"

/* As pkts_packet_set(), pkts_packet_set_bytes() and pkts_packet_patch(), across segments. */
int pkts_mbuf_set(struct rte_mbuf **m, struct pkts_packet *packet, unsigned i, const char *field,
	uint64_t value);
int pkts_mbuf_set_bytes(struct rte_mbuf **m, struct pkts_packet *packet, unsigned i,
	const char *field, const uint8_t *bytes, uint32_t n);
int pkts_mbuf_patch(struct rte_mbuf **m, struct pkts_packet *packet, uint32_t off,
	const uint8_t *bytes, uint32_t n);

/*
 * Pushes headers before layer i, which may be packet->n: before the payload. They are given as in
 * pkts_compose(), without payload, and derived like there: what is behind them is what they carry.
 *
 *	pkts_mbuf_push(&m, &packet, 0, ETH(.dst = to), IPV4(.src = a, .dst = b), UDP(.sport = 4789),
 *		VXLAN(.vni = 7))
 */
#ifndef __cplusplus
#define pkts_mbuf_push(M, PACKET, I, ...) pkts_mbuf_replace(M, PACKET, I, 0, __VA_ARGS__)

/* The same in the place of `gone` layers from layer i on. */
#define pkts_mbuf_replace(M, PACKET, I, GONE, ...)                                                 \
	__extension__({                                                                            \
		const struct pkts_spec pkts_specs_[] = {PKTS_AS_SPECS(__VA_ARGS__)};               \
		pkts_mbuf_replace_specs(                                                           \
			M, PACKET, I, GONE, pkts_specs_, PKTS_ARRAY_LEN(pkts_specs_), NULL);       \
	})
#else
extern "C++" {
template <typename... Layers>
PKTS_INLINE int pkts_mbuf_push(
	struct rte_mbuf **m, struct pkts_packet *packet, unsigned i, const Layers &...layers);
template <typename... Layers>
PKTS_INLINE int pkts_mbuf_replace(struct rte_mbuf **m, struct pkts_packet *packet, unsigned i,
	unsigned gone, const Layers &...layers);
}
#endif

/* The same for headers known at run time; err, which may be NULL, says what went wrong. */
int pkts_mbuf_replace_specs(struct rte_mbuf **m, struct pkts_packet *packet, unsigned i,
	unsigned gone, const struct pkts_spec *specs, unsigned n, struct pkts_error *err);

/* The same for headers that are there as bytes, the first of them of that protocol. */
int pkts_mbuf_replace_bytes(struct rte_mbuf **m, struct pkts_packet *packet, unsigned i,
	unsigned gone, enum pkts_proto proto, const uint8_t *bytes, uint32_t n);

/*
 * Pops n layers from layer i on. What has been behind the outermost one's end goes with it: the
 * padding of a frame around a tunnel is no part of the packet inside. A packet that does not start
 * with Ethernet any more has another link type in pkts_mbuf_meta().
 */
int pkts_mbuf_pop(struct rte_mbuf **m, struct pkts_packet *packet, unsigned i, unsigned n);

/*
 * Puts a VLAN tag behind Ethernet and before all other tags. tpid: PKTS_ETHERTYPE_VLAN or
 * PKTS_ETHERTYPE_QINQ.
 */
int pkts_mbuf_push_vlan(
	struct rte_mbuf **m, struct pkts_packet *packet, uint16_t tpid, uint8_t pcp, uint16_t id);

/* Takes off the outermost VLAN tag; -EINVAL if there is none. */
int pkts_mbuf_pop_vlan(struct rte_mbuf **m, struct pkts_packet *packet);

/* The headers around a frame in VXLAN over IPv4; addresses of IPv4 in host order. */
struct pkts_vxlan_tunnel {
	struct pkts_mac dst, src;
	uint32_t ip_dst, ip_src;
	uint16_t sport; /* RFC 7348 5: a hash of the frame inside, in 49152 to 65535 */
	uint32_t vni;
};

/* Puts a frame into a tunnel; without UDP checksum (RFC 7348 5). */
int pkts_mbuf_encap_vxlan(
	struct rte_mbuf **m, struct pkts_packet *packet, const struct pkts_vxlan_tunnel *tunnel);

/* Takes off the outermost VXLAN header and all that is in front of it; -EINVAL if there is none. */
int pkts_mbuf_decap_vxlan(struct rte_mbuf **m, struct pkts_packet *packet);

/* As pkts_packet_insert_option() and the others. */
int pkts_mbuf_insert_option(struct rte_mbuf **m, struct pkts_packet *packet, unsigned i,
	unsigned nth, const uint8_t *option, uint32_t n);
int pkts_mbuf_remove_option(
	struct rte_mbuf **m, struct pkts_packet *packet, unsigned i, unsigned nth);
int pkts_mbuf_replace_option(struct rte_mbuf **m, struct pkts_packet *packet, unsigned i,
	unsigned nth, const uint8_t *option, uint32_t n);

/*
 * Puts n bytes in the place of `cut` bytes from offset `at` of the innermost layer's payload on. The
 * payload is copied; padding behind the layers goes. Grow: at the payload's end, cut 0; shrink: n 0.
 */
int pkts_mbuf_splice_payload(struct rte_mbuf **m, struct pkts_packet *packet, uint32_t at,
	uint32_t cut, const uint8_t *bytes, uint32_t n);

/* Puts n bytes in the place of all of the payload. */
int pkts_mbuf_replace_payload(
	struct rte_mbuf **m, struct pkts_packet *packet, const uint8_t *bytes, uint32_t n);

/*
 * A packet like m, to be rewritten and sent elsewhere: its first n bytes are its own, in a segment
 * from `pool`, what follows is m's, by reference. m stays as it is, and the caller's. NULL, and rte_errno
 * without its sign: EINVAL if m is shorter or an mbuf of the pool cannot hold n bytes; ENOMEM.
 */
struct rte_mbuf *pkts_mbuf_clone_headers(struct rte_mbuf *m, uint32_t n, struct rte_mempool *pool);

/* What the calls above are made of. */

PKTS_SPECS(PKTS_AS_SPEC)

PKTS_INLINE struct pkts_spec pkts_payload_as_spec(struct pkts_payload_spec s)
{
	return (struct pkts_spec){.proto = PKTS_PROTO_NONE, .payload = s};
}

#ifndef __cplusplus
/* clang-format off */
#define PKTS_AS_SPEC_OF(X) \
	_Generic((X), PKTS_SPECS(PKTS_AS_SPEC_CHOICE) \
		struct pkts_payload_spec: pkts_payload_as_spec)(X)
#define PKTS_AS_SPECS(...) \
	PKTS_COMPOSE_CHOOSE(__VA_ARGS__, , , , , , , PKTS_AS_SPECS_10, PKTS_AS_SPECS_9, \
		PKTS_AS_SPECS_8, PKTS_AS_SPECS_7, PKTS_AS_SPECS_6, PKTS_AS_SPECS_5, PKTS_AS_SPECS_4, \
		PKTS_AS_SPECS_3, PKTS_AS_SPECS_2, PKTS_AS_SPECS_1, )(__VA_ARGS__)
#define PKTS_AS_SPECS_1(X)       PKTS_AS_SPEC_OF(X)
#define PKTS_AS_SPECS_2(X, ...)  PKTS_AS_SPEC_OF(X), PKTS_AS_SPECS_1(__VA_ARGS__)
#define PKTS_AS_SPECS_3(X, ...)  PKTS_AS_SPEC_OF(X), PKTS_AS_SPECS_2(__VA_ARGS__)
#define PKTS_AS_SPECS_4(X, ...)  PKTS_AS_SPEC_OF(X), PKTS_AS_SPECS_3(__VA_ARGS__)
#define PKTS_AS_SPECS_5(X, ...)  PKTS_AS_SPEC_OF(X), PKTS_AS_SPECS_4(__VA_ARGS__)
#define PKTS_AS_SPECS_6(X, ...)  PKTS_AS_SPEC_OF(X), PKTS_AS_SPECS_5(__VA_ARGS__)
#define PKTS_AS_SPECS_7(X, ...)  PKTS_AS_SPEC_OF(X), PKTS_AS_SPECS_6(__VA_ARGS__)
#define PKTS_AS_SPECS_8(X, ...)  PKTS_AS_SPEC_OF(X), PKTS_AS_SPECS_7(__VA_ARGS__)
#define PKTS_AS_SPECS_9(X, ...)  PKTS_AS_SPEC_OF(X), PKTS_AS_SPECS_8(__VA_ARGS__)
#define PKTS_AS_SPECS_10(X, ...) PKTS_AS_SPEC_OF(X), PKTS_AS_SPECS_9(__VA_ARGS__)
/* clang-format on */
#else
extern "C++" {
PKTS_SPECS(PKTS_AS_SPEC_OVERLOAD)

PKTS_INLINE struct pkts_spec pkts_layer_as_spec(const struct pkts_payload_spec &s)
{
	return pkts_payload_as_spec(s);
}

template <typename... Layers>
PKTS_INLINE int pkts_mbuf_replace(struct rte_mbuf **m, struct pkts_packet *packet, unsigned i,
	unsigned gone, const Layers &...layers)
{
	const struct pkts_spec specs[] = {pkts_layer_as_spec(layers)...};

	return pkts_mbuf_replace_specs(m, packet, i, gone, specs, sizeof...(layers), NULL);
}

template <typename... Layers>
PKTS_INLINE int pkts_mbuf_push(
	struct rte_mbuf **m, struct pkts_packet *packet, unsigned i, const Layers &...layers)
{
	return pkts_mbuf_replace(m, packet, i, 0, layers...);
}
}
#endif

#endif
