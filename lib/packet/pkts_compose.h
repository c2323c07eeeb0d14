/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Compose: frames written as easily as they are read.
 *
 *	uint8_t room[1500];
 *	struct pkts_out out = {.data = room, .cap = sizeof(room)};
 *	int rc = pkts_compose(&out, ETH(.dst = gateway), IPV4(.src = a, .dst = b), UDP(.dport = 53),
 *		RAW(query, n));
 *
 * writes a whole frame of out.len bytes to room. pkts_spec.h says what the layers can be given, and
 * what is derived.
 */
#ifndef PKTS_COMPOSE_H
#define PKTS_COMPOSE_H

#include "pkts_derive.h"

#define PKTS_COMPOSE_LAYERS 16 /* of one call */

/*
 * Composes up to PKTS_COMPOSE_LAYERS layers, outermost first, into out->data. 0; -PKTS_ERANGE if a
 * value does not fit its field (where the compiler can see that, it is an error of compilation), or
 * a length that is derived does not; -PKTS_ENOSPC if out->cap does not suffice. out->layer and field
 * say which. Nothing behind out->cap is written. Layers are evaluated once, outermost first.
 * Everything is inlined: with constants, what is left is the stores and the sums.
 *
 * In C++ a function template: layers are evaluated in any order, as arguments are, and what they borrow
 * from a temporary lives until the call is over.
 */
#ifndef __cplusplus
#define pkts_compose(OUT, ...)                                                                     \
	__extension__({                                                                            \
		struct pkts_builder pkts_b_ = pkts_builder_begin(OUT);                             \
		PKTS_COMPOSE_CHOOSE(__VA_ARGS__, PKTS_COMPOSE_16, PKTS_COMPOSE_15,                 \
			PKTS_COMPOSE_14, PKTS_COMPOSE_13, PKTS_COMPOSE_12, PKTS_COMPOSE_11,        \
			PKTS_COMPOSE_10, PKTS_COMPOSE_9, PKTS_COMPOSE_8, PKTS_COMPOSE_7,           \
			PKTS_COMPOSE_6, PKTS_COMPOSE_5, PKTS_COMPOSE_4, PKTS_COMPOSE_3,            \
			PKTS_COMPOSE_2, PKTS_COMPOSE_1, )                                          \
		(&pkts_b_, __VA_ARGS__) pkts_builder_end(OUT, &pkts_b_);                           \
	})
#else
extern "C++" {
template <typename... Layers>
PKTS_INLINE int pkts_compose(struct pkts_out *out, const Layers &...layers);
}
#endif

/* The same for layers that are known at run time only; -PKTS_EINVAL if they are too many. */
int pkts_compose_specs(struct pkts_out *out, const struct pkts_spec *specs, unsigned n);

/* inline definitions */

PKTS_INLINE struct pkts_builder pkts_builder_begin(const struct pkts_out *out)
{
	return (struct pkts_builder){.data = out->data, .cap = out->cap, .split = out->split};
}

PKTS_INLINE int pkts_builder_end(struct pkts_out *out, const struct pkts_builder *b)
{
	const bool failed = b->layer != NULL;

	out->len = failed ? 0 : b->len;
	out->attached = b->attached;
	out->rest = b->rest;
	out->offload = b->offload;
	out->layer = b->layer;
	out->field = b->field;
	if (PKTS_LIKELY(!failed))
		return 0;
	return b->field ? -PKTS_ERANGE : -PKTS_ENOSPC;
}

#ifndef __cplusplus
/* clang-format off */
#define PKTS_PUT(B, S, L) \
	_Generic((S), PKTS_COMPOSERS(PKTS_PUT_CHOICE) \
		struct pkts_payload_spec: pkts_payload_put)(B, &(L), &(S))
#define PKTS_FINISH(B, S, L) \
	_Generic((S), PKTS_COMPOSERS(PKTS_FINISH_CHOICE) \
		struct pkts_payload_spec: pkts_payload_finish)(B, &(L), &(S))

/* One layer around those inside it: put down before them, finished behind them. */
#define PKTS_COMPOSE_LAYER(B, S, L, SPEC, INSIDE) \
	{ const __auto_type S = SPEC; struct pkts_place L; \
	  if (PKTS_LIKELY(PKTS_PUT(B, S, L))) { INSIDE PKTS_FINISH(B, S, L); } }
