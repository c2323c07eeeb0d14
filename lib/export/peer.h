/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The other end of a socket: found once, connected to in the background, again and again. */
#ifndef PEER_H
#define PEER_H

#include <sys/socket.h>
#include <sys/types.h>

#include "pkts_error.h"

enum peer_state {
	PEER_DOWN,
	PEER_CONNECTING,
	PEER_UP,
};

struct peer {
	struct sockaddr_storage address;
	socklen_t address_len;
	int type; /* SOCK_STREAM or SOCK_DGRAM */
	int fd;	  /* -1 while it is down */
	enum peer_state state;
	uint64_t retry_ns, retry_at; /* between attempts; when the next one is due */
	uint64_t connects, errors;
};

/*
 * Understands "udp:HOST:PORT", "tcp:HOST:PORT", "unix:PATH", as far as `types` names them: letters
 * u, t, x. default_port may be NULL. The peer is down then. 0, or a negative errno value, and err
 * says why.
 */
int pkts_peer_find(struct peer *p, const char *where, const char *types, const char *default_port,
	struct pkts_error *err);

/*
 * Goes on connecting, or begins when it is due; and notices that the other side has closed. 0: it
 * is up; -EAGAIN: not yet; else why an attempt failed or the connection ended just now.
 */
int pkts_peer_poll(struct peer *p, uint64_t now);

/*
 * As much as goes without waiting. The number of bytes; -EAGAIN; -ENOTCONN while it is not up; or
 * another negative errno value: a stream is down then. Never raises SIGPIPE.
 */
ssize_t pkts_peer_send(struct peer *p, const void *bytes, size_t n, uint64_t now);

void pkts_peer_close(struct peer *p);

#endif
