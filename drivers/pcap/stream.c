/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fail.h"

#define RAW_SIZE    (256u << 10)
#define GZIP_FORMAT (15 + 16) /* zlib's largest window, and a gzip header around it */

static int stop(struct stream *s, enum stream_state state, int code)
{
	s->state = state;
	s->code = code;
	return -1;
}

static bool would_wait(const struct stream *s)
{
	struct pollfd p = {.fd = s->fd, .events = POLLIN};
	return !s->regular && !s->patient && poll(&p, 1, 0) == 0;
}

/* Reads what is there into p: how much, 0 at the end of the file, -1 with the state set. */
static ssize_t read_some(struct stream *s, uint8_t *p, size_t n)
{
	if (would_wait(s))
		return stop(s, STREAM_AGAIN, 0);
	const ssize_t got = read(s->fd, p, n);
	if (got < 0 && !s->patient && (errno == EINTR || errno == EAGAIN))
		return stop(s, STREAM_AGAIN, 0);
	if (got < 0)
		return stop(s, STREAM_ERROR, -errno);
	s->raw_done += (uint64_t)got;
	return got;
}

static int end_of_gzip(struct stream *s)
{
	s->cut = !s->gzip_idle;
	return stop(s, STREAM_END, 0);
}

/* Has compressed bytes for zlib; -1 with the state set if there are none. */
static int feed(struct stream *s)
{
	if (s->z.avail_in)
		return 0;
	if (s->raw_end)
		return end_of_gzip(s);
	const ssize_t got = read_some(s, s->raw, RAW_SIZE);
	if (got < 0)
		return -1;
	s->raw_end = got == 0;
	if (s->raw_end)
		return end_of_gzip(s);
	s->z.next_in = s->raw;
	s->z.avail_in = (uInt)got;
	return 0;
}

/* Behind one member another may follow; anything else there is padding that gzip ignores too. */
static int next_member(struct stream *s)
{
	if (!s->gzip_idle)
		return 0;
	if (s->z.next_in[0] != 0x1f) {
		s->raw_end = true;
		return stop(s, STREAM_END, 0);
	}
	inflateReset(&s->z);
	s->gzip_idle = false;
	return 0;
}

static int inflate_some(struct stream *s)
{
	if (feed(s) || next_member(s))
		return -1;
	s->z.next_out = s->window + s->end;
	s->z.avail_out = (uInt)(STREAM_WINDOW - s->end);
	const int ret = inflate(&s->z, Z_NO_FLUSH);
	s->end = STREAM_WINDOW - s->z.avail_out;
	s->gzip_idle = ret == Z_STREAM_END;
	if (ret == Z_MEM_ERROR)
		return stop(s, STREAM_ERROR, -ENOMEM);
	if (ret != Z_OK && ret != Z_STREAM_END && ret != Z_BUF_ERROR)
		return stop(s, STREAM_ERROR, -EBADMSG);
	return 0;
}

static int read_plain(struct stream *s)
{
	const ssize_t got = read_some(s, s->window + s->end, STREAM_WINDOW - s->end);
	if (got < 0)
		return -1;
	if (got == 0)
		return stop(s, STREAM_END, 0);
	s->end += (size_t)got;
	return 0;
}

static void discard_skipped(struct stream *s)
{
	const size_t n = PKTS_MIN(s->skip, stream_held(s));
	s->start += n;
	s->skip -= n;
}

/* Moves what is left to the front, so that there is room behind it. */
static void make_room(struct stream *s)
{
	memmove(s->window, s->window + s->start, stream_held(s));
	s->end -= s->start;
	s->start = 0;
}

const uint8_t *stream_fill(struct stream *s, size_t n)
{
	if (s->state >= STREAM_END)
		return NULL;
	s->state = STREAM_READY;
	while (s->skip || stream_held(s) < n) {
		make_room(s);
		const int ret = s->gzip ? inflate_some(s) : read_plain(s);
		discard_skipped(s);
		if (ret < 0 && stream_held(s) < n)
			return NULL;
	}
	return s->window + s->start;
}

/* What was read to recognise the format becomes zlib's first input. */
static int start_gzip(struct stream *s)
{
	s->raw = malloc(RAW_SIZE + STREAM_WINDOW);
	if (!s->raw || inflateInit2(&s->z, GZIP_FORMAT) != Z_OK)
		return -ENOMEM;
	memcpy(s->raw, s->window, s->end);
	s->z.next_in = s->raw;
	s->z.avail_in = (uInt)s->end;
	s->end = 0;
	s->gzip = true;
	s->raw_end = s->state == STREAM_END;
	s->state = STREAM_READY;
	return 0;
}

static int examine(struct stream *s)
{
	struct stat st;

	if (fstat(s->fd, &st))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	s->regular = S_ISREG(st.st_mode);
	s->raw_size = s->regular ? (uint64_t)st.st_size : 0;
	s->window = malloc(STREAM_WINDOW);
	if (!s->window)
		return -ENOMEM;
	const uint8_t *magic = stream_peek(s, 2);
	if (s->state == STREAM_ERROR)
		return s->code;
	return magic && magic[0] == 0x1f && magic[1] == 0x8b ? start_gzip(s) : 0;
}

int stream_open(struct stream *s, const char *name, struct pkts_error *err)
{
	const bool standard = strcmp(name, "-") == 0;
	int ret;

	*s = (struct stream){.patient = true};
	s->fd = standard ? dup(STDIN_FILENO) : open(name, O_RDONLY | O_CLOEXEC);
	ret = s->fd < 0 ? -errno : examine(s);
	if (ret == 0)
		return 0;
	stream_close(s);
	if (ret == -EISDIR)
		return pkts_error_set(err, ret, "'%s' is a directory, not a capture file", name);
	return pkts_error_set(err, ret, "cannot read %s%s%s: %s", standard ? "standard input" : "'",
		standard ? "" : name, standard ? "" : "'", strerror(-ret));
}

void stream_close(struct stream *s)
{
	if (s->fd >= 0)
		close(s->fd);
	if (s->raw)
		inflateEnd(&s->z);
	free(s->raw);
	free(s->window);
	s->raw = s->window = NULL;
	s->fd = -1;
}
