/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "datagrams.h"

#include <errno.h>

#define NAME "datagrams.json"

static void write_text(void *ctx, const char *text, size_t n)
{
	struct datagrams *const d = ctx;

	if (fwrite(text, 1, n, d->file) != n)
		folder_fail(d->folder, -errno, NAME);
}

bool datagrams_open(struct datagrams *d, struct folder *folder)
{
	*d = (struct datagrams){.folder = folder};
	d->sink = (struct pkts_sink){
		.buf = d->buf, .cap = sizeof(d->buf), .flush = write_text, .ctx = d};
	d->file = folder_new(folder, NAME, false);
	return d->file != NULL;
}

static int sum_of(const struct pkts_datagram *datagram, uint8_t sum[DIGEST_LEN])
{
	struct digest *digest = NULL;
	struct pkts_piece piece;
	uint32_t at = 0;
	int code = 0;

	while (pkts_datagram_next(datagram, &at, &piece))
		code |= digest_add(&digest, piece.p, piece.len);
	return digest_end(&digest, sum) ? -ENOMEM : code;
}

static void put_number(struct pkts_sink *out, const char *key, uint64_t v)
{
	pkts_put_text(out, key);
	pkts_put_dec(out, v);
}

static void put_events(struct pkts_sink *out, uint64_t events)
{
	const char *before = "\"";

	pkts_put_text(out, ",\"events\":[");
	for (unsigned i = 0; i < PKTS_SEQ_EVENT_MAX; i++) {
		if (!(events >> i & 1))
			continue;
		pkts_put_text(out, before);
		pkts_put_text(out, pkts_seq_event_name((enum pkts_seq_event)i));
		before = "\",\"";
	}
	pkts_put_text(out, before[1] ? "\"]" : "]");
}

void datagrams_add(struct datagrams *d, const struct pkts_datagram *datagram, uint64_t frame)
{
	uint8_t digest[DIGEST_LEN];

	if (!d->file)
		return;
	if (sum_of(datagram, digest))
		folder_fail(d->folder, -ENOMEM, NAME);
	put_number(&d->sink, "{\"frame\":", frame);
	put_number(&d->sink, ",\"family\":", datagram->family);
	put_number(&d->sink, ",\"protocol\":", datagram->protocol);
	put_number(&d->sink, ",\"fragments\":", datagram->fragments);
	put_number(&d->sink, ",\"len\":", datagram->len);
	pkts_put_text(&d->sink, ",\"sha256\":\"");
	pkts_put_hex_bytes(&d->sink, digest, sizeof(digest));
	pkts_put_char(&d->sink, '"');
	put_events(&d->sink, datagram->events);
	pkts_put_text(&d->sink, "}\n");
}

void datagrams_close(struct datagrams *d)
{
	if (!d->file)
		return;
	pkts_sink_flush(&d->sink);
	folder_close_file(d->folder, d->file, NAME);
}
