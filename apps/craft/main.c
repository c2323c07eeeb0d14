/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* pkts-craft: makes packets from expressions, and expressions from packets. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "captured.h"
#include "complain.h"
#include "craft_options.h"
#include "descriptors.h"
#include "fd_sink.h"
#include "forms.h"
#include "lines.h"
#include "list.h"
#include "options.h"
#include "say.h"
#include "signals.h"
#include "start.h"
#include "target.h"
#include "wall_clock.h"

#define IP_LINK 101 /* LINKTYPE_RAW: the one that holds both versions */

struct craft {
	struct craft_options options;
	bool print;
	int status;
	uint64_t packets; /* made so far */
	uint64_t random;  /* the state behind random values, for all expressions */
	struct target target;
	struct pkts_expr expr;
	uint8_t room[FRAME_MAX]; /* payload and options of the expression */
	uint8_t frame[FRAME_MAX];
	struct fd_sink out;
};

static void fail(struct craft *c, const struct pkts_error *err)
{
	say("%s", err->text);
	c->status = 1;
}

/* True if there is no use in going on. */
static bool done(const struct craft *c)
{
	return signals_stop() || c->out.code ||
	       (c->target.port && pkts_port_ended(c->target.port, NULL, NULL));
}

static uint16_t file_link(uint16_t link)
{
	return link == 228 || link == 229 ? IP_LINK : link;
}

static bool refuse_first(struct craft *c, const char *where, const struct made *made)
{
	say("%sa capture holds frames from their first byte on, and none begins with %s: put eth, "
	    "ipv4 or another link layer before it (pkts-craft --list)",
		where, pkts_proto_info(made->first)->name);
	c->status = 1;
	return false;
}

/* False if the next packet would fare no better. */
static bool give_away(struct craft *c, const char *where, const struct made *made)
{
	struct pkts_error err;

	if (!c->target.port)
		return true;
	if (made->link == FORMS_NO_LINK)
		return refuse_first(c, where, made);
	const int code = target_put(&c->target, made->data, made->len, file_link(made->link), &err);
	/* What is wrong with the port is said when it is closed. */
	if (code == -EINVAL)
		fail(c, &err);
	return code == 0;
}

static bool handle(struct craft *c, const char *where, const struct made *made)
{
	if (c->print)
		forms_put(&c->out.sink, &c->options, made);
	if (c->out.prompt)
		fd_sink_flush(&c->out);
	return give_away(c, where, made);
}

/* Values fit their fields, or the expression had been refused: only what is derived can fail. */
static bool refuse_frame(struct craft *c, const char *where, const struct pkts_out *out)
{
	if (out->field)
		say("%s%s.%s comes out larger than its field can hold: less behind %s makes it "
		    "smaller, and %s=... pins it",
			where, out->layer, out->field, out->layer, out->field);
	else
		say("%sno room for %s: a frame has %u bytes at most", where,
			out->layer ? out->layer : "it", FRAME_MAX);
	c->status = 1;
	return false;
}

static bool make_one(struct craft *c, const char *where)
{
	struct pkts_out out = {.data = c->frame, .cap = sizeof(c->frame)};
	const enum pkts_proto first = c->expr.n ? c->expr.specs[0].proto : PKTS_PROTO_NONE;

	if (pkts_expr_compose(&c->expr, &out))
		return refuse_frame(c, where, &out);
	const struct made made = {.data = out.data,
		.len = out.len,
		.wire = out.len,
		.link = forms_link(first),
		.first = first,
		.number = ++c->packets,
		.ns = wall_clock(),
		.specs = c->expr.specs,
		.n = c->expr.n};
	return handle(c, where, &made);
}

