/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_ipfix.h"

#include <errno.h>

#include "ipfix_template.h"
#include "pkts_bits.h"

#define VERSION 10 /* RFC 7011 3.1 */

int pkts_ipfix_init(
	struct pkts_ipfix *x, const struct pkts_ipfix_options *options, void *buffer, size_t size)
{
	if (!options->send || size < PKTS_IPFIX_MIN || size > PKTS_IPFIX_MAX)
		return -EINVAL;
	*x = (struct pkts_ipfix){
		.options = *options,
		.message = buffer,
		.cap = (uint32_t)size,
		.used = IPFIX_HEADER,
	};
	return 0;
}

static void write_header(
	const struct pkts_ipfix *x, uint8_t *message, size_t n, uint32_t sequence, uint64_t now)
{
	pkts_put_be16(message, VERSION);
	pkts_put_be16(message + 2, (uint16_t)n);
	pkts_put_be32(message + 4, (uint32_t)(now / 1000000000));
	pkts_put_be32(message + 8, sequence);
	pkts_put_be32(message + 12, x->options.domain);
}

static int hand_over(struct pkts_ipfix *x, const uint8_t *message, size_t n)
{
	const int code = x->options.send(x->options.ctx, message, n);

	if (code)
		x->counts.dropped_messages++;
	else
		x->counts.messages++;
	x->since_templates++;
	return code;
}

/* One message of those templates that fit, from *id on. */
static int send_some_templates(struct pkts_ipfix *x, uint16_t *id, uint64_t now)
{
	uint8_t message[PKTS_IPFIX_MIN];
	const uint16_t end = IPFIX_FIRST_TEMPLATE + IPFIX_TEMPLATES, first = *id;
	size_t n = IPFIX_HEADER + IPFIX_SET;
	int code;

	for (; *id < end && n + pkts_ipfix_template_size(*id) <= sizeof(message); (*id)++) {
		pkts_ipfix_template_write(*id, message + n);
		n += pkts_ipfix_template_size(*id);
	}
	pkts_put_be16(message + IPFIX_HEADER, IPFIX_SET_TEMPLATES);
	pkts_put_be16(message + IPFIX_HEADER + 2, (uint16_t)(n - IPFIX_HEADER));
	write_header(x, message, n, x->sequence, now);
	code = hand_over(x, message, n);
	if (!code)
		x->counts.templates += *id - first;
	return code;
}

static int send_templates(struct pkts_ipfix *x, uint64_t now)
{
	uint16_t id = IPFIX_FIRST_TEMPLATE;

	while (id < IPFIX_FIRST_TEMPLATE + IPFIX_TEMPLATES) {
		const int code = send_some_templates(x, &id, now);

		if (code)
			return code;
	}
	x->templates_sent = true;
	x->templates_at = now;
	x->since_templates = 0;
	return 0;
}

static bool are_templates_due(const struct pkts_ipfix *x, uint64_t now)
{
	const struct pkts_ipfix_options *const o = &x->options;

	if (!x->templates_sent)
		return true;
	if (o->refresh_messages && x->since_templates >= o->refresh_messages)
		return true;
	return o->refresh_ns && now > x->templates_at && now - x->templates_at >= o->refresh_ns;
}

static void close_set(struct pkts_ipfix *x)
{
	if (x->set_at)
		pkts_put_be16(x->message + x->set_at + 2, (uint16_t)(x->used - x->set_at));
	x->set_at = 0;
	x->template_id = 0;
}

static void open_set(struct pkts_ipfix *x, uint16_t id)
{
	close_set(x);
	x->set_at = x->used;
	x->template_id = id;
	pkts_put_be16(x->message + x->used, id);
	x->used += IPFIX_SET;
}

static int send_data(struct pkts_ipfix *x, uint64_t now)
{
	write_header(x, x->message, x->used, x->sequence, now);
	return hand_over(x, x->message, x->used);
}

int pkts_ipfix_flush(struct pkts_ipfix *x, uint64_t now)
{
	int code = 0;

	if (!x->records)
		return 0;
	close_set(x);
	if (are_templates_due(x, now))
		code = send_templates(x, now);
	/* Without templates nobody can read data; a repetition that was lost harms no one. */
	if (x->templates_sent)
		code = send_data(x, now);
	else
		x->counts.dropped_messages++;
	if (code)
		x->counts.dropped_records += x->records;
	else
		x->counts.records += x->records;
	/* Lost ones have numbers too: so the collector knows. */
	x->sequence += x->records;
	x->records = 0;
	x->used = IPFIX_HEADER;
	return code;
}

int pkts_ipfix_put(struct pkts_ipfix *x, const struct pkts_flow_record *r, uint64_t now)
{
	const uint16_t id = pkts_ipfix_template_of(r);
	size_t size;
	int code = 0;

	if (!id) {
		x->counts.refused++;
		return -EINVAL;
	}
	size = pkts_ipfix_record_size(id);
	if (x->used + size + (id == x->template_id ? 0 : IPFIX_SET) > x->cap)
		code = pkts_ipfix_flush(x, now);
	if (id != x->template_id)
		open_set(x, id);
	pkts_ipfix_record_write(id, r, x->message + x->used);
	x->used += (uint32_t)size;
	x->records++;
	return code;
}

void pkts_ipfix_restart(struct pkts_ipfix *x)
{
	x->sequence = 0;
	x->templates_sent = false;
}

uint8_t pkts_ipfix_end_reason(const struct pkts_flow_record *r)
{
	enum {
		IDLE = 1,
		ACTIVE,
		END,
		FORCED,
		RESOURCES,
	};

	switch (r->reason) {
	case PKTS_FLOW_ACTIVE:
		return ACTIVE;
	case PKTS_FLOW_EVICTED:
		return RESOURCES;
	case PKTS_FLOW_TCP_REUSE:
		return END;
	case PKTS_FLOW_SHUTDOWN:
		return r->state == PKTS_FLOW_CLOSED ? END : FORCED;
	default:
		return r->state == PKTS_FLOW_CLOSED ? END : IDLE;
	}
}
