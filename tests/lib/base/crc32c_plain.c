/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The checksums as a processor without SSE4.2 gets them, beside the library's own, under another
 * name. */
#undef __SSE4_2__
#define pkts_crc32c_add plain_crc32c_add
#define pkts_cksum_add	plain_cksum_add
#define pkts_cksum_copy plain_cksum_copy
#include "../../../lib/base/cksum.c"
