/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "index.h"

#include <errno.h>
#include <unistd.h>

/* Where in the lines a stream's are. */
struct extent {
	uint64_t at, len;
};

static void write_lines(void *ctx, const char *text, size_t n)
{
	struct index *const ix = ctx;

	if (fwrite(text, 1, n, ix->lines) != n)
		folder_fail(ix->folder, -errno, "index.json");
	ix->at += n;
}

bool index_open(struct index *ix, struct folder *folder)
{
	*ix = (struct index){.folder = folder};
	ix->sink = (struct pkts_sink){
		.buf = ix->buf, .cap = sizeof(ix->buf), .flush = write_lines, .ctx = ix};
	ix->lines = folder_new(folder, ".index.lines", true);
	ix->places = ix->lines ? folder_new(folder, ".index.places", true) : NULL;
	return ix->places != NULL;
}

/* Bytes of the lines; those that wait in the sink count. */
static uint64_t written(const struct index *ix)
{
	return ix->at + ix->sink.used;
}

struct pkts_sink *index_begin(struct index *ix)
{
	ix->from = written(ix);
	return &ix->sink;
}

void index_end(struct index *ix, uint64_t stream)
{
	const struct extent e = {.at = ix->from, .len = written(ix) - ix->from};
	const off_t place = (off_t)(stream * sizeof(e));

	errno = EIO; /* if it is only less than wanted */
	if (pwrite(fileno(ix->places), &e, sizeof(e), place) != sizeof(e))
		folder_fail(ix->folder, -errno, "index.json");
	if (ix->streams <= stream)
		ix->streams = stream + 1;
}

/* What was read of the lines last: those of the next stream are often behind it. */
struct window {
	int fd;
	struct extent of;
	char buf[16384];
};

static bool holds(const struct window *w, uint64_t at)
{
	return at >= w->of.at && at - w->of.at < w->of.len;
}

static bool move_to(struct window *w, uint64_t at)
{
	const ssize_t n = pread(w->fd, w->buf, sizeof(w->buf), (off_t)at);

	w->of = (struct extent){.at = at, .len = n > 0 ? (uint64_t)n : 0};
	return n > 0;
}

static bool copy(FILE *to, struct window *w, struct extent e)
{
	while (e.len) {
		if (!holds(w, e.at) && !move_to(w, e.at))
			return false;
		const uint64_t skip = e.at - w->of.at, n = PKTS_MIN(e.len, w->of.len - skip);
		if (fwrite(w->buf + skip, 1, n, to) != n)
			return false;
		e.at += n;
		e.len -= n;
	}
	return true;
}

static bool copy_all(struct index *ix, FILE *to)
{
	struct window w = {.fd = fileno(ix->lines)};
	struct extent e;

	pkts_sink_flush(&ix->sink);
	if (fflush(ix->lines))
		return false;
	for (uint64_t i = 0; i < ix->streams; i++)
		if (fread(&e, sizeof(e), 1, ix->places) != 1 || !copy(to, &w, e))
			return false;
	return true;
}

void index_close(struct index *ix)
{
	FILE *const to = ix->places ? folder_new(ix->folder, "index.json", false) : NULL;

	errno = EIO;
	if (to && !copy_all(ix, to))
		folder_fail(ix->folder, -errno, "index.json");
	folder_close_file(ix->folder, to, "index.json");
	folder_close_file(ix->folder, ix->places, "index.json");
	folder_close_file(ix->folder, ix->lines, "index.json");
}
