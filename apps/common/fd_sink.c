/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "fd_sink.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"

/* A descriptor that someone else made non-blocking. */
static int wait_writable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	return poll(&p, 1, -1) < 0 && errno != EINTR ? -errno : 0;
}

static int write_some(int fd, const char **text, size_t *n)
{
	const ssize_t done = write(fd, *text, *n);

	if (done < 0 && errno == EINTR)
		return 0;
	if (done < 0)
		return errno == EAGAIN ? wait_writable(fd) : -errno;
	*text += done;
	*n -= (size_t)done;
	return 0;
}

static void write_out(void *ctx, const char *text, size_t n)
{
	struct fd_sink *s = ctx;

	while (n && !s->code)
		s->code = write_some(s->fd, &text, &n);
}

void fd_sink_init(struct fd_sink *s, int fd)
{
	struct stat st;

	s->sink = (struct pkts_sink){
		.buf = s->buf, .cap = sizeof(s->buf), .flush = write_out, .ctx = s};
	s->fd = fd;
	s->code = 0;
	s->prompt = fstat(fd, &st) || !S_ISREG(st.st_mode);
}

int fd_sink_flush(struct fd_sink *s)
{
	pkts_sink_flush(&s->sink);
	return s->code;
}

bool fd_sink_finish(struct fd_sink *s)
{
	int code = fd_sink_flush(s);

	if (close(s->fd) && !code)
		code = -errno;
	if (!code || code == -EPIPE)
		return true;
	say("cannot write to standard output: %s", strerror(-code));
	return false;
}