#define PKTS_COMPOSE_1(B, X)       PKTS_COMPOSE_LAYER(B, pkts_s1_, pkts_l1_, X, )
#define PKTS_COMPOSE_2(B, X, ...)  PKTS_COMPOSE_LAYER(B, pkts_s2_, pkts_l2_, X, PKTS_COMPOSE_1(B, __VA_ARGS__))
#define PKTS_COMPOSE_3(B, X, ...)  PKTS_COMPOSE_LAYER(B, pkts_s3_, pkts_l3_, X, PKTS_COMPOSE_2(B, __VA_ARGS__))
#define PKTS_COMPOSE_4(B, X, ...)  PKTS_COMPOSE_LAYER(B, pkts_s4_, pkts_l4_, X, PKTS_COMPOSE_3(B, __VA_ARGS__))
#define PKTS_COMPOSE_5(B, X, ...)  PKTS_COMPOSE_LAYER(B, pkts_s5_, pkts_l5_, X, PKTS_COMPOSE_4(B, __VA_ARGS__))
#define PKTS_COMPOSE_6(B, X, ...)  PKTS_COMPOSE_LAYER(B, pkts_s6_, pkts_l6_, X, PKTS_COMPOSE_5(B, __VA_ARGS__))
#define PKTS_COMPOSE_7(B, X, ...)  PKTS_COMPOSE_LAYER(B, pkts_s7_, pkts_l7_, X, PKTS_COMPOSE_6(B, __VA_ARGS__))
#define PKTS_COMPOSE_8(B, X, ...)  PKTS_COMPOSE_LAYER(B, pkts_s8_, pkts_l8_, X, PKTS_COMPOSE_7(B, __VA_ARGS__))
#define PKTS_COMPOSE_9(B, X, ...)  PKTS_COMPOSE_LAYER(B, pkts_s9_, pkts_l9_, X, PKTS_COMPOSE_8(B, __VA_ARGS__))
#define PKTS_COMPOSE_10(B, X, ...) PKTS_COMPOSE_LAYER(B, pkts_s10_, pkts_l10_, X, PKTS_COMPOSE_9(B, __VA_ARGS__))
#define PKTS_COMPOSE_11(B, X, ...) PKTS_COMPOSE_LAYER(B, pkts_s11_, pkts_l11_, X, PKTS_COMPOSE_10(B, __VA_ARGS__))
#define PKTS_COMPOSE_12(B, X, ...) PKTS_COMPOSE_LAYER(B, pkts_s12_, pkts_l12_, X, PKTS_COMPOSE_11(B, __VA_ARGS__))
#define PKTS_COMPOSE_13(B, X, ...) PKTS_COMPOSE_LAYER(B, pkts_s13_, pkts_l13_, X, PKTS_COMPOSE_12(B, __VA_ARGS__))
#define PKTS_COMPOSE_14(B, X, ...) PKTS_COMPOSE_LAYER(B, pkts_s14_, pkts_l14_, X, PKTS_COMPOSE_13(B, __VA_ARGS__))
#define PKTS_COMPOSE_15(B, X, ...) PKTS_COMPOSE_LAYER(B, pkts_s15_, pkts_l15_, X, PKTS_COMPOSE_14(B, __VA_ARGS__))
#define PKTS_COMPOSE_16(B, X, ...) PKTS_COMPOSE_LAYER(B, pkts_s16_, pkts_l16_, X, PKTS_COMPOSE_15(B, __VA_ARGS__))
#define PKTS_COMPOSE_CHOOSE(A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P, CHOSEN, ...) CHOSEN
/* clang-format on */
#else
extern "C++" {
PKTS_COMPOSERS(PKTS_LAYER_OVERLOADS)

PKTS_INLINE bool pkts_layer_put(
	struct pkts_builder *b, struct pkts_place *place, const struct pkts_payload_spec &s)
{
	return pkts_payload_put(b, place, &s);
}

PKTS_INLINE void pkts_layer_finish(
	struct pkts_builder *b, const struct pkts_place *place, const struct pkts_payload_spec &s)
{
	pkts_payload_finish(b, place, &s);
}

PKTS_INLINE uint8_t pkts_layer_proto(const struct pkts_payload_spec &)
{
	return PKTS_PROTO_NONE;
}

PKTS_INLINE void pkts_compose_layers(struct pkts_builder *)
{
}

/* One layer around those inside it: put down before them, finished behind them. */
template <typename Layer, typename... Inside>
PKTS_INLINE void pkts_compose_layers(
	struct pkts_builder *b, const Layer &layer, const Inside &...inside)
{
	struct pkts_place place;

	if (PKTS_LIKELY(pkts_layer_put(b, &place, layer))) {
		pkts_compose_layers(b, inside...);
		pkts_layer_finish(b, &place, layer);
	}
}

template <typename... Layers>
PKTS_INLINE int pkts_compose(struct pkts_out *out, const Layers &...layers)
{
	static_assert(sizeof...(layers) >= 1 && sizeof...(layers) <= PKTS_COMPOSE_LAYERS,
		"1 to 16 layers");
	struct pkts_builder b = pkts_builder_begin(out);

	pkts_compose_layers(&b, layers...);
	return pkts_builder_end(out, &b);
}
}
#endif

#endif
