/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Which driver a name goes to, and what interfaces are listed. */
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "pkts_drivers.h"
#include "pkts_interface.h"
#include "pkts_port.h"
#include "pkts_runtime.h"

static char folder[] = "/tmp/pkts-port-XXXXXX";

static bool own_namespace; /* with an interface va that has addresses, and is up without carrier */

static bool make_namespace(void)
{
	return unshare(CLONE_NEWNET) == 0 && system("ip link set lo up") == 0 &&
	       system("ip link add va address 02:00:00:00:00:07 mtu 1400 type veth peer name vb") ==
		       0 &&
	       system("ip link set va addrgenmode none up") == 0 &&
	       system("ip addr add 10.1.2.3/20 dev va") == 0 &&
	       system("ip addr add 10.1.2.4/32 dev va") == 0 &&
	       system("ip addr add 2001:db8::5/61 dev va nodad") == 0;
}

static int set_up(void **state)
{
	struct pkts_error err;

	(void)state;
	own_namespace = make_namespace(); /* before EAL, whose threads would stay behind */
	if (pkts_runtime_init(NULL, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return -1;
	}
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	pkts_runtime_fini();
	return rmdir(folder);
}

/* The first driver of the table that claims the name. */
static const char *claimed_by(const char *name)
{
	for (unsigned i = 0; pkts_port_drivers[i]; i++)
		if (pkts_port_drivers[i]->claims(name))
			return pkts_port_drivers[i]->name;
	return "nobody";
}

static void names_go_to_their_driver(void **state)
{
	static const struct {
		const char *name, *driver;
	} rows[] = {
		{"trace.pcap", "pcap"},
		{"trace.pcapng", "pcap"},
		{"trace.cap", "pcap"},
		{"trace.pcap.gz", "pcap"},
		{"./lo", "pcap"},
		{"/dev/null", "pcap"},
		{"-", "pcap"},
		{"net_null0", "ethdev"},
		{"net_tap0,iface=x", "ethdev"},
		{"0000:03:00.0", "ethdev"},
		{"03:00.0", "ethdev"},
		{"0000:03:00.0,representor=0", "ethdev"},
		{"net_pcap0,rx_pcap=/tmp/x.pcap", "ethdev"},
		{"lo", "af_packet"},
		{"nosuch0", "nobody"},
		{"0000:03:00.0x", "nobody"},
		{"03:00", "nobody"},
		{".pcap", "nobody"},
		{"", "nobody"},
	};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++)
		if (strcmp(claimed_by(rows[i].name), rows[i].driver))
			fail_msg("'%s' went to %s", rows[i].name, claimed_by(rows[i].name));
}

static void a_file_that_exists_is_a_file(void **state)
{
	(void)state;
	assert_string_equal(claimed_by("plain"), "nobody");
	fclose(fopen("plain", "w"));
	assert_string_equal(claimed_by("plain"), "pcap");
	unlink("plain");
}

static void nobody_s_names_are_refused_with_advice(void **state)
{
	struct pkts_port *port = (void *)1;
	struct pkts_error err = {0};

	(void)state;
	assert_int_equal(pkts_port_open(&port, "nosuch0", NULL, &err), -ENOENT);
	assert_null(port);
	assert_non_null(strstr(err.text, "'nosuch0'"));
	assert_non_null(strstr(err.text, "name one that is there"));
	assert_int_equal(pkts_port_open(&port, "any", NULL, &err), -ENOENT);
	assert_non_null(strstr(err.text, "name one interface"));
	assert_int_equal(pkts_port_open(&port, "nosuch0", NULL, NULL), -ENOENT);
}

/* A prefix goes before what the name looks like. */
static void a_driver_can_be_named(void **state)
{
	static const struct {
		const char *name, *sentence;
		int code;
	} rows[] = {
		{"pcap:lo", "cannot read 'lo'", -ENOENT},
		{"af_packet:trace.pcap", "no interface 'trace.pcap'", -ENOENT},
		{"ethdev:trace.pcap", "DPDK device 'trace.pcap'", -ENODEV},
	};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct pkts_port *port;
		struct pkts_error err = {0};
		assert_int_equal(pkts_port_open(&port, rows[i].name, NULL, &err), rows[i].code);
		if (!strstr(err.text, rows[i].sentence))
			fail_msg("%s", err.text);
	}
	assert_int_equal(pkts_port_close(NULL, NULL), 0);
}

static void a_port_has_a_pool_of_the_size_asked_for(void **state)
{
	const struct pkts_port_conf small = {.pool_size = 100}, huge = {.pool_size = 100 << 20};
	struct pkts_port *port;
	struct pkts_error err = {0};

	(void)state;
	assert_int_equal(pkts_port_open(&port, "net_null0", &small, NULL), 0);
	assert_string_equal(pkts_port_name(port), "net_null0");
	assert_string_equal(pkts_port_driver(port), "ethdev");
	assert_int_equal(port->pool->size, 100);
	assert_int_equal(pkts_port_close(port, NULL), 0);
	assert_int_equal(pkts_port_open(&port, "net_null0", NULL, NULL), 0);
	assert_int_equal(port->pool->size, 8191);
	assert_int_equal(pkts_port_close(port, NULL), 0);
	assert_int_equal(pkts_port_open(&port, "net_null0", &huge, &err), -ENOMEM);
	assert_non_null(strstr(err.text, "104857600 packet buffers"));
}

