/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Diameter as a Session: a message is a header and pairs, and each of these is a unit. */
#include "app.h"
#include "pkts_diameter.h"
#include "pkts_framing.h"

#define TLS	      1 /* value of Inband-Security-Id, RFC 6733 6.10 */
#define SUCCESS	      2000
#define NOT_SUCCESS   3000
#define DIR_BIT	      (UINT32_C(1) << 31)
#define FLAG_REQUEST  0x80
#define FLAG_ERROR    0x20
#define FLAG_AGAIN    0x10
#define FLAG_RESERVED 0x0f

enum pkts_app_verdict app_diameter_header(const uint8_t *p, uint32_t n)
{
	if (pkts_framing_diameter(NULL, p, n) < 0)
		return PKTS_APP_NO;
	if (n > 4 && (p[4] & FLAG_RESERVED || (p[4] & FLAG_REQUEST && p[4] & FLAG_ERROR)))
		return PKTS_APP_NO;
	return n < 8 ? PKTS_APP_WAIT : PKTS_APP_YES;
}

enum pkts_app_verdict app_diameter_begins(const uint8_t *p, uint32_t n)
{
	static const uint8_t zeros[4] = {0};
	const enum pkts_app_verdict header = app_diameter_header(p, n);

	if (header == PKTS_APP_NO || n < 12)
		return PKTS_MIN(header, PKTS_APP_WAIT);
	const uint32_t command = pkts_be24(p + 5);
	const bool common = command >= 257 && command <= 282;
	return common && __builtin_memcmp(p + 8, zeros, 4) == 0 ? PKTS_APP_YES : PKTS_APP_NO;
}

/* Requests that wait */

static bool is_kept(const struct pkts_diameter_waiting *w, const struct pkts_diameter_message *m,
	uint32_t command)
{
	return w->pair != 0 && w->hop_by_hop == m->hop_by_hop && w->command == command;
}

/* A free place, or that of the oldest. */
static struct pkts_diameter_waiting *place_for_one(struct pkts_diameter_session *d)
{
	struct pkts_diameter_waiting *oldest = d->waiting;

	for (unsigned i = 0; i < PKTS_DIAMETER_WAITING; i++)
		if (d->waiting[i].pair < oldest->pair)
			oldest = &d->waiting[i];
	return oldest;
}

static uint32_t keep_request(struct app_call *c, const struct pkts_diameter_message *m)
{
	struct pkts_diameter_session *const d = &c->s->diameter;
	struct pkts_diameter_waiting *const w = place_for_one(d);

	if (w->pair != 0) {
		app_note(c, PKTS_SESSION_APP_EVICTED);
		d->evicted += d->evicted < UINT16_MAX;
	}
	*w = (struct pkts_diameter_waiting){
		.hop_by_hop = m->hop_by_hop,
		.end_to_end = m->end_to_end,
		.pair = ++c->s->pairs,
		.command = m->command | (c->dir ? DIR_BIT : 0),
	};
	return w->pair;
}

/* The request's number; 0 if there is none. Answers to requests that lost their place are excused. */
static uint32_t find_request(struct app_call *c, const struct pkts_diameter_message *m)
{
	struct pkts_diameter_session *const d = &c->s->diameter;
	const uint32_t command = m->command | (c->dir ? 0 : DIR_BIT);

	for (unsigned i = 0; i < PKTS_DIAMETER_WAITING; i++) {
		struct pkts_diameter_waiting *const w = &d->waiting[i];
		if (!is_kept(w, m, command))
			continue;
		const uint32_t pair = w->pair;
		if (w->end_to_end != m->end_to_end)
			app_note(c, PKTS_SESSION_APP_UNPAIRED);
		*w = (struct pkts_diameter_waiting){0};
		return pair;
	}
	if (d->evicted > 0)
		d->evicted--;
	else if (!c->s->midstream)
		app_note(c, PKTS_SESSION_APP_UNPAIRED);
	return 0;
}

/* Peer states */

static void violate(struct app_call *c)
{
	app_note(c, PKTS_SESSION_APP_VIOLATION);
}

/* Connections that were joined midway are open. */
static void be_open(struct app_call *c)
{
	if (c->s->state == PKTS_DIAMETER_STATE_OPEN || c->s->state == PKTS_DIAMETER_STATE_CLOSING)
		return;
	if (!c->s->midstream || c->s->state != PKTS_DIAMETER_STATE_CLOSED)
		violate(c);
	if (c->s->state == PKTS_DIAMETER_STATE_CLOSED)
		c->s->state = PKTS_DIAMETER_STATE_OPEN;
}

