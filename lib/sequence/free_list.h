/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Lists of free places in an array, whose memory is not written to before the places are used. */
#ifndef FREE_LIST_H
#define FREE_LIST_H

#include "pkts_base.h"

#define FREE_LIST_END UINT32_MAX

/*
 * What stands behind place i, the list's first, when that is taken. Those that were never used, from *fresh to
 * n, are at the list's end, in order, and have no links yet; whatever is given back stands in front of them.
 */
PKTS_INLINE uint32_t free_list_next(uint32_t i, const uint32_t *link, uint32_t *fresh, uint32_t n)
{
	if (i != *fresh)
		return *link;
	++*fresh;
	return *fresh < n ? *fresh : FREE_LIST_END;
}

#endif
