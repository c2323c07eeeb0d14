/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* When entries end: a timer wheel for each class, which also says who goes when there is no room. */
#include "table.h"

#define CHANCES	  16
#define DELTA_MAX ((UINT64_C(1) << 32) - (UINT64_C(1) << 24) - 1)

/* slots */

static struct slot *slot_of(struct wheel *w, unsigned place)
{
	return &w->slots[place >> 8 & (LEVELS - 1)][place & (SLOTS - 1)];
}

static void mark(struct wheel *w, unsigned place, bool filled)
{
	uint64_t *const word = &w->filled[place >> 8 & (LEVELS - 1)][place >> 6 & 3];
	const uint64_t bit = UINT64_C(1) << (place & 63);

	*word = filled ? *word | bit : *word & ~bit;
}

static void append(struct pkts_table *t, struct pkts_table_entry *e, unsigned place)
{
	struct wheel *const w = &t->wheels[place >> 10];
	struct slot *const s = slot_of(w, place);
	const uint32_t id = id_of(t, e);

	e->place = (uint16_t)place;
	e->next = NONE;
	e->prev = s->tail;
	if (s->tail == NONE) {
		s->head = id;
		mark(w, place, true);
	} else {
		entry_of(t, s->tail)->next = id;
	}
	s->tail = id;
	w->n++;
}

void pkts_table_disarm(struct pkts_table *t, struct pkts_table_entry *e)
{
	struct wheel *const w = &t->wheels[e->place >> 10];
	struct slot *const s = slot_of(w, e->place);

	*(e->prev == NONE ? &s->head : &entry_of(t, e->prev)->next) = e->next;
	*(e->next == NONE ? &s->tail : &entry_of(t, e->next)->prev) = e->prev;
	if (s->head == NONE)
		mark(w, e->place, false);
	w->n--;
}

/* The level whose slots reach that far. */
static unsigned level_of(uint64_t delta)
{
	return delta < 256 ? 0 : (63u - (unsigned)__builtin_clzll(delta)) / 8;
}

void pkts_table_arm(struct pkts_table *t, struct pkts_table_entry *e, unsigned class, uint64_t tick)
{
	struct wheel *const w = &t->wheels[class];
	const uint64_t over = over_at(e);

	if (w->n == 0 && tick > w->tick)
		w->tick = tick;
	const uint64_t wanted = over > w->tick ? over - w->tick : 0;
	const uint64_t delta = PKTS_MIN(wanted, DELTA_MAX);
	const unsigned level = level_of(delta);
	const unsigned slot = (unsigned)((w->tick + delta) >> 8 * level) & (SLOTS - 1);
	e->flags &= (uint8_t)~TOUCHED;
	append(t, e, class << 10 | level << 8 | slot);
}

static void rearm(struct pkts_table *t, struct pkts_table_entry *e)
{
	const unsigned class = pkts_table_class_of(e);

	pkts_table_disarm(t, e);
	pkts_table_arm(t, e, class, 0);
	t->stats.rearmed++;
}

/* the passing of time */

/* The first slot of a level from `from` on that has an entry; SLOTS if none has. */
static unsigned next_filled(const uint64_t filled[SLOTS / 64], unsigned from)
{
	for (unsigned i = from / 64; i < SLOTS / 64; i++) {
		const uint64_t bits =
			filled[i] & (i == from / 64 ? ~UINT64_C(0) << from % 64 : ~UINT64_C(0));
		if (bits)
			return i * 64 + (unsigned)__builtin_ctzll(bits);
	}
	return SLOTS;
}

/* The end of a walk through one slot: all visited, or no budget left. */
static bool visit_slot(
	struct pkts_table *t, struct wheel *w, unsigned place, uint64_t now, uint32_t *budget)
{
	const struct slot *const s = slot_of(w, place);

	while (s->head != NONE) {
		struct pkts_table_entry *const e = entry_of(t, s->head);
		if (*budget == 0)
			return false;
		--*budget;
		t->stats.work++;
		if (e->next != NONE) {
			__builtin_prefetch(entry_of(t, e->next));
			__builtin_prefetch(&entry_of(t, e->next)->last_ns);
		}
		if (over_at(e) <= now)
			pkts_table_finish(t, e, PKTS_TABLE_EXPIRED);
		else
			rearm(t, e);
	}
	return true;
}