static void on_cer(struct app_call *c, const struct pkts_diameter_message *m)
{
	struct pkts_diameter_session *const d = &c->s->diameter;

	if (c->s->state != PKTS_DIAMETER_STATE_CLOSED)
		violate(c);
	c->s->state = PKTS_DIAMETER_STATE_WAIT_CEA;
	d->asker = (uint8_t)c->dir;
	d->tls_offered = m->tls;
}

static void on_cea(struct app_call *c, const struct pkts_diameter_message *m)
{
	struct pkts_diameter_session *const d = &c->s->diameter;
	const bool success = m->result >= SUCCESS && m->result < NOT_SUCCESS;

	if (c->s->state != PKTS_DIAMETER_STATE_WAIT_CEA && !c->s->midstream)
		violate(c);
	c->s->state = success ? PKTS_DIAMETER_STATE_OPEN : PKTS_DIAMETER_STATE_ENDED;
	if (!success)
		app_note(c, PKTS_SESSION_APP_AUTH_FAILED);
	if (success && m->tls && d->tls_offered) {
		app_note(c, PKTS_SESSION_APP_ENCRYPTED);
		app_stop(c, PKTS_DIAMETER_STATE_ENCRYPTED);
	}
}

static void on_dpr(struct app_call *c, const struct pkts_diameter_message *m)
{
	(void)m;
	be_open(c);
	c->s->state = PKTS_DIAMETER_STATE_CLOSING;
	c->s->diameter.asker = (uint8_t)c->dir;
}

static void on_dpa(struct app_call *c, const struct pkts_diameter_message *m)
{
	(void)m;
	if (c->s->state != PKTS_DIAMETER_STATE_CLOSING && !c->s->midstream)
		violate(c);
	c->s->state = PKTS_DIAMETER_STATE_ENDED;
}

static void on_other(struct app_call *c, const struct pkts_diameter_message *m)
{
	if (m->flags & FLAG_REQUEST || c->s->state != PKTS_DIAMETER_STATE_ENDED)
		be_open(c);
}

typedef void peer_fn(struct app_call *c, const struct pkts_diameter_message *m);

static const struct {
	uint16_t command;
	struct {
		uint8_t kind;
		peer_fn *state;
	} answer, request;
} commands[] = {
	{PKTS_DIAMETER_CAPABILITIES_EXCHANGE, {PKTS_DIAMETER_KIND_CEA, on_cea},
		{PKTS_DIAMETER_KIND_CER, on_cer}},
	{PKTS_DIAMETER_DEVICE_WATCHDOG, {PKTS_DIAMETER_KIND_DWA, on_other},
		{PKTS_DIAMETER_KIND_DWR, on_other}},
	{PKTS_DIAMETER_DISCONNECT_PEER, {PKTS_DIAMETER_KIND_DPA, on_dpa},
		{PKTS_DIAMETER_KIND_DPR, on_dpr}},
	{0, {PKTS_DIAMETER_KIND_ANSWER, on_other}, {PKTS_DIAMETER_KIND_REQUEST, on_other}},
};

static void check_flags(struct app_call *c, const struct pkts_diameter_message *m)
{
	const bool request = m->flags & FLAG_REQUEST;

	if (m->flags & (request ? FLAG_ERROR | FLAG_RESERVED : FLAG_AGAIN | FLAG_RESERVED))
		violate(c);
	if (!request && (m->flags & FLAG_ERROR || m->result >= NOT_SUCCESS))
		app_note(c, PKTS_SESSION_APP_ERROR);
}

/* All that matters of a message is known. */
static void finish(struct app_call *c)
{
	const struct pkts_diameter_message m = c->s->diameter.message[c->dir];
	const bool request = m.flags & FLAG_REQUEST;
	unsigned i = 0;

	while (commands[i].command != 0 && commands[i].command != m.command)
		i++;
	check_flags(c, &m);
	const uint32_t pair = request ? keep_request(c, &m) : find_request(c, &m);
	(request ? commands[i].request.state : commands[i].answer.state)(c, &m);
	app_emit(c, (struct pkts_app_message){
			    .offset = m.offset,
			    .len = m.len,
			    .kind = request ? commands[i].request.kind : commands[i].answer.kind,
			    .role = request ? PKTS_APP_REQUEST : PKTS_APP_ANSWER,
			    .pair = pair,
			    .code = m.result,
			    .command = m.command,
		    });
}

