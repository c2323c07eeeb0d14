/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_ipfix_sender.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "ipfix_template.h"
#include "peer.h"
#include "pkts_bits.h"

#define SECOND UINT64_C(1000000000)

struct pkts_ipfix_sender {
	struct pkts_ipfix encoder;
	struct peer peer;
	uint64_t now; /* of the call that is under way */
	uint8_t *message;
	/* TCP: whole messages, of which the first one may be on its way. */
	uint8_t *queue;
	size_t queue_cap, queue_used, queue_sent;
	uint64_t lost_messages, lost_records; /* that were queued when a connection broke */
	bool is_broken;			      /* it did since the encoder was asked last */
};

static bool is_tcp(const struct pkts_ipfix_sender *s)
{
	return s->peer.type == SOCK_STREAM;
}

/* Of the message that begins there in the queue; all of it is there. */
static size_t length_at(const struct pkts_ipfix_sender *s, size_t at)
{
	return pkts_be16(s->queue + at + 2);
}

/* What has been sent whole goes; the queue begins with a message again. */
static void shift_queue(struct pkts_ipfix_sender *s, size_t sent)
{
	size_t at = 0;

	s->queue_sent += sent;
	while (at < s->queue_used && at + length_at(s, at) <= s->queue_sent)
		at += length_at(s, at);
	memmove(s->queue, s->queue + at, s->queue_used - at);
	s->queue_used -= at;
	s->queue_sent -= at;
}

uint64_t pkts_ipfix_sender_waiting(const struct pkts_ipfix_sender *s)
{
	uint64_t n = 0;

	for (size_t at = 0; at < s->queue_used; at += length_at(s, at))
		n += pkts_ipfix_count_records(s->queue + at, length_at(s, at));
	return n;
}

static void drop_queue(struct pkts_ipfix_sender *s)
{
	for (size_t at = 0; at < s->queue_used; at += length_at(s, at))
		s->lost_messages++;
	s->lost_records += pkts_ipfix_sender_waiting(s);
	s->queue_used = 0;
	s->queue_sent = 0;
}

/* A connection has ended: what was numbered for it is of no use to the next one. */
static void end_session(struct pkts_ipfix_sender *s)
{
	drop_queue(s);
	s->is_broken = true;
}

/* The encoder starts over, but not in the middle of a message. */
static void begin_session(struct pkts_ipfix_sender *s)
{
	if (s->is_broken)
		pkts_ipfix_restart(&s->encoder);
	s->is_broken = false;
}

/* 0: it is up. */
static int poll_peer(struct pkts_ipfix_sender *s)
{
	const bool was_up = s->peer.state == PEER_UP;
	const int code = pkts_peer_poll(&s->peer, s->now);

	if (was_up && s->peer.state != PEER_UP)
		end_session(s);
	return code;
}

/* 0: all is out. */
static int write_queue(struct pkts_ipfix_sender *s)
{
	while (s->queue_used) {
		const ssize_t n = pkts_peer_send(
			&s->peer, s->queue + s->queue_sent, s->queue_used - s->queue_sent, s->now);

		if (n < 0) {
			if (n != -EAGAIN)
				end_session(s);
			return (int)n;
		}
		shift_queue(s, (size_t)n);
	}
	return 0;
}

static bool has_room(const struct pkts_ipfix_sender *s, size_t n)
{
	return n <= s->queue_cap - s->queue_used;
}

static int enqueue(struct pkts_ipfix_sender *s, const uint8_t *message, size_t n)
{
	if (!has_room(s, n) && poll_peer(s) == 0)
		write_queue(s);
	if (s->is_broken)
		return -ENOTCONN;
	if (!has_room(s, n))
		return -EAGAIN;
	memcpy(s->queue + s->queue_used, message, n);
	s->queue_used += n;
	return 0;
}

static int send_message(void *ctx, const uint8_t *message, size_t n)
{
	struct pkts_ipfix_sender *const s = ctx;
	ssize_t done;

	if (is_tcp(s))
		return enqueue(s, message, n);
	done = pkts_peer_send(&s->peer, message, n, s->now);
	return done < 0 ? (int)done : 0;
}

static size_t or_default(uint64_t v, uint64_t preset)
{
	return v ? v : preset;
}

