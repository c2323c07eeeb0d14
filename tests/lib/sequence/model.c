/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "model.h"

#include <string.h>

void model_clear(struct model *m, enum pkts_ip_policy policy)
{
	memset(m, 0, offsetof(struct model, pieces));
	m->policy = policy;
	memset(m->owner, 0xff, sizeof(m->owner));
}

static bool new_wins(
	enum pkts_ip_policy policy, const struct model_piece *o, const struct model_piece *n)
{
	switch (policy) {
	case PKTS_IP_LAST:
		return true;
	case PKTS_IP_BSD:
		return n->start < o->start;
	case PKTS_IP_BSD_RIGHT:
		return n->start >= o->start;
	case PKTS_IP_LINUX:
		return n->start <= o->start;
	case PKTS_IP_WINDOWS:
		return n->start < o->start && n->end > o->end;
	case PKTS_IP_SOLARIS:
		return n->start < o->start && n->end >= o->end;
	default:
		return false;
	}
}

static void forget_behind_end(struct model *m)
{
	for (uint32_t at = m->total; m->ends && at < MODEL_LINE; at++)
		m->owner[at] = MODEL_NOBODY;
}

enum model_entry model_look(struct model *m, uint32_t start, uint32_t end, bool more)
{
	if (m->ends && start >= m->total)
		return MODEL_BEYOND;
	if (!m->ends && !more) {
		m->ends = true;
		m->total = end;
		forget_behind_end(m);
	}
	if (m->policy != PKTS_IP_RFC8200 && m->policy != PKTS_IP_DROP)
		return MODEL_ENTER;
	for (uint32_t at = start; at < end; at++)
		if (m->owner[at] != MODEL_NOBODY) {
			const struct model_piece *const o = &m->pieces[m->owner[at]];
			const bool twice = o->start == start && o->end == end;
			return twice && m->policy == PKTS_IP_RFC8200 ? MODEL_DUPLICATE
								     : MODEL_OVERLAP;
		}
	return MODEL_ENTER;
}

uint32_t model_enter(struct model *m, struct model_piece piece)
{
	uint32_t met = 0, before = MODEL_NOBODY;

	for (uint32_t at = piece.start; at < piece.end; at++) {
		const uint32_t o = m->owner[at];
		met += o != MODEL_NOBODY && o != before;
		if (o == MODEL_NOBODY || new_wins(m->policy, &m->pieces[o], &piece))
			m->owner[at] = (uint16_t)m->n;
		before = o;
	}
	m->pieces[m->n++] = piece;
	m->overlaps += met;
	forget_behind_end(m);
	return met;
}

bool model_complete(const struct model *m)
{
	for (uint32_t at = 0; at < m->total; at++)
		if (m->owner[at] == MODEL_NOBODY)
			return false;
	return m->ends;
}

uint32_t model_held(const struct model *m, uint64_t *cost)
{
	bool held[MODEL_PIECES] = {false};
	uint32_t n = 0;

	*cost = 0;
	for (uint32_t at = 0; at < MODEL_LINE; at++) {
		const uint32_t o = m->owner[at];
		if (o == MODEL_NOBODY || held[o])
			continue;
		held[o] = true;
		*cost += m->pieces[o].cost;
		n++;
	}
	return n;
}

uint32_t model_ranges(const struct model *m)
{
	uint32_t n = 0;

	for (uint32_t at = 0; at < MODEL_LINE; at++)
		n += m->owner[at] != MODEL_NOBODY && (at == 0 || m->owner[at] != m->owner[at - 1]);
	return n;
}

bool model_step(struct model *m, uint32_t start, uint32_t end, bool more, uint32_t tag)
{
	const struct model_piece piece = {start, end, 0, tag};

	if (m->dead)
		return false;
	switch (model_look(m, start, end, more)) {
	case MODEL_ENTER:
		model_enter(m, piece);
		break;
	case MODEL_OVERLAP:
		m->dead = true;
		return false;
	default:
		break;
	}
	return model_complete(m);
}
