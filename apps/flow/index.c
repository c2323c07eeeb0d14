/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "index.h"

#include <errno.h>

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

struct pkts_sink *index_begin(struct index *ix)
{
	ix->from = ix->at;
	return &ix->sink;
}

void index_end(struct index *ix, uint64_t stream)
{
	pkts_sink_flush(&ix->sink);
	const struct extent e = {.at = ix->from, .len = ix->at - ix->from};
	if (fseeko(ix->places, (off_t)(stream * sizeof(e)), SEEK_SET) ||
		fwrite(&e, sizeof(e), 1, ix->places) != 1)
		folder_fail(ix->folder, -errno, "index.json");
	if (ix->streams <= stream)
		ix->streams = stream + 1;
}

static bool copy(FILE *to, FILE *from, struct extent e)
{
	char buf[16384];

	if (fseeko(from, (off_t)e.at, SEEK_SET))
		return false;
	while (e.len) {
		const size_t n = e.len < sizeof(buf) ? (size_t)e.len : sizeof(buf);
		if (fread(buf, 1, n, from) != n || fwrite(buf, 1, n, to) != n)
			return false;
		e.len -= n;
	}
	return true;
}

static bool copy_all(struct index *ix, FILE *to)
{
	struct extent e;

	if (fflush(ix->lines) || fseeko(ix->places, 0, SEEK_SET))
		return false;
	for (uint64_t i = 0; i < ix->streams; i++)
		if (fread(&e, sizeof(e), 1, ix->places) != 1 || !copy(to, ix->lines, e))
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
