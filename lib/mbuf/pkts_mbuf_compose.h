/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Compose into mbufs.
 *
 *	struct rte_mbuf *m = pkts_mbuf_compose_new(pool, ETH(.dst = gateway), IPV4(.src = a, .dst = b),
 *		UDP(.dport = 53), RAW(query, n));
 *
 * All headers are in the first segment, behind its headroom; payload that does not fit there goes on
 * in further segments. pkts_spec.h says what layers can be given.
 */
#ifndef PKTS_MBUF_COMPOSE_H
#define PKTS_MBUF_COMPOSE_H

#include <rte_errno.h>

#include "pkts_compose.h"
#include "pkts_mbuf.h"

/*
 * Composes into m, which is empty, a single segment, and the caller's alone. More segments come from
 * its pool; RAW payload that may need them has to live until the call is over.
 * 0; -ERANGE and -ENOSPC as pkts_compose(), the latter if headers alone do not fit; -ENOMEM if the
 * pool is empty; -EINVAL if a pinned length hides a layer whose checksum is left to hardware. m is
 * empty then. pkts_mbuf_set_meta() is called for first layers other than ETH.
 *
 * Checksums that are given as PKTS_OFFLOAD stay 0, and are asked for in ol_flags, with the lengths of
 * headers in l2_len, l3_len, l4_len, outer_l2_len, outer_l3_len as rte_mbuf.h has them: of the
 * innermost packet that asks, and of the one around it. Those that hardware cannot be asked for
 * (ICMP, GRE, a third packet, one inside a checksum that is not left to hardware) are made at once.
 * What a driver wants to find in the field, the sum of a pseudo-header mostly, rte_eth_tx_prepare()
 * puts there; ports of this library call it, or pkts_mbuf_tx_finish() where the device cannot.
 *
 * In C++ this call and those below are function templates, as pkts_compose() is.
 */
#ifndef __cplusplus
#define pkts_mbuf_compose(M, ...)                                                                  \
	__extension__({                                                                            \
		struct rte_mbuf *const pkts_m_ = (M);                                              \
		struct pkts_out pkts_o_ = pkts_mbuf_room(pkts_m_);                                 \
		const int pkts_rc_ = pkts_compose(&pkts_o_, __VA_ARGS__);                          \
		const uint8_t pkts_protos_[] = {PKTS_PROTOS_OF(__VA_ARGS__)};                      \
		pkts_mbuf_composed(pkts_m_, &pkts_o_, pkts_rc_, NULL, pkts_protos_,                \
			PKTS_ARRAY_LEN(pkts_protos_));                                             \
	})

/*
 * The same before a payload that is there already: its segments are chained behind m, uncopied, and
 * its reference is taken over; after an error it is still the caller's. -EOVERFLOW if there are too
 * many segments. One layer less than in pkts_mbuf_compose().
 */
#define pkts_mbuf_compose_around(M, PAYLOAD, ...)                                                  \
	__extension__({                                                                            \
		struct rte_mbuf *const pkts_m_ = (M), *const pkts_p_ = (PAYLOAD);                  \
		const struct pkts_bytes pkts_a_ = pkts_mbuf_bytes(pkts_p_);                        \
		struct pkts_out pkts_o_ = pkts_mbuf_room(pkts_m_);                                 \
		const int pkts_rc_ =                                                               \
			pkts_compose(&pkts_o_, __VA_ARGS__, ATTACHED(&pkts_a_, pkts_p_->pkt_len)); \
		const uint8_t pkts_protos_[] = {PKTS_PROTOS_OF(__VA_ARGS__)};                      \
		pkts_mbuf_composed(pkts_m_, &pkts_o_, pkts_rc_, pkts_p_, pkts_protos_,             \
			PKTS_ARRAY_LEN(pkts_protos_));                                             \
	})

/* A new mbuf; NULL, and rte_errno without its sign, after an error. */
#define pkts_mbuf_compose_new(POOL, ...)                                                           \
	__extension__({                                                                            \
		struct rte_mbuf *const pkts_n_ = rte_pktmbuf_alloc(POOL);                          \
		pkts_mbuf_or_null(pkts_n_,                                                         \
			pkts_n_ ? pkts_mbuf_compose(pkts_n_, __VA_ARGS__) : -PKTS_ENOMEM);         \
	})
