/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "interfaces.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#include "fd_sink.h"
#include "pkts_bits.h"
#include "pkts_interface.h"
#include "say.h"

#define FLAGS_WIDTH 33 /* of an Ethernet interface that someone listens on */

/* Blanks up to a column; at least one. */
static void pad(struct pkts_sink *out, size_t used, size_t width)
{
	do
		pkts_put_char(out, ' ');
	while (++used < width);
}

static void put_column(struct pkts_sink *out, const char *text, size_t width)
{
	pkts_put_text(out, text);
	pad(out, strlen(text), width);
}

static void put_number_column(struct pkts_sink *out, uint64_t v, size_t width)
{
	size_t digits = 1;

	for (uint64_t rest = v; rest >= 10; rest /= 10)
		digits++;
	pkts_put_dec(out, v);
	pad(out, digits, width);
}

static void put_flags(struct pkts_sink *out, uint32_t flags)
{
	static const struct {
		uint32_t flag;
		const char *name;
	} names[] = {
		{IFF_LOOPBACK, ",loopback"},
		{IFF_BROADCAST, ",broadcast"},
		{IFF_MULTICAST, ",multicast"},
		{IFF_POINTOPOINT, ",point-to-point"},
		{IFF_NOARP, ",noarp"},
		{IFF_PROMISC, ",promiscuous"},
	};
	char text[80] = ",-", *end = text;

	for (unsigned i = 0; i < PKTS_ARRAY_LEN(names); i++)
		if (flags & names[i].flag)
			end = stpcpy(end, names[i].name);
	put_column(out, text + 1, FLAGS_WIDTH);
}

static void put_network(struct pkts_sink *out, const struct pkts_interface_address *a, bool comma)
{
	if (comma)
		pkts_put_char(out, ',');
	if (a->version == 4)
		pkts_put_ipv4(out, pkts_be32(a->bytes));
	else
		pkts_put_ipv6(out, a->bytes);
	pkts_put_char(out, '/');
	pkts_put_dec(out, a->prefix);
}

static void put_mac(struct pkts_sink *out, const struct pkts_interface *i)
{
	if (i->has_mac) {
		pkts_put_mac(out, i->mac);
		pkts_put_text(out, "  ");
	} else {
		put_column(out, "-", 19);
	}
}

static void put_interface(struct pkts_sink *out, const struct pkts_interface *i)
{
	put_column(out, i->name, 16);
	put_column(out, i->driver, 11);
	put_number_column(out, i->index, 6);
	put_column(out, !i->up ? "down" : i->carrier ? "up" : "no-carrier", 12);
	put_number_column(out, i->mtu, 7);
	put_mac(out, i);
	put_flags(out, i->flags);
	if (!i->n_addresses)
		pkts_put_char(out, '-');
	for (unsigned k = 0; k < i->n_addresses; k++)
		put_network(out, &i->addresses[k], k > 0);
	pkts_put_char(out, '\n');
}

int interfaces_list(void)
{
	static struct fd_sink out;
	struct pkts_interface *list;
	struct pkts_error err;
	unsigned n;

	if (pkts_interface_list_create(&list, &n, &err)) {
		say("%s", err.text);
		return 1;
	}
	fd_sink_init(&out, STDOUT_FILENO);
	pkts_put_text(&out.sink,
		"name            kind       index link        mtu    address            "
		"flags                            networks\n");
	for (unsigned i = 0; i < n; i++)
		put_interface(&out.sink, &list[i]);
	pkts_interface_list_destroy(list);
	const int code = fd_sink_flush(&out);
	if (code && code != -EPIPE)
		say("cannot write to standard output: %s", strerror(-code));
	return code && code != -EPIPE;
}
