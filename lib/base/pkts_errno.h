/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The errno values that freestanding code returns, negative; equal to the system's (tested). */
#ifndef PKTS_ERRNO_H
#define PKTS_ERRNO_H

enum {
	PKTS_EAGAIN = 11,  /* nothing there yet */
	PKTS_ENOMEM = 12,  /* the memory that was given does not suffice */
	PKTS_EEXIST = 17,  /* there is one already */
	PKTS_EINVAL = 22,  /* an argument makes no sense */
	PKTS_ENOSPC = 28,  /* what was set aside is used up */
	PKTS_ERANGE = 34,  /* a value does not fit its field */
	PKTS_EBADMSG = 74, /* bytes that are not what they should be */
};

#endif
