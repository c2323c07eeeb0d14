/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Reassembly of IPv4 and IPv6 datagrams (RFC 791 3.2, RFC 815, RFC 8200 4.5).
 *
 * Fragments are kept by reference: none of their bytes is copied, or looked at but for comparing
 * what overlaps. A datagram's pieces are handed out in order, with their owners. All memory comes
 * from the caller, and everything that traffic can make grow has a limit, a counter and a rule for
 * what goes first. One table belongs to one thread.
 *
 *	size_t n = pkts_ipfrag_memsize(&conf);
 *	struct pkts_ipfrag *f;
 *	pkts_ipfrag_init(&f, aligned_alloc(64, n), n, &conf);
 *	...
 *	int i = pkts_ipfrag_layer(&packet);
 *	if (i >= 0 && pkts_ipfrag_put(f, &packet, i, &payload, now) == PKTS_IPFRAG_READY)
 *		while (pkts_ipfrag_get(f, &datagram)) {
 *			...
 *			pkts_ipfrag_free(f, &datagram);
 *		}
 */
#ifndef PKTS_IPFRAG_H
#define PKTS_IPFRAG_H

#include "pkts_hold.h"
#include "pkts_ipv4.h"
#include "pkts_ipv6_frag.h"
#include "pkts_overlap.h"
#include "pkts_packet.h"
#include "pkts_seq_event.h"

#define PKTS_IPFRAG_ALIGN 64 /* of the memory given to pkts_ipfrag_init() */

/* How the datagrams to some destinations are put together. */
struct pkts_ipfrag_target {
	uint8_t family;	  /* 4 or 6 */
	uint8_t len;	  /* bits of the prefix: 0 to 32, or to 128; those behind it do not count */
	uint8_t addr[16]; /* in network order; IPv4 in the first 4 bytes */
	enum pkts_ip_policy policy;
};

/* All zero is a good choice for a table of one's own traffic; a busy sensor wants more of all. */
struct pkts_ipfrag_conf {
	uint32_t max_datagrams;	     /* under way, given up, or not yet fetched; 0: 4,096 */
	uint32_t max_fragments;	     /* kept, of all datagrams; 0: 32,768 */
	uint32_t max_fragments_each; /* of one datagram; 0: 8,192, which is as many as fit */
	uint32_t max_overlaps;	     /* ranges that new fragments of one datagram meet; 0: 1,024 */
	uint64_t max_bytes;	     /* pinned: the sum of the pieces' cost; 0: 32 MiB */
	uint64_t timeout_ns;	     /* from a datagram's first fragment; 0: 30 s */
	enum pkts_ip_policy policy4, policy6;	  /* where no target says otherwise; 0: RFC 8200 */
	const struct pkts_ipfrag_target *targets; /* the longest match counts; copied */
	uint32_t n_targets;
	bool drop_tiny; /* refuse first fragments without the whole transport header (RFC 7112 5) */
	/*
	 * Fragments whose TTL or hop limit is less are refused: they may end before the receiver, and
	 * bring what it never gets. As many routers as are between here and there; 0: none is refused.
	 */
	uint8_t min_ttl;
	bool virtual_mode; /* for pkts_ipfrag_stamp(): fragments are stamped, never put together */
	uint8_t key[16];   /* of the hash: random, and secret where traffic is not trusted */
	struct pkts_hold hold; /* what is called for every piece kept; see pkts_hold.h */
};

enum pkts_ipfrag_verdict {
	PKTS_IPFRAG_PASS, /* no fragment, or an atomic one: nothing is kept, go on with it as it is */
	PKTS_IPFRAG_HELD, /* kept, or not needed because its bytes are there: done with it for now */
	PKTS_IPFRAG_DROPPED, /* refused, or its datagram was given up: done with it for good */
	PKTS_IPFRAG_READY,   /* a datagram is complete: pkts_ipfrag_get() has it */
};

struct pkts_ipfrag_stats {
	uint64_t events[PKTS_SEQ_EVENT_MAX]; /* how often each was raised */
	uint64_t fragments;		     /* that were put */
	uint64_t dropped;		     /* of them, at once */
	uint64_t datagrams;		     /* completed */
	uint64_t held, released;	     /* pieces; the difference is what is kept now */
	uint64_t bytes;			     /* pinned now */
	uint32_t contexts;		     /* datagrams in the table now, of whatever kind */
	uint32_t waiting;		     /* of them complete, to be fetched */
	uint64_t steps;			     /* ranges visited: what the work was */
};

struct pkts_ipfrag; /* in the caller's memory */