#else
extern "C++" {
template <typename... Layers>
PKTS_INLINE int pkts_mbuf_compose(struct rte_mbuf *m, const Layers &...layers);
template <typename... Layers>
PKTS_INLINE int pkts_mbuf_compose_around(
	struct rte_mbuf *m, struct rte_mbuf *payload, const Layers &...layers);
template <typename... Layers>
PKTS_INLINE struct rte_mbuf *pkts_mbuf_compose_new(
	struct rte_mempool *pool, const Layers &...layers);
}
#endif

/* The same for layers that are known at run time only. err, which may be NULL, names layer and field. */
int pkts_mbuf_compose_specs(
	struct rte_mbuf *m, const struct pkts_spec *specs, unsigned n, struct pkts_error *err);

/* The mbuf asks hardware for a checksum. */
#define PKTS_MBUF_TX_CHECKSUMS                                                                     \
	(RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_L4_MASK | RTE_MBUF_F_TX_OUTER_IP_CKSUM |           \
		RTE_MBUF_F_TX_OUTER_UDP_CKSUM)

/*
 * Makes in software the checksums that ol_flags ask hardware for, and takes the flags back. What else
 * they ask for (VLAN insertion, segmentation) stays. A packet that others hold too gets its own
 * headers: *m may change. 0; -EINVAL if headers are not where the lengths say; -ENOMEM.
 */
int pkts_mbuf_tx_finish(struct rte_mbuf **m);

/* The LINKTYPE_ value of frames that start with that protocol; 1, Ethernet's, if there is none. */
uint16_t pkts_mbuf_link_of(enum pkts_proto proto);

/* inline definitions */

/* What the calls above are made of. */
static inline struct pkts_out pkts_mbuf_room(const struct rte_mbuf *m)
{
	const bool own = RTE_MBUF_DIRECT(m) && rte_mbuf_refcnt_read(m) == 1 && m->nb_segs == 1;

	return (struct pkts_out){
		.data = rte_pktmbuf_mtod(m, uint8_t *),
		.cap = own ? (uint32_t)m->buf_len - m->data_off : 0,
		.split = own,
	};
}

int pkts_mbuf_composed_rest(struct rte_mbuf *m, const struct pkts_out *out, int rc,
	struct rte_mbuf *payload, const uint8_t *protos, unsigned n);

static inline int pkts_mbuf_composed(struct rte_mbuf *m, const struct pkts_out *out, int rc,
	struct rte_mbuf *payload, const uint8_t *protos, unsigned n)
{
	if (unlikely(rc || out->attached || out->offload || protos[0] != PKTS_PROTO_ETH))
		return pkts_mbuf_composed_rest(m, out, rc, payload, protos, n);
	m->data_len = (uint16_t)out->len;
	m->pkt_len = out->len;
	if (payload) /* of no bytes */
		rte_pktmbuf_free(payload);
	return 0;
}

static inline struct rte_mbuf *pkts_mbuf_or_null(struct rte_mbuf *m, int rc)
{
	if (likely(rc == 0))
		return m;
	rte_pktmbuf_free(m);
	rte_errno = -rc;
	return NULL;
}

#ifndef __cplusplus
/* clang-format off */
#define PKTS_PROTO_OF(X) \
	_Generic((X), PKTS_SPECS(PKTS_PROTO_CHOICE) struct pkts_payload_spec: PKTS_PROTO_NONE)
#define PKTS_PROTOS_OF(...) \
	PKTS_COMPOSE_CHOOSE(__VA_ARGS__, PKTS_PROTOS_16, PKTS_PROTOS_15, PKTS_PROTOS_14, \
		PKTS_PROTOS_13, PKTS_PROTOS_12, PKTS_PROTOS_11, PKTS_PROTOS_10, PKTS_PROTOS_9, \
		PKTS_PROTOS_8, PKTS_PROTOS_7, PKTS_PROTOS_6, PKTS_PROTOS_5, PKTS_PROTOS_4, \
		PKTS_PROTOS_3, PKTS_PROTOS_2, PKTS_PROTOS_1, )(__VA_ARGS__)
