/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Which of two arrivals keeps the bytes that both cover: the rules of operating systems, to be given
 * to pkts_ranges_insert(). Each looks at what the older and the newer arrival covered when they came.
 * A pair's outcome says nothing of a third arrival: what counts is who owns the byte now.
 */
#ifndef PKTS_OVERLAP_H
#define PKTS_OVERLAP_H

#include "pkts_ranges.h"

/* Fragments of IPv4 and IPv6. The old arrival is [os, oe), the new one [ns, ne). */
enum pkts_ip_policy {
	PKTS_IP_RFC8200, /* any overlap drops the datagram, exact duplicates are ignored (RFC 8200 4.5) */
	PKTS_IP_DROP,  /* any overlap drops the datagram, duplicates too (RFC 5722 4) */
	PKTS_IP_FIRST, /* the old one; HP-UX 11, old MacOS */
	PKTS_IP_LAST,  /* the new one; Cisco IOS */
	PKTS_IP_BSD,   /* new if ns < os; AIX, FreeBSD, HP-UX 10, IRIX */
	PKTS_IP_BSD_RIGHT, /* new if ns >= os; HP JetDirect. Some give a tie of ends to the old one: not here */
	PKTS_IP_LINUX,	 /* new if ns <= os; Linux before 4.20 */
	PKTS_IP_WINDOWS, /* new if ns < os and ne > oe */
	PKTS_IP_SOLARIS, /* new if ns < os and ne >= oe */
	PKTS_IP_POLICY_MAX
};

/* Segments of TCP. */
enum pkts_tcp_policy {
	PKTS_TCP_FIRST,	    /* the old one */
	PKTS_TCP_LAST,	    /* the new one */
	PKTS_TCP_BSD,	    /* new if ns < os */
	PKTS_TCP_WINDOWS,   /* as BSD */
	PKTS_TCP_WIN2K3,    /* as BSD */
	PKTS_TCP_VISTA,	    /* as FIRST */
	PKTS_TCP_MACOS,	    /* as BSD */
	PKTS_TCP_IRIX,	    /* as BSD */
	PKTS_TCP_HPUX10,    /* as BSD */
	PKTS_TCP_HPUX11,    /* as SOLARIS */
	PKTS_TCP_LINUX,	    /* new if ns < os, or ns == os and ne > oe */
	PKTS_TCP_OLD_LINUX, /* new if ns < os, or ns == os and ne >= oe */
	PKTS_TCP_SOLARIS,   /* new if ne > oe, or ne == oe and ns <= os */
	PKTS_TCP_POLICY_MAX
};

/*
 * The rule of a policy; NULL where the old arrival always keeps its bytes. RFC8200 and DROP are NULL
 * too: their datagrams end at the first overlap, and that is the caller's to do.
 */
pkts_overlap_fn *pkts_ip_policy_rule(enum pkts_ip_policy policy);
pkts_overlap_fn *pkts_tcp_policy_rule(enum pkts_tcp_policy policy);

/* As command lines have it: "rfc8200", "bsd-right", "old-linux". Never NULL; "" for no policy. */
const char *pkts_ip_policy_name(enum pkts_ip_policy policy);
const char *pkts_tcp_policy_name(enum pkts_tcp_policy policy);

/* The policy of that name; `_` is taken for `-`. False, and *policy as it was, if there is none. */
bool pkts_ip_policy_by_name(const char *name, size_t len, enum pkts_ip_policy *policy);
bool pkts_tcp_policy_by_name(const char *name, size_t len, enum pkts_tcp_policy *policy);

#endif
