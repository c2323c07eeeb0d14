/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Pages of equal slots: a page has one size while it is used, and none when it is empty. */
#include "tcp.h"

#define PAGE	1024u
#define SLOTS	32u /* of the smallest size; slot number = page * SLOTS + place */
#define NO_PAGE UINT32_MAX
static const uint16_t sizes[] = {32, 128, 512};

struct pkts_tcp_slab_page {
	uint32_t used; /* a bit a slot */
	uint32_t before, after;
	uint32_t kind; /* index in sizes */
};

static uint32_t all_used(uint32_t kind)
{
	const uint32_t n = PAGE / sizes[kind];

	return n == 32 ? UINT32_MAX : (1u << n) - 1;
}

size_t tcp_slab_memsize(uint32_t bytes)
{
	return (size_t)(bytes / PAGE) * (PAGE + sizeof(struct pkts_tcp_slab_page));
}

void tcp_slab_init(struct pkts_tcp_slab *slab, void *mem, uint32_t bytes)
{
	*slab = (struct pkts_tcp_slab){.pages = mem, .n = bytes / PAGE};
	slab->bytes = (uint8_t *)(slab->pages + slab->n);
	slab->free = slab->n ? 0 : NO_PAGE;
	for (unsigned kind = 0; kind < PKTS_ARRAY_LEN(sizes); kind++)
		slab->partial[kind] = NO_PAGE;
	for (uint32_t i = 0; i < slab->n; i++)
		slab->pages[i] = (struct pkts_tcp_slab_page){
			.before = NO_PAGE, .after = i + 1 < slab->n ? i + 1 : NO_PAGE};
}

static void push(struct pkts_tcp_slab *slab, uint32_t *head, uint32_t i)
{
	slab->pages[i].before = NO_PAGE;
	slab->pages[i].after = *head;
	if (*head != NO_PAGE)
		slab->pages[*head].before = i;
	*head = i;
}

static void take_out(struct pkts_tcp_slab *slab, uint32_t *head, uint32_t i)
{
	const struct pkts_tcp_slab_page page = slab->pages[i];

	if (page.before == NO_PAGE)
		*head = page.after;
	else
		slab->pages[page.before].after = page.after;
	if (page.after != NO_PAGE)
		slab->pages[page.after].before = page.before;
}

/* A page with a free slot of that size. */
static uint32_t page_for(struct pkts_tcp_slab *slab, uint32_t kind)
{
	uint32_t i = slab->partial[kind];

	if (i == NO_PAGE && slab->free != NO_PAGE) {
		i = slab->free;
		take_out(slab, &slab->free, i);
		slab->pages[i].kind = kind;
		push(slab, &slab->partial[kind], i);
	}
	return i;
}

uint32_t tcp_slab_take(struct pkts_tcp_slab *slab, uint32_t len)
{
	uint32_t kind = 0;

	while (kind < PKTS_ARRAY_LEN(sizes) && len > sizes[kind])
		kind++;
	if (kind == PKTS_ARRAY_LEN(sizes))
		return NONE;
	const uint32_t i = page_for(slab, kind);
	if (i == NO_PAGE)
		return NONE;
	struct pkts_tcp_slab_page *const page = &slab->pages[i];
	const uint32_t place = (uint32_t)__builtin_ctz(~page->used);
	page->used |= 1u << place;
	if (page->used == all_used(kind))
		take_out(slab, &slab->partial[kind], i);
	return i * SLOTS + place;
}

void tcp_slab_give(struct pkts_tcp_slab *slab, uint32_t slot)
{
	const uint32_t i = slot / SLOTS;
	struct pkts_tcp_slab_page *const page = &slab->pages[i];

	if (page->used == all_used(page->kind))
		push(slab, &slab->partial[page->kind], i);
	page->used &= ~(1u << slot % SLOTS);
	if (!page->used) {
		take_out(slab, &slab->partial[page->kind], i);
		push(slab, &slab->free, i);
	}
}

uint8_t *tcp_slab_at(const struct pkts_tcp_slab *slab, uint32_t slot)
{
	const uint32_t i = slot / SLOTS;

	return slab->bytes + (size_t)i * PAGE + (size_t)(slot % SLOTS) * sizes[slab->pages[i].kind];
}

uint32_t tcp_slab_size(const struct pkts_tcp_slab *slab, uint32_t slot)
{
	return sizes[slab->pages[slot / SLOTS].kind];
}