#define PKTS_PROTOS_1(X)       PKTS_PROTO_OF(X)
#define PKTS_PROTOS_2(X, ...)  PKTS_PROTO_OF(X), PKTS_PROTOS_1(__VA_ARGS__)
#define PKTS_PROTOS_3(X, ...)  PKTS_PROTO_OF(X), PKTS_PROTOS_2(__VA_ARGS__)
#define PKTS_PROTOS_4(X, ...)  PKTS_PROTO_OF(X), PKTS_PROTOS_3(__VA_ARGS__)
#define PKTS_PROTOS_5(X, ...)  PKTS_PROTO_OF(X), PKTS_PROTOS_4(__VA_ARGS__)
#define PKTS_PROTOS_6(X, ...)  PKTS_PROTO_OF(X), PKTS_PROTOS_5(__VA_ARGS__)
#define PKTS_PROTOS_7(X, ...)  PKTS_PROTO_OF(X), PKTS_PROTOS_6(__VA_ARGS__)
#define PKTS_PROTOS_8(X, ...)  PKTS_PROTO_OF(X), PKTS_PROTOS_7(__VA_ARGS__)
#define PKTS_PROTOS_9(X, ...)  PKTS_PROTO_OF(X), PKTS_PROTOS_8(__VA_ARGS__)
#define PKTS_PROTOS_10(X, ...) PKTS_PROTO_OF(X), PKTS_PROTOS_9(__VA_ARGS__)
#define PKTS_PROTOS_11(X, ...) PKTS_PROTO_OF(X), PKTS_PROTOS_10(__VA_ARGS__)
#define PKTS_PROTOS_12(X, ...) PKTS_PROTO_OF(X), PKTS_PROTOS_11(__VA_ARGS__)
#define PKTS_PROTOS_13(X, ...) PKTS_PROTO_OF(X), PKTS_PROTOS_12(__VA_ARGS__)
#define PKTS_PROTOS_14(X, ...) PKTS_PROTO_OF(X), PKTS_PROTOS_13(__VA_ARGS__)
#define PKTS_PROTOS_15(X, ...) PKTS_PROTO_OF(X), PKTS_PROTOS_14(__VA_ARGS__)
#define PKTS_PROTOS_16(X, ...) PKTS_PROTO_OF(X), PKTS_PROTOS_15(__VA_ARGS__)
/* clang-format on */
#else
extern "C++" {
template <typename... Layers>
PKTS_INLINE int pkts_mbuf_compose(struct rte_mbuf *m, const Layers &...layers)
{
	const uint8_t protos[] = {pkts_layer_proto(layers)...};
	struct pkts_out out = pkts_mbuf_room(m);
	const int rc = pkts_compose(&out, layers...);

	return pkts_mbuf_composed(m, &out, rc, NULL, protos, sizeof...(layers));
}

template <typename... Layers>
PKTS_INLINE int pkts_mbuf_compose_around(
	struct rte_mbuf *m, struct rte_mbuf *payload, const Layers &...layers)
{
	const uint8_t protos[] = {pkts_layer_proto(layers)...};
	const struct pkts_bytes bytes = pkts_mbuf_bytes(payload);
	struct pkts_out out = pkts_mbuf_room(m);
	const int rc = pkts_compose(&out, layers..., ATTACHED(&bytes, payload->pkt_len));

	return pkts_mbuf_composed(m, &out, rc, payload, protos, sizeof...(layers));
}

template <typename... Layers>
PKTS_INLINE struct rte_mbuf *pkts_mbuf_compose_new(
	struct rte_mempool *pool, const Layers &...layers)
{
	struct rte_mbuf *const m = rte_pktmbuf_alloc(pool);

	return pkts_mbuf_or_null(m, m ? pkts_mbuf_compose(m, layers...) : -PKTS_ENOMEM);
}
}
#endif

#endif
