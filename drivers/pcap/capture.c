/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "capture.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"

/* Files that people mistake for captures we can read, by how they start. */
static const struct {
	const char *magic;
	const char *what;
} strangers[] = {
	{"snoop", "a snoop capture: convert it with `editcap -F pcapng`"},
	{"\x28\xb5\x2f\xfd",
		"compressed with zstd: unpack it first (`zstdcat FILE | PROGRAM -r -`)"},
	{"\xfd"
	 "7zXZ",
		"compressed with xz: unpack it first (`xzcat FILE | PROGRAM -r -`)"},
	{"BZh", "compressed with bzip2: unpack it first (`bzcat FILE | PROGRAM -r -`)"},
	{"\x04\x22\x4d\x18", "compressed with lz4: unpack it first (`lz4cat FILE | PROGRAM -r -`)"},
	{"PK\x03\x04", "a zip archive: unpack it first"},
	{"TRSNIFF", "a Sniffer capture: convert it with `editcap -F pcapng`"},
	{"XCP", "a NetXRay capture: convert it with `editcap -F pcapng`"},
	{"GMBU", "a Network Monitor capture: convert it with `editcap -F pcapng`"},
	{"RTSS", "a Network Monitor capture: convert it with `editcap -F pcapng`"},
	{"\x7f"
	 "ELF",
		"a program"},
};

static int end(struct capture *c, int code)
{
	c->ended = true;
	c->code = code;
	return -1;
}

static int cut(struct capture *c)
{
	if (c->in.offset == 0)
		pkts_error_set(
			&c->why, 0, "%s was cut: it ends inside the file's own header", c->name);
	else if (c->in.skip)
		pkts_error_set(&c->why, 0,
			"%s was cut: it ends inside a block that is no packet, which starts at "
			"byte "
			"%" PRIu64 ", behind packet %" PRIu64 "; everything before it was read",
			c->name, c->skipped, c->packets);
	else
		pkts_error_set(&c->why, 0,
			"%s was cut: it ends inside packet %" PRIu64
			", which starts at byte %" PRIu64 "; everything before it was read",
			c->name, c->packets + 1, c->in.offset);
	return end(c, -EPIPE);
}

static int unreadable(struct capture *c)
{
	const char *what =
		c->in.code == -EBADMSG ? "its compressed data is damaged" : strerror(-c->in.code);
	pkts_error_set(&c->why, 0,
		"cannot read %s behind byte %" PRIu64 " (packet %" PRIu64
		"): %s; everything before it was read",
		c->name, c->in.offset - c->in.skip + stream_held(&c->in), c->packets + 1, what);
	return end(c, c->in.code);
}

int capture_no_more(struct capture *c)
{
	switch (c->in.state) {
	case STREAM_AGAIN:
		return 0;
	case STREAM_ERROR:
		return unreadable(c);
	default:
		return stream_held(&c->in) || c->in.skip || c->in.cut ? cut(c) : end(c, 0);
	}
}

int capture_damaged(struct capture *c, const char *format, ...)
{
	char what[160];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	pkts_error_set(&c->why, 0,
		"%s is damaged at byte %" PRIu64 " (packet %" PRIu64
		"): %s; everything before it was read",
		c->name, c->in.offset, c->packets + 1, what);
	return end(c, -EBADMSG);
}

int capture_refused(struct capture *c, int code, const char *format, ...)
{
	char what[160];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	pkts_error_set(&c->why, 0,
		"cannot read %s from byte %" PRIu64 " (packet %" PRIu64
		") on: %s; everything before it was read",
		c->name, c->in.offset, c->packets + 1, what);
	return end(c, code);
}

static int not_a_capture(
	const struct capture *c, const uint8_t *p, size_t n, struct pkts_error *err)
{
	char hex[3 * 8 + 1] = "";

	if (n == 0)
		return pkts_error_set(
			err, -EBADMSG, "%s is empty: not a pcap or pcapng capture", c->name);
	for (size_t i = 0; i < PKTS_ARRAY_LEN(strangers); i++) {
		const size_t m = strlen(strangers[i].magic);
		if (n >= m && memcmp(p, strangers[i].magic, m) == 0)
			return pkts_error_set(err, -EBADMSG,
				"%s is not a pcap or pcapng capture but %s", c->name,
				strangers[i].what);
	}
	for (size_t i = 0; i < PKTS_MIN(n, 8); i++)
		snprintf(hex + 3 * i, 4, " %02x", p[i]);
	const size_t len = strlen(c->name);
	const bool erf = len > 5 && strcmp(c->name + len - 5, ".erf'") == 0;
	return pkts_error_set(err, -EBADMSG,
		"%s is not a pcap or pcapng capture (it starts with%s)%s", c->name, hex,
		erf ? "; if it is an ERF capture, convert it with `editcap -F pcapng`" : "");
}

static int recognise(struct capture *c, struct pkts_error *err)
{
	const uint8_t *p = stream_peek(&c->in, 8);
	const size_t n = p ? 8 : stream_held(&c->in);
	uint32_t magic = 0;

	if (c->in.state == STREAM_ERROR)
		return pkts_error_set(err, c->in.code, "cannot read %s: %s", c->name,
			c->in.code == -EBADMSG ? "its compressed data is damaged"
					       : strerror(-c->in.code));
	p = c->in.window + c->in.start;
	if (n >= sizeof(magic))
		memcpy(&magic, p, sizeof(magic));
	if (pcap_recognise(c, magic))
		return pcap_start(c);
	if (pcapng_recognise(c, magic))
		return pcapng_start(c);
	return not_a_capture(c, p, n, err);
}

int capture_open(struct capture *c, const char *name, struct pkts_error *err)
{
	*c = (struct capture){0};
	if (strcmp(name, "-") == 0)
		snprintf(c->name, sizeof(c->name), "standard input");
	else
		snprintf(c->name, sizeof(c->name), "'%s'", name);
	int ret = stream_open(&c->in, name, err);
	if (ret)
		return ret;
	ret = recognise(c, err);
	if (ret == -1 && c->ended)
		ret = pkts_error_set(err, c->code ? c->code : -EBADMSG, "%s", c->why.text);
	if (ret < 0)
		capture_close(c);
	c->in.patient = false;
	return ret;
}

void capture_close(struct capture *c)
{
	stream_close(&c->in);
	free(c->interfaces);
	c->interfaces = NULL;
}

uint16_t capture_first_link(const struct capture *c)
{
	return c->n ? c->interfaces[0].link : c->link ? c->link : 1;
}
