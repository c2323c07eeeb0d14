/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cmocka_all.h"

enum {
	DEADLINE_MS = 10000,
};

static struct listener on_path(const char *path)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct listener l;

	snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	snprintf(l.where, sizeof(l.where), "unix:%s", path);
	unlink(path);
	l.fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(l.fd, (struct sockaddr *)&un, sizeof(un)), 0);
	assert_int_equal(listen(l.fd, 4), 0);
	return l;
}

struct listener listen_on(const char *kind, const char *path)
{
	const bool tcp = strcmp(kind, "tcp") == 0;
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(in);
	struct listener l;

	if (path)
		return on_path(path);
	l.fd = socket(AF_INET, tcp ? SOCK_STREAM : SOCK_DGRAM, 0);
	assert_int_equal(bind(l.fd, (struct sockaddr *)&in, n), 0);
	assert_true(!tcp || listen(l.fd, 4) == 0);
	assert_int_equal(getsockname(l.fd, (struct sockaddr *)&in, &n), 0);
	snprintf(l.where, sizeof(l.where), "%s:127.0.0.1:%u", kind, ntohs(in.sin_port));
	return l;
}

bool wait_readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, DEADLINE_MS) == 1;
}

int accept_one(const struct listener *l)
{
	int fd;

	assert_true(wait_readable(l->fd));
	fd = accept(l->fd, NULL, NULL);
	assert_true(fd >= 0);
	return fd;
}

void read_exactly(int fd, void *p, size_t n)
{
	while (n) {
		ssize_t done;

		assert_true(wait_readable(fd));
		done = read(fd, p, n);
		assert_true(done > 0);
		p = (char *)p + done;
		n -= (size_t)done;
	}
}