static int64_t header(struct app_call *c, const uint8_t *p, uint32_t n)
{
	struct pkts_diameter_message *const m = &c->s->diameter.message[c->dir];
	const struct pkts_diameter head = {(uint8_t *)(uintptr_t)p, n, n};

	if (!app_has(c, n, PKTS_DIAMETER_HEAD, PKTS_DIAMETER_HEAD))
		return APP_NEED;
	*m = (struct pkts_diameter_message){
		.offset = c->half->offset,
		.left = pkts_diameter_length(head) - PKTS_DIAMETER_HEAD,
		.len = pkts_diameter_length(head),
		.hop_by_hop = pkts_diameter_hop_by_hop(head),
		.end_to_end = pkts_diameter_end_to_end(head),
		.command = pkts_diameter_command(head),
		.application = pkts_diameter_application(head),
		.flags = p[4],
	};
	if (m->left == 0)
		finish(c);
	return c->s->done ? APP_STOP : PKTS_DIAMETER_HEAD;
}

/* Vendor-Id and Experimental-Result-Code, in any order. */
static uint32_t experimental_result(const uint8_t *p, uint32_t n)
{
	struct pkts_tlv_iter it = pkts_tlv_begin(p, p + n);
	struct pkts_diameter_pair pair;

	while (pkts_diameter_avp_next(&it, &pair))
		if (pair.code == PKTS_DIAMETER_EXPERIMENTAL_RESULT_CODE && pair.len == 4)
			return pkts_be32(pair.data);
	return 0;
}

static void note_value(struct pkts_diameter_message *m, const uint8_t *p, uint32_t n)
{
	switch (pkts_be32(p)) {
	case PKTS_DIAMETER_RESULT_CODE:
		m->result = n == 12 ? pkts_be32(p + 8) : 0;
		break;
	case PKTS_DIAMETER_EXPERIMENTAL_RESULT:
		m->result = experimental_result(p + 8, n - 8);
		break;
	case PKTS_DIAMETER_INBAND_SECURITY_ID:
		m->tls |= n == 12 && pkts_be32(p + 8) == TLS;
		break;
	default:
		break;
	}
}

static bool is_telling(const uint8_t *p)
{
	const uint32_t code = pkts_be32(p);

	return !(p[4] & 0x80) &&
	       (code == PKTS_DIAMETER_RESULT_CODE || code == PKTS_DIAMETER_EXPERIMENTAL_RESULT ||
		       code == PKTS_DIAMETER_INBAND_SECURITY_ID);
}

/* A pair: its head, and its value if that tells something. A value that is too long does not. */
static int64_t avp(struct app_call *c, const uint8_t *p, uint32_t n)
{
	struct pkts_diameter_message *const m = &c->s->diameter.message[c->dir];

	if (m->left < PKTS_DIAMETER_AVP_HEAD)
		return app_stop_format(c);
	if (!app_has(c, n, PKTS_DIAMETER_AVP_HEAD, PKTS_DIAMETER_AVP_HEAD))
		return APP_NEED;
	const uint32_t size = pkts_diameter_avp_size(p, m->left);
	if (size == 0)
		return app_stop_format(c);
	if (is_telling(p)) {
		if (!app_has(c, n, size, size))
			return APP_NEED;
		note_value(m, p, PKTS_MIN(n, size));
	}
	m->left -= size;
	if (m->left == 0)
		finish(c);
	return c->s->done ? APP_STOP : (int64_t)size;
}

static int64_t unit(struct app_call *c, const uint8_t *p, uint32_t n)
{
	if (c->s->diameter.message[c->dir].left > 0)
		return avp(c, p, n);
	return pkts_framing_diameter(NULL, p, n) < 0 ? app_stop_format(c) : header(c, p, n);
}

static bool inside(const struct pkts_app_session *s, unsigned dir)
{
	return s->diameter.message[dir].left > 0;
}

static unsigned waiting(const struct pkts_app_session *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < PKTS_DIAMETER_WAITING; i++)
		n += s->diameter.waiting[i].pair != 0;
	return n;
}

const struct pkts_app_ops app_diameter_ops = {
	.head = 4,
	.lost = PKTS_DIAMETER_STATE_LOST,
	.unit = unit,
	.inside = inside,
	.waiting = waiting,
};