static int init_encoder(struct pkts_ipfix_sender *s, const struct pkts_ipfix_sender_options *o)
{
	const size_t mtu = or_default(o->mtu, 1400);
	struct pkts_ipfix_options encoder = {.domain = o->domain, .send = send_message, .ctx = s};

	if (mtu < PKTS_IPFIX_MIN || mtu > PKTS_IPFIX_MAX)
		return -EINVAL;
	if (!is_tcp(s)) {
		encoder.refresh_ns = or_default(o->refresh_ns, 600 * SECOND);
		encoder.refresh_messages = (uint32_t)or_default(o->refresh_messages, 4096);
	} else {
		s->queue_cap = or_default(o->queue, 1 << 20);
		s->queue_cap = s->queue_cap < mtu ? mtu : s->queue_cap;
		s->queue = malloc(s->queue_cap);
	}
	s->peer.retry_ns = or_default(o->retry_ns, SECOND);
	s->message = malloc(mtu);
	if (!s->message || (is_tcp(s) && !s->queue))
		return -ENOMEM;
	return pkts_ipfix_init(&s->encoder, &encoder, s->message, mtu);
}

/* A datagram socket is connected at once, or never. */
static int start(struct pkts_ipfix_sender *s, const char *where, struct pkts_error *err)
{
	const int code = is_tcp(s) ? 0 : pkts_peer_poll(&s->peer, 0);

	return code ? pkts_export_error(err, code, "%s: %s", where, strerror(-code)) : 0;
}

static int set_up(struct pkts_ipfix_sender *s, const char *where,
	const struct pkts_ipfix_sender_options *options, struct pkts_error *err)
{
	int code = pkts_peer_find(&s->peer, where, "ut", "4739", err);

	if (code)
		return code;
	code = init_encoder(s, options);
	if (code == -EINVAL)
		return pkts_export_error(err, code, "%s: messages have %d to %d bytes, not %u",
			where, PKTS_IPFIX_MIN, PKTS_IPFIX_MAX, options->mtu);
	if (code)
		return pkts_export_error(err, code, "%s: %s", where, strerror(-code));
	return start(s, where, err);
}

int pkts_ipfix_open(struct pkts_ipfix_sender **s, const char *where,
	const struct pkts_ipfix_sender_options *options, struct pkts_error *err)
{
	static const struct pkts_ipfix_sender_options defaults;
	int code;

	*s = calloc(1, sizeof(**s));
	if (!*s)
		return pkts_export_error(err, -ENOMEM, "%s: no memory", where);
	code = set_up(*s, where, options ? options : &defaults, err);
	if (code) {
		pkts_ipfix_close(*s);
		*s = NULL;
	}
	return code;
}

int pkts_ipfix_sender_put(
	struct pkts_ipfix_sender *s, const struct pkts_flow_record *r, uint64_t now)
{
	s->now = now;
	begin_session(s);
	return pkts_ipfix_put(&s->encoder, r, now);
}

/* What is pending goes into the queue, whether or not there is a connection. */
static int poll_tcp(struct pkts_ipfix_sender *s)
{
	int code = poll_peer(s), flushed;

	begin_session(s);
	flushed = pkts_ipfix_flush(&s->encoder, s->now);
	if (!code)
		code = write_queue(s);
	if (code == -EAGAIN && !s->queue_used)
		code = 0;
	return flushed ? flushed : code;
}

int pkts_ipfix_sender_poll(struct pkts_ipfix_sender *s, uint64_t now)
{
	s->now = now;
	return is_tcp(s) ? poll_tcp(s) : pkts_ipfix_flush(&s->encoder, now);
}

int pkts_ipfix_sender_fd(const struct pkts_ipfix_sender *s)
{
	return s->peer.fd;
}

struct pkts_ipfix_counts pkts_ipfix_sender_counts(const struct pkts_ipfix_sender *s)
{
	struct pkts_ipfix_counts counts = s->encoder.counts;

	counts.dropped_messages += s->lost_messages;
	counts.dropped_records += s->lost_records;
	return counts;
}

uint64_t pkts_ipfix_sender_connects(const struct pkts_ipfix_sender *s)
{
	return is_tcp(s) ? s->peer.connects : 0;
}

void pkts_ipfix_close(struct pkts_ipfix_sender *s)
{
	if (!s)
		return;
	pkts_peer_close(&s->peer);
	free(s->message);
	free(s->queue);
	free(s);
}
