/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Memory of the SCTP Sequence: nodes, chunks that are held, what can be given up, digests. */
#include "sctp.h"

#define MOST (1u << 26) /* of anything, so that no size can overflow */

static void choose(uint32_t *value, uint32_t usual)
{
	if (*value == 0)
		*value = usual;
}

static struct pkts_sctp_conf conf_of(const struct pkts_sctp_conf *given)
{
	struct pkts_sctp_conf conf = *given;

	choose(&conf.max_chunks, 8192);
	choose(&conf.max_chunks_each, 2048);
	choose(&conf.max_streams, 4096);
	choose(&conf.max_message, 1 << 20);
	choose(&conf.window, 65535);
	choose(&conf.small, 64);
	choose(&conf.digests, 4096);
	if (conf.no_digests)
		conf.digests = 1;
	if (conf.max_bytes == 0)
		conf.max_bytes = 32u << 20;
	return conf;
}

static bool conf_fits(const struct pkts_sctp_conf *c)
{
	return c->max_chunks <= MOST && c->max_chunks_each <= MOST && c->max_streams <= MOST &&
	       c->digests <= MOST && c->small <= UINT16_MAX && c->window < 1u << 31 &&
	       !c->hold.hold == !c->hold.release;
}

static uint32_t power_of_two(uint32_t n)
{
	uint32_t power = 1;

	while (power < n)
		power *= 2;
	return power;
}

/* Where everything is in the memory. */
struct layout {
	uint32_t nodes_n, digests_n;
	size_t nodes, chunks, digests, slots, end;
};

/* A chunk that is held needs a node for its message, its turn, its wait and its TSN, at worst. */
static struct layout layout_of(const struct pkts_sctp_conf *c)
{
	struct layout l = {
		.nodes_n = 1 + 4 * c->max_chunks + c->max_streams + 4,
		.digests_n = power_of_two(c->digests),
		.nodes = (sizeof(struct pkts_sctp_pool) + 63) / 64 * 64,
	};

	l.chunks = l.nodes + l.nodes_n * sizeof(struct sctp_node);
	l.digests = l.chunks + (c->max_chunks + (size_t)1) * sizeof(struct sctp_chunk);
	l.slots = l.digests + l.digests_n * sizeof(struct sctp_digest);
	l.end = l.slots + (c->max_chunks + (size_t)1) * c->small;
	return l;
}

size_t pkts_sctp_pool_memsize(const struct pkts_sctp_conf *given)
{
	const struct pkts_sctp_conf conf = conf_of(given);

	return conf_fits(&conf) ? layout_of(&conf).end : 0;
}

static void link_free(struct pkts_sctp_pool *pool)
{
	const uint32_t chunks = pool->conf.max_chunks;

	for (uint32_t i = 1; i < pool->nodes_n; i++)
		pool->nodes[i].peer = i + 1 < pool->nodes_n ? i + 1 : NONE;
	for (uint32_t i = 1; i <= chunks; i++)
		pool->chunks[i].next = i < chunks ? i + 1 : NONE;
	pool->free_node = pool->free_chunk = 1;
	pool->free_nodes = pool->nodes_n - 1;
}

int pkts_sctp_pool_init(
	struct pkts_sctp_pool **made, void *mem, size_t len, const struct pkts_sctp_conf *given)
{
	const struct pkts_sctp_conf conf = conf_of(given);
	uint8_t *const base = mem;
	struct pkts_sctp_pool *const pool = mem;

	if (!conf_fits(&conf) || (uintptr_t)mem % PKTS_SCTP_POOL_ALIGN != 0)
		return -PKTS_EINVAL;
	const struct layout l = layout_of(&conf);
	if (len < l.end)
		return -PKTS_ENOMEM;
	__builtin_memset(mem, 0, l.end);
	pool->conf = conf;
	pool->key = pkts_siphash_key_from(conf.key);
	pool->nodes = (struct sctp_node *)(void *)(base + l.nodes);
	pool->chunks = (struct sctp_chunk *)(void *)(base + l.chunks);
	pool->digests = (struct sctp_digest *)(void *)(base + l.digests);
	pool->slots = base + l.slots;
	pool->digest_mask = l.digests_n - 1;
	pool->nodes_n = l.nodes_n;
	link_free(pool);
	*made = pool;
	return 0;
}

struct pkts_sctp_stats pkts_sctp_pool_stats(const struct pkts_sctp_pool *pool)
{
	struct pkts_sctp_stats stats = pool->stats;

	stats.nodes = pool->nodes_n - 1 - pool->free_nodes;
	return stats;
}

void pkts_sctp_note(struct pkts_sctp_seq *s, enum pkts_seq_event event)
{
	s->pool->stats.events[event]++;
	if (s->events)
		s->events[event]++;
}

uint32_t pkts_sctp_node_take(struct pkts_sctp_pool *pool)
{
	const uint32_t node = pool->free_node;

	if (node == NONE)
		return NONE;
	pool->free_node = pool->nodes[node].peer;
	pool->free_nodes--;
	pool->nodes[node] = (struct sctp_node){.first = NONE};
	return node;
}

void pkts_sctp_node_free(struct pkts_sctp_pool *pool, uint32_t node)
{
	pool->nodes[node].peer = pool->free_node;
	pool->free_node = node;
	pool->free_nodes++;
}

static bool is_small(const struct pkts_sctp_pool *pool, const struct pkts_piece *piece)
{
	return piece->len <= pool->conf.small;
}

