/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Sockets on this machine that tests listen on. Reads have a deadline: 10 s, then the test fails. */
#ifndef LISTENER_H
#define LISTENER_H

#include <stdbool.h>
#include <stddef.h>

struct listener {
	int fd;
	char where[128]; /* as the library's functions take it: "tcp:127.0.0.1:40000" */
};

/* kind: "tcp", "udp", or "unix" with a path. */
struct listener listen_on(const char *kind, const char *path);

/* The next connection. */
int accept_one(const struct listener *l);

/* Exactly n bytes. */
void read_exactly(int fd, void *p, size_t n);

/* True when there is something to read, or the end, within 10 s. */
bool wait_readable(int fd);

#endif
