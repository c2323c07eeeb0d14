/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* IPFIX over sockets of this machine: addresses, whole messages, slow and lost collectors. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "listener.h"
#include "peer.h"
#include "pkts_bits.h"
#include "pkts_ipfix_sender.h"
#include "records.h"
#include "row.h"

#define SECOND UINT64_C(1000000000)
#define NOW    (1795341700 * SECOND)

static void addresses(void **state)
{
	static const struct {
		const char *where;
		int code;
	} rows[] = {
		{"udp:127.0.0.1:4739", 0},
		{"udp:127.0.0.1", 0},
		{"udp:[::1]:4739", 0},
		{"udp:[::1]", 0},
		{"udp:localhost:9995", 0},
		{"tcp:127.0.0.1:4739", 0},
		{"tcp:[::1]", 0},
		{"", -EINVAL},
		{"127.0.0.1:4739", -EINVAL},
		{"unix:/tmp/x", -EINVAL},
		{"udp:", -EINVAL},
		{"udp::4739", -EINVAL},
		{"udp:127.0.0.1:", -EINVAL},
		{"udp:::1:4739", -EINVAL},
		{"udp:[::1", -EINVAL},
		{"udp:[::1]4739", -EINVAL},
		{"udp:[]:4739", -EINVAL},
		{"udp:127.0.0.1:no-such-port", -EADDRNOTAVAIL},
		{"udp:127.0.0.1:0", -EINVAL},
		{"udp:127.0.0.1:65536", -EINVAL},
		{"udp:127.0.0.1:-1", -EINVAL},
		{"udp:127.0.0.1:99999999999999999999", -EINVAL},
		{"udp:127.0.0.1:65535", 0},
	};

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(rows); i++) {
		struct pkts_ipfix_sender *s;
		struct pkts_error err = {.text = ""};

		ROW_INT(rows[i].where, pkts_ipfix_open(&s, rows[i].where, NULL, &err),
			rows[i].code);
		ROW_INT(rows[i].where, err.text[0] != 0, rows[i].code != 0);
		ROW_INT(rows[i].where, s == NULL, rows[i].code != 0);
		pkts_ipfix_close(s);
	}
}

/* Who names no kind is told which there are. */
static void an_address_without_a_kind(void **state)
{
	struct pkts_ipfix_sender *s;
	struct pkts_error err;

	(void)state;
	assert_int_equal(pkts_ipfix_open(&s, "192.0.2.9", NULL, &err), -EINVAL);
	assert_string_equal(err.text, "192.0.2.9: does not begin with udp: or tcp:");
}

static void sizes_of_messages(void **state)
{
	static const uint32_t bad[] = {1, 511, 65536, UINT32_MAX};
	struct pkts_ipfix_sender *s;
	struct pkts_error err;

	(void)state;
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(bad); i++) {
		const struct pkts_ipfix_sender_options o = {.mtu = bad[i]};

		assert_int_equal(pkts_ipfix_open(&s, "udp:127.0.0.1", &o, &err), -EINVAL);
		assert_non_null(strstr(err.text, "512"));
	}
}

static void put(struct pkts_ipfix_sender *s, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		pkts_ipfix_sender_put(s, record_named("udp"), NOW);
}

/* Datagrams are messages. */
static void udp(void **state)
{
	const struct listener l = listen_on("udp", NULL);
	struct pkts_ipfix_sender *s;
	uint8_t m[2000];
	unsigned n = 0;

	(void)state;
	assert_int_equal(pkts_ipfix_open(&s, l.where, NULL, NULL), 0);
	put(s, 50);
	assert_int_equal(pkts_ipfix_sender_poll(s, NOW), 0);
	for (; n < pkts_ipfix_sender_counts(s).messages; n++) {
		assert_true(wait_readable(l.fd));
		const ssize_t got = read(l.fd, m, sizeof(m));
		assert_int_equal(got, pkts_be16(m + 2));
	}
	assert_true(n > 3);
	assert_int_equal(pkts_ipfix_sender_counts(s).records, 50);
	assert_int_equal(pkts_ipfix_sender_counts(s).templates, 8);
	pkts_ipfix_close(s);
	close(l.fd);
}

/* Nobody listens: the message that is told of it is counted, and the next one is tried. */
static void udp_without_a_collector(void **state)
{
	const struct listener l = listen_on("udp", NULL);
	struct pkts_ipfix_sender *s;

	(void)state;
	assert_int_equal(pkts_ipfix_open(&s, l.where, NULL, NULL), 0);
	close(l.fd);
	for (unsigned i = 0; i < 10; i++) {
		put(s, 1);
		pkts_ipfix_sender_poll(s, NOW);
	}
	const struct pkts_ipfix_counts c = pkts_ipfix_sender_counts(s);
	assert_int_equal(c.records + c.dropped_records, 10);
	assert_true(c.dropped_records > 0);
	pkts_ipfix_close(s);
}