/* Brings down what the coarser levels have for the ticks from here on. */
static bool cascade(struct pkts_table *t, struct wheel *w, uint64_t now, uint32_t *budget)
{
	unsigned level = 1;

	while (level < LEVELS && (w->tick & ((UINT64_C(1) << 8 * level) - 1)) == 0)
		level++;
	while (--level > 0) {
		const unsigned slot = (unsigned)(w->tick >> 8 * level) & (SLOTS - 1);
		if (!visit_slot(t, w, level << 8 | slot, now, budget))
			return false;
	}
	return true;
}

static bool is_empty(const struct wheel *w, unsigned level)
{
	return (w->filled[level][0] | w->filled[level][1] | w->filled[level][2] |
		       w->filled[level][3]) == 0;
}

/* The next tick at which something comes down from a level that is not empty. */
static uint64_t next_cascade(const struct wheel *w)
{
	unsigned level = 1;

	if (is_empty(w, 0))
		while (level < LEVELS - 1 && is_empty(w, level))
			level++;
	return (w->tick | ((UINT64_C(1) << 8 * level) - 1)) + 1;
}

/* One slot, or the way to the next one. False if there is no budget left. */
static bool advance(struct pkts_table *t, struct wheel *w, uint64_t now, uint32_t *budget)
{
	if (!cascade(t, w, now, budget))
		return false;
	const unsigned slot = next_filled(w->filled[0], (unsigned)w->tick & (SLOTS - 1));
	const uint64_t at =
		slot < SLOTS ? (w->tick & ~(uint64_t)(SLOTS - 1)) | slot : next_cascade(w);
	if (at > now) {
		w->tick = now + 1;
		return true;
	}
	w->tick = at;
	if (slot == SLOTS)
		return true;
	if (!visit_slot(t, w, slot, now, budget))
		return false;
	w->tick++;
	return true;
}

static void expire_class(struct pkts_table *t, struct wheel *w, uint64_t now, uint32_t *budget)
{
	while (w->n && w->tick <= now)
		if (!advance(t, w, now, budget))
			return;
	if (w->tick <= now)
		w->tick = now + 1;
}

uint32_t pkts_table_expire(struct pkts_table *t, uint64_t now_ns, uint32_t budget)
{
	const uint64_t before = t->stats.ends[PKTS_TABLE_EXPIRED], now = tick_of(now_ns);
	const uint32_t first = t->next_class;

	/* Who comes last gets nothing if time is short: so each comes first in turn. */
	t->next_class = first + 1 < t->n_classes ? first + 1 : 0;
	for (uint32_t i = 0; i < t->n_classes; i++) {
		const uint32_t class = first + i;
		expire_class(t, &t->wheels[class < t->n_classes ? class : class - t->n_classes],
			now, &budget);
	}
	return (uint32_t)(t->stats.ends[PKTS_TABLE_EXPIRED] - before);
}

/* eviction */

/* A level's first slot, beginning with the one that comes up next. */
static unsigned first_slot(const struct wheel *w, unsigned level)
{
	const uint64_t now = (w->tick >> 8 * level) + (level > 0);
	const unsigned from = (unsigned)now & (SLOTS - 1);
	const unsigned slot = next_filled(w->filled[level], from);

	return slot < SLOTS ? slot : next_filled(w->filled[level], 0);
}

/* The entry whose time is up first, as far as the wheel knows; it is not empty. */
static struct pkts_table_entry *first_of(struct pkts_table *t, struct wheel *w)
{
	unsigned level = 0;

	while (is_empty(w, level))
		level++;
	return entry_of(t, w->slots[level][first_slot(w, level)].head);
}

static unsigned class_to_evict(const struct pkts_table *t)
{
	unsigned class = 0;

	while (class < t->n_classes && t->wheels[class].n <= t->classes[class].keep)
		class ++;
	if (class < t->n_classes)
		return class;
	for (class = 0; t->wheels[class].n == 0;)
		class ++;
	return class;
}

void pkts_table_evict(struct pkts_table *t, uint64_t tick)
{
	struct wheel *const w = &t->wheels[class_to_evict(t)];
	struct pkts_table_entry *e = first_of(t, w);

	for (unsigned i = 0; i < CHANCES && e->flags & TOUCHED; i++) {
		t->stats.work++;
		rearm(t, e);
		e = first_of(t, w);
	}
	pkts_table_finish(t, e, over_at(e) <= tick ? PKTS_TABLE_EXPIRED : PKTS_TABLE_EVICTED);
}
