/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* cmocka, with the headers that it wants before it. */
#ifndef CMOCKA_ALL_H
#define CMOCKA_ALL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What cmocka 1 calls it; cmocka 2 warns of the old name. */
#ifndef assert_uint_in_range
#define assert_uint_in_range assert_in_range
#endif

#endif
