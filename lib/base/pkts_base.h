/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What every file of the library starts from: fixed-width types, linkage of inlines, branch hints.
 */
#ifndef PKTS_BASE_H
#define PKTS_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Linkage of every function whose body stands in a public header. lib/wire/accessors.c sets it to
 * nothing, so that each accessor exists once as a symbol too, for debuggers and foreign callers.
 */
#ifndef PKTS_INLINE
#define PKTS_INLINE static inline __attribute__((always_inline, unused))
#endif

/* C++ spells it static_assert; g++ knows nothing else. */
#if defined(__cplusplus) && !defined(__clang__) && !defined(_Static_assert)
#define _Static_assert static_assert
#endif

#define PKTS_LIKELY(x)	  __builtin_expect(!!(x), 1)
#define PKTS_UNLIKELY(x)  __builtin_expect(!!(x), 0)
#define PKTS_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define PKTS_MIN(a, b)	  ((a) < (b) ? (a) : (b))

#endif