uint64_t pkts_sctp_pins(const struct pkts_sctp_pool *pool, const struct pkts_piece *piece)
{
	if (is_small(pool, piece))
		return 0;
	return piece->cost > piece->len ? piece->cost : piece->len;
}

static void keep(struct pkts_sctp_pool *pool, struct sctp_chunk *c)
{
	uint8_t *const slot = pool->slots + (size_t)(c - pool->chunks) * pool->conf.small;

	if (is_small(pool, &c->piece)) {
		__builtin_memcpy(slot, c->piece.p, c->piece.len);
		c->piece = (struct pkts_piece){.p = slot, .len = c->piece.len};
	} else if (pool->conf.hold.hold) {
		pool->conf.hold.hold(pool->conf.hold.ctx, c->piece.owner);
	}
}

uint32_t pkts_sctp_hold(struct pkts_sctp_pool *pool, const struct pkts_piece *piece)
{
	const uint32_t i = pool->free_chunk;
	struct sctp_chunk *const c = &pool->chunks[i];

	if (i == NONE)
		return NONE;
	pool->free_chunk = c->next;
	pool->stats.chunks++;
	pool->stats.bytes += pkts_sctp_pins(pool, piece);
	*c = (struct sctp_chunk){.piece = *piece, .next = NONE};
	keep(pool, c);
	return i;
}

static void release_one(struct pkts_sctp_pool *pool, uint32_t i)
{
	struct sctp_chunk *const c = &pool->chunks[i];

	pool->stats.chunks--;
	pool->stats.bytes -= pkts_sctp_pins(pool, &c->piece);
	if (!is_small(pool, &c->piece) && pool->conf.hold.release)
		pool->conf.hold.release(pool->conf.hold.ctx, c->piece.owner);
	c->next = pool->free_chunk;
	pool->free_chunk = i;
}

void pkts_sctp_release(struct pkts_sctp_pool *pool, struct sctp_node *n)
{
	for (uint32_t i = n->first, next; i != NONE; i = next) {
		next = pool->chunks[i].next;
		release_one(pool, i);
	}
	n->first = n->last = NONE;
	n->count = 0;
}

static void append(struct sctp_node *nodes, struct pkts_sctp_list *list, uint32_t node, unsigned of)
{
	nodes[node].prev[of] = list->newest;
	nodes[node].next[of] = NONE;
	if (list->newest == NONE)
		list->oldest = node;
	else
		nodes[list->newest].next[of] = node;
	list->newest = node;
}

static void unlink(struct sctp_node *nodes, struct pkts_sctp_list *list, uint32_t node, unsigned of)
{
	const uint32_t prev = nodes[node].prev[of], next = nodes[node].next[of];

	if (prev == NONE)
		list->oldest = next;
	else
		nodes[prev].next[of] = next;
	if (next == NONE)
		list->newest = prev;
	else
		nodes[next].prev[of] = prev;
}

void pkts_sctp_list_add(struct pkts_sctp_pool *pool, uint32_t node)
{
	struct sctp_node *const n = &pool->nodes[node];
	struct pkts_sctp_half *const h = &n->seq->halves[n->dir];

	append(pool->nodes, &pool->list, node, 0);
	append(pool->nodes, &h->list, node, 1);
	n->listed = true;
	h->room += 1 + n->count;
}

void pkts_sctp_list_remove(struct pkts_sctp_pool *pool, uint32_t node)
{
	struct sctp_node *const n = &pool->nodes[node];

	if (!n->listed)
		return;
	struct pkts_sctp_half *const h = &n->seq->halves[n->dir];
	unlink(pool->nodes, &pool->list, node, 0);
	unlink(pool->nodes, &h->list, node, 1);
	n->listed = false;
	h->room -= 1 + n->count;
}

/* All of a chunk that may not change when it is sent again: not the flag "acknowledge at once". */
static uint64_t digest(
	const struct pkts_sctp_pool *pool, const struct sctp_data *c, struct pkts_sctp_chunk chunk)
{
	const uint64_t flags = c->flags & (SCTP_B | SCTP_E | SCTP_U | SCTP_WIDE);

	return pkts_siphash13(&pool->key, chunk.p + 8, chunk.head - 8u) +
	       flags * UINT64_C(0x9e3779b97f4a7c15);
}

static struct sctp_digest *digest_at(struct pkts_sctp_pool *pool, uint32_t serial, uint32_t tsn)
{
	return &pool->digests[(serial * 0x9e3779b1u + tsn) & pool->digest_mask];
}

void pkts_sctp_digest_keep(struct pkts_sctp_seq *s, unsigned dir, const struct sctp_data *c,
	struct pkts_sctp_chunk chunk)
{
	const uint32_t serial = s->serial << 1 | dir;

	if (s->pool->conf.no_digests || c->flags & SCTP_SKIP)
		return;
	*digest_at(s->pool, serial, c->tsn) =
		(struct sctp_digest){digest(s->pool, c, chunk), serial, c->tsn};
}

bool pkts_sctp_digest_differs(struct pkts_sctp_seq *s, unsigned dir, const struct sctp_data *c,
	struct pkts_sctp_chunk chunk)
{
	const uint32_t serial = s->serial << 1 | dir;
	const struct sctp_digest *const d = digest_at(s->pool, serial, c->tsn);

	if (s->pool->conf.no_digests || c->flags & SCTP_SKIP)
		return false;
	return d->serial == serial && d->tsn == c->tsn && d->hash != digest(s->pool, c, chunk);
}