/* Buffers that packets do not fit in, in however many of them. */
static void a_pool_without_room_is_refused(void **state)
{
	static const struct {
		uint16_t room;
		int code;
	} rows[] = {{0, -EINVAL}, {128, -EINVAL}, {128 + 15, -EINVAL}, {128 + 16, 0}};

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pkts_port_conf conf = {
			.pool = rte_pktmbuf_pool_create("narrow", 15, 0, 0, rows[i].room, -1)};
		struct pkts_port *port;
		struct pkts_error err = {0};
		assert_non_null(conf.pool);
		assert_int_equal(pkts_port_open(&port, "af_packet:lo", &conf, &err), rows[i].code);
		if (rows[i].code)
			assert_non_null(strstr(err.text, "pool 'narrow' for 'af_packet:lo'"));
		else
			assert_int_equal(pkts_port_close(port, NULL), 0);
		rte_mempool_free(conf.pool);
	}
	struct pkts_port_conf conf = {
		.pool = rte_mempool_create("plain", 15, 64, 0, 0, NULL, NULL, NULL, NULL, -1, 0)};
	struct pkts_port *port;
	struct pkts_error err = {0};
	assert_int_equal(pkts_port_open(&port, "af_packet:lo", &conf, &err), -EINVAL);
	assert_non_null(strstr(err.text, "no pool of packet buffers"));
	rte_mempool_free(conf.pool);
}

static const struct pkts_interface *find(
	const struct pkts_interface *list, unsigned n, const char *name)
{
	for (unsigned i = 0; i < n; i++)
		if (strcmp(list[i].name, name) == 0)
			return &list[i];
	return NULL;
}

static bool has_address(
	const struct pkts_interface *i, uint8_t version, const uint8_t *bytes, uint8_t prefix)
{
	for (unsigned k = 0; k < i->n_addresses; k++)
		if (i->addresses[k].version == version && i->addresses[k].prefix == prefix &&
			memcmp(i->addresses[k].bytes, bytes, version == 4 ? 4 : 16) == 0)
			return true;
	return false;
}

static void interfaces_are_listed(void **state)
{
	struct pkts_interface *list;
	struct pkts_port *port;
	unsigned n;

	(void)state;
	assert_int_equal(pkts_port_open(&port, "net_null3", NULL, NULL), 0);
	assert_int_equal(pkts_interface_list_create(&list, &n, NULL), 0);
	const struct pkts_interface *lo = find(list, n, "lo");
	assert_non_null(lo);
	assert_string_equal(lo->driver, "af_packet");
	assert_int_equal(lo->index, if_nametoindex("lo"));
	assert_int_equal(lo->type, 772);
	assert_true(lo->loopback);
	assert_false(lo->has_mac);
	assert_true(lo->mtu > 1000);
	assert_int_equal(lo->up, !!(lo->flags & IFF_UP));
	const struct pkts_interface *device = find(list, n, "net_null3");
	assert_non_null(device);
	assert_string_equal(device->driver, "ethdev");
	assert_true(device->has_mac);
	assert_int_equal(device->mtu, 1500);
	for (unsigned i = 1; i < n; i++)
		assert_true(
			strcmp(list[i].driver, "ethdev") == 0 || list[i].index > list[i - 1].index);
	pkts_interface_list_destroy(list);
	assert_int_equal(pkts_port_close(port, NULL), 0);
}

static void addresses_and_state_are_listed(void **state)
{
	static const uint8_t v6[16] = {0x20, 1, 0x0d, 0xb8, [15] = 5};
	struct pkts_interface *list;
	unsigned n;

	(void)state;
	if (!own_namespace) {
		print_message("# no permission for a network namespace: skipped\n");
		skip();
	}
	assert_int_equal(pkts_interface_list_create(&list, &n, NULL), 0);
	const struct pkts_interface *lo = find(list, n, "lo");
	assert_true(lo->up && lo->carrier);
	assert_true(has_address(lo, 4, (const uint8_t[]){127, 0, 0, 1}, 8));
	const struct pkts_interface *va = find(list, n, "va");
	assert_non_null(va);
	assert_int_equal(va->type, 1);
	assert_int_equal(va->mtu, 1400);
	assert_true(va->up && !va->carrier && !va->loopback);
	assert_true(va->has_mac);
	assert_memory_equal(va->mac, "\2\0\0\0\0\7", 6);
	assert_int_equal(va->n_addresses, 3);
	assert_true(has_address(va, 4, (const uint8_t[]){10, 1, 2, 3}, 20));
	assert_true(has_address(va, 4, (const uint8_t[]){10, 1, 2, 4}, 32));
	assert_true(has_address(va, 6, v6, 61));
	assert_false(find(list, n, "vb")->up);
	assert_int_equal(find(list, n, "vb")->n_addresses, 0);
	pkts_interface_list_destroy(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_go_to_their_driver),
		cmocka_unit_test(a_file_that_exists_is_a_file),
		cmocka_unit_test(nobody_s_names_are_refused_with_advice),
		cmocka_unit_test(a_driver_can_be_named),
		cmocka_unit_test(a_port_has_a_pool_of_the_size_asked_for),
		cmocka_unit_test(a_pool_without_room_is_refused),
		cmocka_unit_test(interfaces_are_listed),
		cmocka_unit_test(addresses_and_state_are_listed),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