/* Goes on until the sender says so; the tests' clock stands still. */
static void poll_until(struct pkts_ipfix_sender *s, uint64_t now, int wanted)
{
	for (;;) {
		const int code = pkts_ipfix_sender_poll(s, now);
		struct pollfd p = {.fd = pkts_ipfix_sender_fd(s), .events = POLLOUT};

		if (code == wanted && (code || pkts_ipfix_sender_connects(s)))
			return;
		assert_true(code == -EAGAIN || code == 0);
		assert_int_equal(poll(&p, 1, 10000), 1);
	}
}

/* One message from a stream: its length, its first set's id and its number. */
struct seen {
	unsigned length, set;
	uint32_t sequence;
};

static struct seen read_message(int fd)
{
	static uint8_t m[PKTS_IPFIX_MAX];
	struct seen seen;

	read_exactly(fd, m, 16);
	assert_int_equal(pkts_be16(m), 10);
	seen.length = pkts_be16(m + 2);
	seen.sequence = pkts_be32(m + 8);
	assert_true(seen.length > 20);
	read_exactly(fd, m + 16, seen.length - 16);
	seen.set = pkts_be16(m + 16);
	return seen;
}

static void tcp(void **state)
{
	const struct listener l = listen_on("tcp", NULL);
	struct pkts_ipfix_sender *s;
	int fd;

	(void)state;
	assert_int_equal(pkts_ipfix_open(&s, l.where, NULL, NULL), 0);
	put(s, 3);
	poll_until(s, NOW, 0);
	fd = accept_one(&l);
	assert_int_equal(read_message(fd).set, 2);
	assert_int_equal(read_message(fd).set, 2);
	assert_int_equal(read_message(fd).set, 259);
	put(s, 1);
	poll_until(s, NOW + 10000 * SECOND, 0); /* templates are not repeated */
	const struct seen seen = read_message(fd);
	assert_int_equal(seen.set, 259);
	assert_int_equal(seen.sequence, 3);
	assert_int_equal(pkts_ipfix_sender_counts(s).records, 4);
	pkts_ipfix_close(s);
	close(fd);
	close(l.fd);
}

/* A collector that does not read: memory stays, what has no room is dropped and counted, and what is
 * read later is whole. */
static void slow_collector(void **state)
{
	const struct listener l = listen_on("tcp", NULL);
	const struct pkts_ipfix_sender_options o = {.queue = 20000};
	struct pkts_ipfix_sender *s;
	struct pkts_ipfix_counts c;
	uint64_t messages = 0;
	int fd;

	(void)state;
	assert_int_equal(pkts_ipfix_open(&s, l.where, &o, NULL), 0);
	poll_until(s, NOW, 0);
	fd = accept_one(&l);
	for (c = pkts_ipfix_sender_counts(s); c.dropped_messages < 10;
		c = pkts_ipfix_sender_counts(s)) {
		assert_true(c.messages < 100000);
		put(s, 100);
	}
	assert_int_equal(pkts_ipfix_sender_poll(s, NOW), -EAGAIN);
	c = pkts_ipfix_sender_counts(s);
	while (messages < c.messages) {
		read_message(fd);
		messages++;
		pkts_ipfix_sender_poll(s, NOW);
	}
	assert_int_equal(pkts_ipfix_sender_poll(s, NOW), 0);
	pkts_ipfix_close(s);
	assert_true(wait_readable(fd));
	assert_int_equal(read(fd, &messages, 1), 0);
	close(fd);
	close(l.fd);
}

/* The collector goes and comes back: again from templates and 0, not before it is time. */
static void reconnects(void **state)
{
	struct listener l = listen_on("tcp", NULL);
	struct pkts_ipfix_sender *s;
	int fd;

	(void)state;
	assert_int_equal(pkts_ipfix_open(&s, l.where, NULL, NULL), 0);
	put(s, 1);
	poll_until(s, NOW, 0);
	fd = accept_one(&l);
	for (unsigned i = 0; i < 3; i++)
		read_message(fd);
	close(fd);
	poll_until(s, NOW, -ECONNRESET);
	assert_int_equal(pkts_ipfix_sender_fd(s), -1);
	put(s, 2);
	assert_int_equal(pkts_ipfix_sender_poll(s, NOW + SECOND - 1), -EAGAIN);
	assert_int_equal(pkts_ipfix_sender_fd(s), -1);
	poll_until(s, NOW + SECOND, 0);
	fd = accept_one(&l);
	assert_int_equal(read_message(fd).set, 2);
	assert_int_equal(read_message(fd).set, 2);
	const struct seen seen = read_message(fd);
	assert_int_equal(seen.set, 259);
	assert_int_equal(seen.sequence, 0);
	assert_int_equal(pkts_ipfix_sender_connects(s), 2);
	assert_int_equal(pkts_ipfix_sender_counts(s).dropped_records, 0);
	pkts_ipfix_close(s);
	close(fd);
	close(l.fd);
}