/*
 * A finished datagram. Its bytes stay where the fragments left them until pkts_ipfrag_free(); it
 * counts against the limits until then.
 */
struct pkts_datagram {
	uint8_t family;	    /* 4 or 6 */
	uint8_t protocol;   /* of the payload; of IPv6, as the first fragment's header says */
	uint16_t frag_at;   /* IPv6: where in header the fragment header is, */
	uint16_t next_at;   /* and the byte that names it. 0: there is none */
	uint32_t len;	    /* bytes of payload */
	uint32_t fragments; /* kept when it was complete: at least one a piece's owner */
	uint64_t first_ns, last_ns; /* arrival of the first and of the last fragment kept */
	uint64_t events;	    /* bit 1 << PKTS_SEQ_...: what was noticed on the way */
	struct pkts_span header; /* of the first fragment: from the IP header up to the payload */
	struct pkts_piece whole; /* private, as what follows */
	struct pkts_ipfrag *table;
	uint32_t context;
};

/* The memory that a table of this configuration takes; 0 for numbers that are refused below. */
size_t pkts_ipfrag_memsize(const struct pkts_ipfrag_conf *conf);

/*
 * Makes an empty table in `len` bytes at `mem`, aligned to PKTS_IPFRAG_ALIGN, which is the table's
 * until its caller takes it back (pkts_ipfrag_fini()). 0; -PKTS_ENOMEM if len is below memsize;
 * -PKTS_EINVAL for memory out of line, a policy, prefix or family that does not exist, more than
 * 2^28 of anything, or one of the two functions of `hold` without the other.
 */
int pkts_ipfrag_init(
	struct pkts_ipfrag **f, void *mem, size_t len, const struct pkts_ipfrag_conf *conf);

/* Releases all that is held, handed out or not; the memory is the caller's again. */
void pkts_ipfrag_fini(struct pkts_ipfrag *f);

/*
 * What tells networks apart and is not in the packets' bytes: a VLAN tag that the NIC took off, a
 * VRF. Fragments put from now on meet only those put with the same number. 0 at first.
 */
void pkts_ipfrag_set_domain(struct pkts_ipfrag *f, uint32_t domain);

/* The outermost layer that is a fragment, neither atomic nor quoted by an ICMP error; -1: none. */
PKTS_INLINE int pkts_ipfrag_layer(const struct pkts_packet *packet);

/*
 * Puts a fragment in. i: an IPV4 or IPV6_FRAG layer of the packet (PASS for any other). piece: what
 * lies behind that layer's header, contiguous, at least what the IP header announces; anything
 * behind that (Ethernet padding) is left out. Checksums are not looked at, and the TTL only
 * of fragments (min_ttl). now_ns: any clock that rarely goes back.
 *
 * If the fragment is needed later, `hold` is called for piece->owner, and the packet's bytes from
 * the IP header up to the payload have to stay too, until it is released.
 */
enum pkts_ipfrag_verdict pkts_ipfrag_put(struct pkts_ipfrag *f, const struct pkts_packet *packet,
	unsigned i, const struct pkts_piece *piece, uint64_t now_ns);

/*
 * The oldest finished datagram, each once, in the order of completion. False if there is none. It
 * has to be given back with pkts_ipfrag_free(); several may be out at a time.
 */
bool pkts_ipfrag_get(struct pkts_ipfrag *f, struct pkts_datagram *d);

/* Releases a datagram's pieces. */
void pkts_ipfrag_free(struct pkts_ipfrag *f, struct pkts_datagram *d);

/*
 * put and get in one, without a copy or hold where none is needed. i may name any IPV4, IPV6 or
 * IPV6_FRAG layer. READY: *d is the oldest finished datagram, to be freed as after get. If the
 * packet is no fragment and nothing waits, that is the packet itself: its piece is the caller's
 * own, the same pointer, good as long as the caller's bytes are. If something waits, the packet is
 * queued behind it (held). PASS for other layers, HELD and DROPPED as above.
 */
enum pkts_ipfrag_verdict pkts_ipfrag_put_get(struct pkts_ipfrag *f,
	const struct pkts_packet *packet, unsigned i, const struct pkts_piece *piece,
	uint64_t now_ns, struct pkts_datagram *d);

/*
 * Gives up what has waited for timeout_ns; returns how many datagrams. pkts_ipfrag_put() does a
 * few by itself. Finished ones do not time out.
 */
uint32_t pkts_ipfrag_expire(struct pkts_ipfrag *f, uint64_t now_ns);

/* Event bits that the latest call of put, put_get, stamp or expire raised. */
uint64_t pkts_ipfrag_events(const struct pkts_ipfrag *f);