/* False, and the user has been told, if the text is no expression. */
static bool read_expression(struct craft *c, const char *where, const char *text, size_t len)
{
	struct files_error files_error = {0};
	const struct pkts_expr_files files = {files_read, &files_error};
	struct pkts_expr_error err;

	c->expr.room = c->room;
	c->expr.cap = sizeof(c->room);
	if (pkts_expr_parse(&c->expr, text, len, &files, &err) == 0)
		return true;
	const bool of_file = files_error.code && files_error.code != -ENOSPC;
	complain(where, text, len, &err, of_file ? strerror(-files_error.code) : NULL);
	c->status = 1;
	return false;
}

static void make(struct craft *c, const char *where)
{
	for (uint64_t n = 0; n < c->options.count && !done(c); n++) {
		pkts_expr_step(&c->expr, n, &c->random);
		if (!make_one(c, where))
			return;
	}
}

static void make_lines(struct craft *c)
{
	struct lines l = {0};
	int code = lines_open(&l, c->options.file);

	while (code == 0 && !done(c)) {
		const int got = lines_next(&l);
		if (got <= 0) {
			code = got;
			break;
		}
		/* One that is none does not keep those behind it from being made. */
		if (read_expression(c, l.where, l.text, l.len))
			make(c, l.where);
	}
	if (code)
		c->status = 1;
	lines_close(&l);
}

static void make_captured(struct craft *c, struct made *made)
{
	c->packets++;
	handle(c, "", made);
}

/* A reader that has seen enough, as in `pkts-craft ... | head`, is no failure. */
static void say_sent(const struct craft *c, const struct pkts_port_stats *stats)
{
	if (stats->tx_dropped)
		say("%" PRIu64 " packets sent, %" PRIu64 " refused by %s", stats->tx_packets,
			stats->tx_dropped, c->options.port);
	else
		say("%" PRIu64 " packets sent", stats->tx_packets);
}

static void finish_target(struct craft *c)
{
	const bool live = c->target.live && c->target.port && !c->options.quiet;
	struct pkts_port_stats stats = {0};
	struct pkts_error err;

	if (c->target.port)
		pkts_port_stats(c->target.port, &stats);
	const int code = target_close(&c->target, &err);
	if (live)
		say_sent(c, &stats);
	if (stats.tx_dropped)
		c->status = 1;
	if (code && !(code == -EPIPE && c->options.write && strcmp(c->options.write, "-") == 0))
		fail(c, &err);
}

/* The capture first, so that nothing is overwritten for a packet that is not there. */
static bool open_ends(struct craft *c, struct made *made)
{
	struct pkts_error err;
	int ret = 0;

	if (c->options.from)
		ret = captured_read(&c->options, made, &err);
	if (ret == 0)
		ret = target_open(&c->target, &c->options, &err);
	if (ret == -EINTR && signals_stop())
		return false;
	if (ret)
		fail(c, &err);
	signals_catch();
	return ret == 0;
}

static void choose_form(struct craft *c)
{
	struct craft_options *const o = &c->options;
	const bool form = o->show || o->hex || o->json || o->text || o->c;

	c->print = form || !(o->write || o->port);
	o->text |= o->from && !form;
}

static int craft(struct craft *c)
{
	struct made made = {.data = c->frame};

	fd_sink_init(&c->out, STDOUT_FILENO);
	c->random = c->options.seed;
	choose_form(c);
	/* Before there is a file that is emptied for nothing. */
	if (c->options.word && !read_expression(c, "", c->options.word, strlen(c->options.word)))
		return c->status;
	if (open_ends(c, &made)) {
		if (c->options.from)
			make_captured(c, &made);
		else if (c->options.file)
			make_lines(c);
		else
			make(c, "");
		if (!fd_sink_finish(&c->out))
			c->status = 1;
	}
	finish_target(c);
	start_undo();
	return c->status;
}

int main(int argc, char **argv)
{
	static struct craft c;

	descriptors_hold();
	say_as("pkts-craft");
	if (craft_options_read(&c.options, argc, argv))
		return 2;
	if (c.options.help)
		return craft_options_help();
	if (c.options.version)
		return options_version("pkts-craft");
	if (c.options.list)
		return list(c.options.word);
	return craft(&c);
}
