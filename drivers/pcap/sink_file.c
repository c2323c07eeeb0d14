/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "sink_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fail.h"

#define PACKED_SIZE (256u << 10)
#define GZIP_FORMAT (15 + 16) /* zlib's largest window, and a gzip header around it */

static int fail(struct sink_file *s, int code)
{
	if (!s->code)
		s->code = code;
	return s->code;
}

static int write_all(struct sink_file *s, const uint8_t *p, size_t n)
{
	while (n) {
		const ssize_t done = write(s->fd, p, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return fail(s, done ? -errno : -EIO);
		p += done;
		n -= (size_t)done;
	}
	return 0;
}

static int deflate_all(struct sink_file *s, int how)
{
	s->z.next_in = s->buf;
	s->z.avail_in = (uInt)s->n;
	do {
		s->z.next_out = s->packed;
		s->z.avail_out = PACKED_SIZE;
		deflate(&s->z, how);
		if (write_all(s, s->packed, PACKED_SIZE - s->z.avail_out))
			return s->code;
	} while (s->z.avail_out == 0);
	return 0;
}

static int hand_over(struct sink_file *s, int how)
{
	const int ret = s->code	  ? s->code
			: s->gzip ? deflate_all(s, how)
				  : write_all(s, s->buf, s->n);
	s->written += s->n;
	s->n = 0;
	return ret;
}

int sink_file_flush(struct sink_file *s)
{
	return hand_over(s, s->prompt ? Z_SYNC_FLUSH : Z_NO_FLUSH);
}

static int prepare(struct sink_file *s)
{
	struct stat st;

	if (fstat(s->fd, &st))
		return -errno;
	if (isatty(s->fd))
		return -ENOTTY;
	s->prompt = !S_ISREG(st.st_mode);
	s->buf = malloc(SINK_FILE_SIZE);
	if (!s->buf)
		return -ENOMEM;
	if (!s->gzip)
		return 0;
	s->packed = malloc(PACKED_SIZE);
	/* The fastest level: the packets do not wait, and most of the gain is there already. */
	if (!s->packed || deflateInit2(&s->z, Z_BEST_SPEED, Z_DEFLATED, GZIP_FORMAT, 8,
				  Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	return 0;
}

static void release(struct sink_file *s)
{
	if (s->packed)
		deflateEnd(&s->z);
	free(s->packed);
	free(s->buf);
	s->packed = s->buf = NULL;
}

int sink_file_open(struct sink_file *s, const char *name, bool gzip, struct pkts_error *err)
{
	const bool standard = strcmp(name, "-") == 0;

	*s = (struct sink_file){.gzip = gzip};
	s->fd = standard ? dup(STDOUT_FILENO)
			 : open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	const int ret = s->fd < 0 ? -errno : prepare(s);
	if (ret == 0)
		return 0;
	release(s);
	if (s->fd >= 0)
		close(s->fd);
	if (ret == -ENOTTY)
		return pkts_error_set(err, ret,
			"a capture is not written to a terminal: name a file, or pipe the output");
	return pkts_error_set(err, ret, "cannot write %s%s%s: %s",
		standard ? "standard output" : "'", standard ? "" : name, standard ? "" : "'",
		strerror(-ret));
}

int sink_file_close(struct sink_file *s)
{
	hand_over(s, Z_FINISH);
	if (close(s->fd))
		fail(s, -errno);
	release(s);
	return s->code;
}