struct pkts_ipfrag_stats pkts_ipfrag_stats(const struct pkts_ipfrag *f);

/*
 * The next piece of a datagram, in order, with its owner: start with *at = 0, which counts the
 * bytes so far. False behind the last. One owner may come several times, with pieces that do not
 * touch. The cost is the whole buffer's, each time.
 */
bool pkts_datagram_next(const struct pkts_datagram *d, uint32_t *at, struct pkts_piece *piece);

/* The same for the next n at most; returns how many, 0 behind the last. */
uint32_t pkts_datagram_pieces(
	const struct pkts_datagram *d, uint32_t *at, struct pkts_piece *pieces, uint32_t n);

/*
 * The same, but what it returns is the caller's, for whom a datagram becomes something that outlives it:
 * each piece comes with a reference of its own to its owner, as hold() makes them. The next n at most,
 * from the first on; 0 behind the last. Nothing is left to be freed then; who does not go on to there
 * calls pkts_ipfrag_free(), which releases the rest. What d says stays as it is, `header` for as long as
 * the first piece's owner. Once pieces were taken, those above and pkts_datagram_copy() are not for d.
 */
uint32_t pkts_datagram_take(struct pkts_datagram *d, struct pkts_piece *pieces, uint32_t n);

/*
 * Writes the header of the whole datagram: the first fragment's with length, offset and more
 * fragments, and IPv4's checksum, set right; the fragment header of IPv6 taken out (RFC 8200 4.5).
 * Returns its bytes; -PKTS_ENOSPC if that is more than cap. `to` may lie where the header itself is,
 * wholly or in part: who owns it alone can mend it in place.
 */
int pkts_datagram_header(const struct pkts_datagram *d, uint8_t *to, uint32_t cap);

/* Writes the whole packet, header and payload. Returns its bytes; -PKTS_ENOSPC. */
int pkts_datagram_copy(const struct pkts_datagram *d, uint8_t *to, uint32_t cap);

/* What all fragments of a datagram share with its first one. */
struct pkts_stamp {
	uint8_t protocol;      /* of the transport header */
	bool has_ports;	       /* the first fragment had them */
	uint16_t sport, dport; /* host order; 0 if not */
};

/* A fragment that was held because its first one had not come. */
struct pkts_stamped {
	struct pkts_piece piece;
	struct pkts_span header; /* from the IP header up to the payload */
	struct pkts_stamp stamp;
};

/*
 * Virtual reassembly, for tables made with virtual_mode (PASS on others, as put is on these): a
 * fragment goes on by itself, with the ports of its datagram's first fragment.
 * PASS: no fragment. READY: *stamp is what the fragment shares with the first one; get_stamped() may
 * have fragments to be sent on before this one. HELD: the first one has not come; get_stamped() will
 * have this one then. DROPPED: malformed, or too many wait.
 *
 * A datagram is forgotten after timeout_ns without a fragment, and the one unused for longest where
 * the table is full. Another first fragment replaces the ports; CONFLICT if they differ.
 */
enum pkts_ipfrag_verdict pkts_ipfrag_stamp(struct pkts_ipfrag *f, const struct pkts_packet *packet,
	unsigned i, const struct pkts_piece *piece, uint64_t now_ns, struct pkts_stamp *stamp);

/* The oldest one. What was held for it is the caller's now, who releases it. False: none. */
bool pkts_ipfrag_get_stamped(struct pkts_ipfrag *f, struct pkts_stamped *s);

/* inline definitions */

/* private */
int pkts_ipfrag_search(const struct pkts_packet *packet);

PKTS_INLINE bool pkts_ipfrag_is_at(const struct pkts_packet *packet, unsigned i)
{
	const struct pkts_layer l = packet->layers[i];
	const struct pkts_ref r = {packet->data + l.off, l.head, l.len};

	if (l.proto == PKTS_PROTO_IPV4)
		return pkts_ipv4_is_fragment(pkts_ipv4_at(r));
	return l.proto == PKTS_PROTO_IPV6_FRAG && pkts_ipv6_frag_is_fragment(pkts_ipv6_frag_at(r));
}

/* Most often it is the outermost IP header, or what stands directly behind. */
PKTS_INLINE int pkts_ipfrag_layer(const struct pkts_packet *packet)
{
	unsigned i = packet->network - 1u;

	i += i < packet->n && packet->layers[i].proto == PKTS_PROTO_IPV6;
	return i < packet->n && pkts_ipfrag_is_at(packet, i) ? (int)i : pkts_ipfrag_search(packet);
}

#endif