/* What was queued when the connection broke is counted. */
static void broken_with_a_queue(void **state)
{
	const struct listener l = listen_on("tcp", NULL);
	struct pkts_ipfix_sender *s;
	struct pkts_ipfix_counts before, after;
	int fd;

	(void)state;
	assert_int_equal(pkts_ipfix_open(&s, l.where, NULL, NULL), 0);
	poll_until(s, NOW, 0);
	fd = accept_one(&l);
	do
		put(s, 100);
	while (pkts_ipfix_sender_poll(s, NOW) == 0);
	put(s, 1000);
	before = pkts_ipfix_sender_counts(s);
	assert_int_equal(before.dropped_records, 0);
	close(fd); /* with bytes unread: a reset */
	poll_until(s, NOW, -ECONNRESET);
	after = pkts_ipfix_sender_counts(s);
	assert_true(after.dropped_records > 500);
	assert_true(after.dropped_messages > 10);
	pkts_ipfix_close(s);
	close(l.fd);
}

/* Writing to a peer that has gone is a failure, not a signal. */
static void no_signal(void **state)
{
	const struct listener l = listen_on("tcp", NULL);
	struct peer p;
	ssize_t n;

	(void)state;
	signal(SIGPIPE, SIG_DFL);
	assert_int_equal(pkts_peer_find(&p, l.where, "t", NULL, NULL), 0);
	while (pkts_peer_poll(&p, NOW) == -EAGAIN)
		;
	close(accept_one(&l));
	do
		n = pkts_peer_send(&p, "x", 1, NOW);
	while (n == 1);
	assert_true(n == -EPIPE || n == -ECONNRESET);
	assert_int_equal(p.state, PEER_DOWN);
	assert_int_equal(pkts_peer_send(&p, "x", 1, NOW), -ENOTCONN);
	close(l.fd);
}

/* The collector goes while records are put, and nobody looks first: the next connection begins with
 * templates and at 0. */
static void broken_while_putting(void **state)
{
	const struct listener l = listen_on("tcp", NULL);
	const struct pkts_ipfix_sender_options o = {.queue = 3000};
	struct pkts_ipfix_sender *s;
	int fd;

	(void)state;
	assert_int_equal(pkts_ipfix_open(&s, l.where, &o, NULL), 0);
	poll_until(s, NOW, 0);
	close(accept_one(&l));
	while (pkts_ipfix_sender_fd(s) >= 0)
		put(s, 1);
	assert_true(pkts_ipfix_sender_counts(s).dropped_messages > 0);
	put(s, 30);
	poll_until(s, NOW + SECOND, 0);
	fd = accept_one(&l);
	assert_int_equal(read_message(fd).set, 2);
	assert_int_equal(read_message(fd).set, 2);
	assert_int_equal(read_message(fd).sequence, 0);
	pkts_ipfix_close(s);
	close(fd);
	close(l.fd);
}

/* Nobody is there: what fits the queue waits, more is dropped. */
static void tcp_without_a_collector(void **state)
{
	const struct listener l = listen_on("tcp", NULL);
	const struct pkts_ipfix_sender_options o = {.queue = 5000};
	struct pkts_ipfix_sender *s;

	(void)state;
	close(l.fd);
	assert_int_equal(pkts_ipfix_open(&s, l.where, &o, NULL), 0);
	put(s, 20);
	poll_until(s, NOW, -ECONNREFUSED);
	assert_int_equal(pkts_ipfix_sender_poll(s, NOW), -EAGAIN);
	assert_int_equal(pkts_ipfix_sender_counts(s).dropped_records, 0);
	put(s, 100);
	assert_true(pkts_ipfix_sender_counts(s).dropped_records > 50);
	pkts_ipfix_close(s);
}

/* What was put before the connection was made arrives, templates first; without a poll, too, when
 * there is more than the queue holds. */
static void early_records(void **state)
{
	const struct listener l = listen_on("tcp", NULL);
	const struct pkts_ipfix_sender_options o = {.queue = 100000};
	struct pkts_ipfix_sender *s;
	uint32_t sequence = 0;
	int fd;

	(void)state;
	assert_int_equal(pkts_ipfix_open(&s, l.where, &o, NULL), 0);
	while (pkts_ipfix_sender_connects(s) == 0)
		put(s, 10);
	fd = accept_one(&l);
	poll_until(s, NOW, 0);
	assert_int_equal(read_message(fd).set, 2);
	assert_int_equal(read_message(fd).set, 2);
	for (uint64_t i = 2; i < pkts_ipfix_sender_counts(s).messages; i++) {
		const struct seen seen = read_message(fd);

		assert_int_equal(seen.set, 259);
		assert_true(i == 2 ? seen.sequence == 0 : seen.sequence > sequence);
		sequence = seen.sequence;
	}
	pkts_ipfix_close(s);
	close(fd);
	close(l.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(an_address_without_a_kind),
		cmocka_unit_test(sizes_of_messages),
		cmocka_unit_test(udp),
		cmocka_unit_test(udp_without_a_collector),
		cmocka_unit_test(tcp),
		cmocka_unit_test(slow_collector),
		cmocka_unit_test(reconnects),
		cmocka_unit_test(broken_with_a_queue),
		cmocka_unit_test(no_signal),
		cmocka_unit_test(broken_while_putting),
		cmocka_unit_test(tcp_without_a_collector),
		cmocka_unit_test(early_records),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
