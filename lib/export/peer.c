/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "peer.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "error.h"

static const struct {
	const char *prefix;
	char letter;
	int type;
} kinds[] = {{"udp:", 'u', SOCK_DGRAM}, {"tcp:", 't', SOCK_STREAM}, {"unix:", 'x', SOCK_STREAM}};

/* HOST:PORT, [HOST]:PORT, each also without :PORT. */
struct host_port {
	char host[256];
	const char *port;
};

static int split(struct host_port *h, const char *text, const char *default_port)
{
	const bool brackets = text[0] == '[';
	const char *const begin = text + brackets;
	const size_t n = strcspn(begin, brackets ? "]" : ":");
	const char *rest = begin + n;

	if (n == 0 || n >= sizeof(h->host) || (brackets && *rest++ != ']'))
		return -EINVAL;
	memcpy(h->host, begin, n);
	h->host[n] = 0;
	h->port = *rest == ':' ? rest + 1 : default_port;
	if (*rest && *rest != ':')
		return -EINVAL;
	return h->port && *h->port && !strchr(h->port, ':') ? 0 : -EINVAL;
}

/* getaddrinfo() would cut greater numbers to 16 bits. */
static bool is_port(const char *text)
{
	char *end;
	const unsigned long port = strtoul(text, &end, 10);

	return *end || (port >= 1 && port <= 65535);
}

static int find_host(struct peer *p, const char *where, const char *text, const char *default_port,
	struct pkts_error *err)
{
	const struct addrinfo hints = {.ai_socktype = p->type};
	struct addrinfo *found;
	struct host_port h;
	int code;

	if (split(&h, text, default_port))
		return pkts_export_error(err, -EINVAL,
			"%s: not HOST:PORT; an IPv6 address stands in brackets: [2001:db8::1]:%s",
			where, default_port ? default_port : "5000");
	if (!is_port(h.port))
		return pkts_export_error(err, -EINVAL, "%s: ports are 1 to 65535, or names", where);
	code = getaddrinfo(h.host, h.port, &hints, &found);
	if (code)
		return pkts_export_error(err, -EADDRNOTAVAIL, "%s: %s", where, gai_strerror(code));
	memcpy(&p->address, found->ai_addr, found->ai_addrlen);
	p->address_len = found->ai_addrlen;
	freeaddrinfo(found);
	return 0;
}

static int find_path(struct peer *p, const char *where, const char *path, struct pkts_error *err)
{
	struct sockaddr_un *const un = (struct sockaddr_un *)&p->address;
	const size_t n = strlen(path);

	if (!n || n >= sizeof(un->sun_path))
		return pkts_export_error(err, -EINVAL,
			"%s: a socket's path has 1 to %zu characters", where,
			sizeof(un->sun_path) - 1);
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, n + 1);
	p->address_len = sizeof(*un);
	return 0;
}

static int refuse_kind(const char *where, const char *types, struct pkts_error *err)
{
	char known[32] = "";
	size_t n = 0;

	for (unsigned i = 0; i < PKTS_ARRAY_LEN(kinds); i++)
		if (strchr(types, kinds[i].letter))
			n += (size_t)snprintf(known + n, sizeof(known) - n, "%s%s", n ? " or " : "",
				kinds[i].prefix);
	return pkts_export_error(err, -EINVAL, "%s: does not begin with %s", where, known);
}

int pkts_peer_find(struct peer *p, const char *where, const char *types, const char *default_port,
	struct pkts_error *err)
{
	*p = (struct peer){.fd = -1};
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(kinds); i++) {
		const size_t n = strlen(kinds[i].prefix);

		if (!strchr(types, kinds[i].letter) || strncmp(where, kinds[i].prefix, n) != 0)
			continue;
		p->type = kinds[i].type;
		return kinds[i].letter == 'x' ? find_path(p, where, where + n, err)
					      : find_host(p, where, where + n, default_port, err);
	}
	return refuse_kind(where, types, err);
}

void pkts_peer_close(struct peer *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	p->state = PEER_DOWN;
}

static int fail(struct peer *p, int code, uint64_t now)
{
	pkts_peer_close(p);
	p->errors++;
	p->retry_at = now + p->retry_ns;
	return code;
}

static int come_up(struct peer *p)
{
	p->state = PEER_UP;
	p->connects++;
	return 0;
}

static int begin_connecting(struct peer *p, uint64_t now)
{
	if (now < p->retry_at)
		return -EAGAIN;
	p->fd = socket(p->address.ss_family, p->type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (p->fd < 0)
		return fail(p, -errno, now);
	if (connect(p->fd, (const struct sockaddr *)&p->address, p->address_len) == 0)
		return come_up(p);
	if (errno != EINPROGRESS)
		return fail(p, -errno, now);
	p->state = PEER_CONNECTING;
	return -EAGAIN;
}

static int go_on_connecting(struct peer *p, uint64_t now)
{
	struct pollfd poller = {.fd = p->fd, .events = POLLOUT};
	int error = 0;
	socklen_t n = sizeof(error);

	if (poll(&poller, 1, 0) <= 0)
		return -EAGAIN;
	if (getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0)
		error = errno;
	return error ? fail(p, -error, now) : come_up(p);
}

/* Nobody answers what we send: whatever comes is thrown away, an end means that the peer has gone. */
static int check_end(struct peer *p, uint64_t now)
{
	char unread[512];
	const ssize_t n =
		p->type == SOCK_STREAM ? recv(p->fd, unread, sizeof(unread), MSG_DONTWAIT) : 1;

	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return 0;
	return fail(p, n ? -errno : -ECONNRESET, now);
}

int pkts_peer_poll(struct peer *p, uint64_t now)
{
	switch (p->state) {
	case PEER_DOWN:
		return begin_connecting(p, now);
	case PEER_CONNECTING:
		return go_on_connecting(p, now);
	default:
		return check_end(p, now);
	}
}

ssize_t pkts_peer_send(struct peer *p, const void *bytes, size_t n, uint64_t now)
{
	ssize_t done;

	if (p->state != PEER_UP)
		return -ENOTCONN;
	do
		done = send(p->fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (done < 0 && errno == EINTR);
	if (done >= 0)
		return done;
	if (errno == EAGAIN)
		return -EAGAIN;
	if (p->type == SOCK_STREAM)
		return fail(p, -errno, now);
	p->errors++;
	return -errno;
}
