/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * TCP connections of the kernel's between two network namespaces, with every ending that sockets know.
 * One process holds both ends, so that each knows what the other is about to do. Writes a line of JSON
 * for each connection: who, how, how much, and the state that Zeek would give it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SIZE_MAX_OUT 65536
#define PARALLEL_MAX 1024
#define TICK	     20		     /* ms between looks at what has no event of its own */
#define IDLE	     UINT64_C(2300)  /* ms: two probes of TCP_KEEPIDLE 1 */
#define UNTOLD	     UINT64_C(1500)  /* ms: a lost RST is not sent again */
#define STUCK	     UINT64_C(60000) /* ms without a byte */
#define TINY	     2048	     /* bytes of receive buffer */
#define PROBES	     2		     /* into a closed window */
#define MPTCP	     262
#define ORDINARY     7 /* scenarios that need nothing of TCP alone */
#define LISTENERS    2 /* on the port, and with a tiny buffer on the next; nothing on the third */

enum side { CLIENT, SERVER };

/* When an end sends its FIN or RST. */
enum when {
	AFTER_EOF, /* its own bytes are sent, and the peer's FIN is here */
	SENT,	   /* its own bytes are sent */
	ALL,	   /* and the peer's have come */
	HALF,	   /* half of the peer's have come */
};

struct scenario {
	const char *name, *state;
	unsigned weight;
	enum when when[2];
	bool resets[2];	    /* with RST, not FIN */
	bool refused;	    /* nobody listens */
	bool waits_for_eof; /* the server sends only then */
	bool idle;	    /* stays open until keep-alives have passed */
	bool closed_window; /* the server reads only after probes */
	bool fast_open;	    /* data in the SYN */
	bool simultaneous;  /* both connect */
	bool urgent;
	bool again; /* a second one follows from the same port */
};

static const struct scenario scenarios[] = {
	{"client_first", "SF", 22, {ALL, AFTER_EOF}},
	{"server_first", "SF", 14, {AFTER_EOF, ALL}},
	{"both", "SF", 14, {SENT, SENT}},
	{"half_close", "SF", 10, {SENT, AFTER_EOF}, .waits_for_eof = true},
	{"client_resets", "RSTO", 7, {ALL, AFTER_EOF}, {true, false}},
	{"server_resets", "RSTR", 7, {AFTER_EOF, ALL}, {false, true}},
	{"client_aborts", "RSTO", 5, {HALF, AFTER_EOF}, {true, false}},
	{"refused", "REJ", 5, .refused = true},
	{"keep_alive", "SF", 1, {ALL, AFTER_EOF}, .idle = true},
	{"closed_window", "SF", 2, {SENT, AFTER_EOF}, .closed_window = true},
	{"fast_open", "SF", 5, {ALL, AFTER_EOF}, .fast_open = true},
	{"simultaneous", "SF", 3, {ALL, AFTER_EOF}, .simultaneous = true},
	{"urgent", "SF", 2, {ALL, AFTER_EOF}, .urgent = true},
	{"again", "SF", 3, {AFTER_EOF, ALL}, .again = true},
};
#define SCENARIOS (sizeof(scenarios) / sizeof(scenarios[0]))

struct connection;

struct end {
	struct connection *of;
	enum side side;
	int fd; /* -1: not yet, or not any more */
	uint32_t interest;
	size_t out, sent, received;
	bool watched, connected, finished, eof, failed, closed;
	uint64_t closed_at;
};

struct connection {
	const struct scenario *how; /* NULL: free */
	struct end ends[2];
	uint16_t sport, dport;
	uint64_t began, moved; /* when, and when the last byte was */
	unsigned id;
	bool at_once; /* close(), not shutdown() */
	bool window_was_closed;
};

static struct {
	int namespaces[2], epoll, listeners[LISTENERS];
	struct sockaddr_storage address[2];
	socklen_t address_len;
	unsigned port, count, parallel, protocol, kinds;
	uint64_t random, now;
	unsigned place, begun, done, running, paired;
	struct connection all[PARALLEL_MAX];
	uint16_t again[PARALLEL_MAX];
	unsigned wanted;
	struct connection
		*by_ports[LISTENERS + 1][65536]; /* the client's; the last: not to be accepted */
	uint8_t pattern[SIZE_MAX_OUT];
} load;

static void die(const char *what)
{
	fprintf(stderr, "tcp_load: %s: %s\n", what, strerror(errno));
	exit(2);
}

static uint64_t clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* SplitMix64, below `bound`. */
static uint64_t draw(uint64_t bound)
{
	uint64_t z = load.random += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return (z ^ (z >> 31)) % bound;
}

/* Many small ones, some up to 64 KB. */
static size_t draw_size(void)
{
	const double r = (double)draw(1u << 20) / (1u << 20);

	return (size_t)(r * r * r * r * SIZE_MAX_OUT);
}

/* Sockets */

static void set(int fd, int level, int option, int value)
{
	setsockopt(fd, level, option, &value, sizeof(value));
}

static struct sockaddr_storage address(enum side side, uint16_t port)
{
	struct sockaddr_storage a = load.address[side];

	if (a.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&a)->sin6_port = htons(port);
	else
		((struct sockaddr_in *)&a)->sin_port = htons(port);
	return a;
}

static uint16_t port_of(const struct sockaddr_storage *a)
{
	return ntohs(a->ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)a)->sin6_port
					      : ((const struct sockaddr_in *)a)->sin_port);
}

static int new_socket(enum side side)
{
	if (setns(load.namespaces[side], CLONE_NEWNET))
		die("setns");
	const int fd = socket(load.address[side].ss_family,
		SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, (int)load.protocol);
	if (fd < 0)
		die("socket");
	set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	set(fd, SOL_SOCKET, SO_OOBINLINE, 1);
	return fd;
}

static bool bind_to(int fd, enum side side, uint16_t port)
{
	const struct sockaddr_storage a = address(side, port);

	return bind(fd, (const struct sockaddr *)&a, load.address_len) == 0;
}

static bool connect_to(int fd, enum side side, uint16_t port)
{
	const struct sockaddr_storage a = address(side, port);

	return connect(fd, (const struct sockaddr *)&a, load.address_len) == 0 ||
	       errno == EINPROGRESS;
}

static void watch(struct end *e, uint32_t interest)
{
	struct epoll_event event = {.events = interest, .data.ptr = e};

	if (e->watched && interest == e->interest)
		return;
	if (epoll_ctl(load.epoll, e->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, e->fd, &event))
		die("epoll_ctl");
	e->interest = interest;
	e->watched = true;
}

static void start_end(struct connection *c, enum side side, int fd)
{
	struct end *const e = &c->ends[side];

	e->fd = fd;
	watch(e, EPOLLIN | EPOLLOUT);
}

static void listen_on(unsigned i)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = &load.listeners[i]};
	const int fd = load.listeners[i] = new_socket(SERVER);

	if (i == 1)
		set(fd, SOL_SOCKET, SO_RCVBUF, TINY);
	set(fd, IPPROTO_TCP, TCP_FASTOPEN, 256);
	if (!bind_to(fd, SERVER, (uint16_t)(load.port + i)) || listen(fd, 1024) ||
		epoll_ctl(load.epoll, EPOLL_CTL_ADD, fd, &event))
		die("listen");
}

/* Connections */

static const struct scenario *draw_scenario(void)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < load.kinds; i++)
		sum += scenarios[i].weight;
	unsigned left = (unsigned)draw(sum), i = 0;
	while (left >= scenarios[i].weight)
		left -= scenarios[i++].weight;
	return &scenarios[i];
}

/* In turn: an event that is still waiting must not find another connection in its place. */
static struct connection *free_place(void)
{
	do
		load.place = (load.place + 1) % PARALLEL_MAX;
	while (load.all[load.place].how);
	return &load.all[load.place];
}

static void plan(struct connection *c, const struct scenario *how)
{
	*c = (struct connection){
		.how = how, .began = load.now, .moved = load.now, .id = load.begun++};
	for (enum side side = CLIENT; side <= SERVER; side++)
		c->ends[side] = (struct end){.of = c, .side = side, .fd = -1, .out = draw_size()};
	if (how->when[CLIENT] == HALF)
		c->ends[SERVER].out |= 8192;
	if (how->closed_window || how->urgent)
		c->ends[CLIENT].out |= 32768;
	/* connect() succeeds at once: only bytes tell that there is a peer. */
	if (how->fast_open)
		c->ends[SERVER].out |= 1;
	/* Without a byte, some MPTCP connections hang in the kernel once a packet is lost. */
	if (how->fast_open || load.protocol == MPTCP)
		c->ends[CLIENT].out |= 1;
	if (load.protocol == MPTCP)
		c->ends[c->id % 2].out |= SIZE_MAX_OUT / 2;
	c->at_once = draw(2);
	c->dport = (uint16_t)(load.port + (how->refused ? 2 : how->closed_window ? 1 : 0));
	load.running++;
}

static void vary_socket(int fd, const struct scenario *how)
{
	if (draw(10) == 0)
		set(fd, IPPROTO_TCP, TCP_MAXSEG, 536);
	if (draw(10) == 0)
		set(fd, SOL_SOCKET, SO_RCVBUF, TINY);
	if (draw(4) == 0)
		set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	if (how->fast_open)
		set(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1);
	set(fd, SOL_SOCKET, SO_KEEPALIVE, how->idle);
	set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 1);
	set(fd, IPPROTO_TCP, TCP_KEEPINTVL, 1);
}

/*
 * Both sockets wait for a SYN-ACK, and a SYN is what comes. With small buffers that ends in a deadlock of
 * the kernel's: both ends send more than the other's window, and neither takes the other's ACKs.
 */
static void pair(struct connection *c, int fd)
{
	const int other = new_socket(SERVER);

	set(fd, SOL_SOCKET, SO_RCVBUF, 2 * SIZE_MAX_OUT);
	set(other, SOL_SOCKET, SO_RCVBUF, 2 * SIZE_MAX_OUT);
	c->sport = (uint16_t)(load.port + LISTENERS + 1 + load.paired);
	c->dport = c->sport;
	load.paired++;
	if (!bind_to(fd, CLIENT, c->sport) || !bind_to(other, SERVER, c->dport) ||
		!connect_to(fd, SERVER, c->dport) || !connect_to(other, CLIENT, c->sport))
		die("simultaneous");
	start_end(c, SERVER, other);
}

/* False if a port is asked for that an earlier connection still needs. */
static bool reach_out(struct connection *c, int fd, uint16_t sport)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);

	if (sport && !bind_to(fd, CLIENT, sport))
		return false;
	if (!connect_to(fd, SERVER, c->dport)) {
		if (sport)
			return false;
		die("connect");
	}
	if (getsockname(fd, (struct sockaddr *)&a, &len))
		die("getsockname");
	c->sport = port_of(&a);
	return true;
}

static void take_back(struct connection *c, int fd)
{
	close(fd);
	c->how = NULL;
	load.running--;
	load.begun--;
}

/* Where accept_all() finds it. The same port of the client's may lead to several of the server's. */
static struct connection **place_of(const struct connection *c)
{
	const bool never = c->how->refused || c->how->simultaneous;

	return &load.by_ports[never ? LISTENERS : c->how->closed_window][c->sport];
}

static bool begin(const struct scenario *how, uint16_t sport)
{
	struct connection *const c = free_place();
	const int fd = new_socket(CLIENT);

	plan(c, how);
	vary_socket(fd, how);
	if (how->simultaneous) {
		pair(c, fd);
	} else if (!reach_out(c, fd, sport)) {
		take_back(c, fd);
		return false;
	}
	*place_of(c) = c;
	start_end(c, CLIENT, fd);
	return true;
}

static void accept_all(unsigned listener)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);
	int fd;

	while ((fd = accept4(load.listeners[listener], (struct sockaddr *)&a, &len,
			SOCK_NONBLOCK)) >= 0) {
		struct connection *const c = load.by_ports[listener][port_of(&a)];
		if (c && c->how && c->ends[SERVER].fd < 0 && !c->ends[SERVER].closed)
			start_end(c, SERVER, fd);
		else
			close(fd);
	}
}

static void close_end(struct end *e)
{
	if (e->fd >= 0)
		close(e->fd);
	e->fd = -1;
	e->closed = true;
	e->closed_at = load.now;
}

static void write_line(const struct connection *c, bool stuck)
{
	printf("{\"id\":%u,\"scenario\":\"%s\",\"state\":\"%s\",\"sport\":%u,\"dport\":%u,"
	       "\"began\":%" PRIu64 ",\"sent\":[%zu,%zu],\"received\":[%zu,%zu],\"stuck\":%s}\n",
		c->id, c->how->name, c->how->state, c->sport, c->dport, c->began, c->ends[0].sent,
		c->ends[1].sent, c->ends[1].received, c->ends[0].received,
		stuck ? "true" : "false");
}

/* So much time between the calls of two connect() that a SYN found no socket: both were refused. */
static bool have_missed_each_other(const struct connection *c)
{
	const struct end *const a = &c->ends[CLIENT], *const b = &c->ends[SERVER];

	return c->how->simultaneous && a->failed && b->failed && !a->connected && !b->connected;
}

static void end_connection(struct connection *c, bool stuck)
{
	for (enum side side = CLIENT; side <= SERVER; side++)
		if (!c->ends[side].closed)
			close_end(&c->ends[side]);
	if (have_missed_each_other(c))
		load.count++; /* another one instead */
	else
		write_line(c, stuck);
	/* Else its port is used again already, by one that may still wait to be accepted. */
	if (*place_of(c) == c)
		*place_of(c) = NULL;
	if (c->how->again && !stuck && load.wanted < PARALLEL_MAX)
		load.again[load.wanted++] = c->sport;
	c->how = NULL;
	load.running--;
	load.done++;
}

/* Ends */

static bool may_read(const struct end *e)
{
	return e->connected && !e->eof &&
	       !(e->of->how->closed_window && e->side == SERVER && !e->of->window_was_closed);
}

static bool may_write(const struct end *e)
{
	const bool waits = e->of->how->waits_for_eof && e->side == SERVER && !e->eof;

	return !e->finished && e->sent < e->out && !waits;
}

static bool is_as_sent(const struct end *e, const uint8_t *bytes, size_t n)
{
	return e->received + n <= e->of->ends[!e->side].out &&
	       memcmp(bytes, load.pattern + e->received, n) == 0;
}

static void die_of_bytes(const struct end *e, size_t n)
{
	fprintf(stderr,
		"tcp_load: %s, ports %u and %u, side %d: bytes %zu to %zu of %zu are others\n",
		e->of->how->name, e->of->sport, e->of->dport, e->side, e->received, e->received + n,
		e->of->ends[!e->side].out);
	exit(2);
}

static void receive(struct end *e)
{
	uint8_t bytes[16384];

	while (may_read(e)) {
		const ssize_t n = recv(e->fd, bytes, sizeof(bytes), 0);
		if (n < 0) {
			e->failed = errno != EAGAIN;
			return;
		}
		if (n == 0)
			e->eof = true;
		else if (!is_as_sent(e, bytes, (size_t)n))
			die_of_bytes(e, (size_t)n);
		e->received += (size_t)n;
		e->of->moved = load.now;
	}
}

static void send_out(struct end *e)
{
	while (may_write(e)) {
		const bool urgent = e->of->how->urgent && e->side == CLIENT &&
				    e->sent >= e->out / 2 && e->sent < e->out / 2 + 3;
		const size_t left = e->out - e->sent,
			     part = e->sent < e->out / 2 ? e->out / 2 - e->sent : left;
		const ssize_t n = send(e->fd, load.pattern + e->sent,
			urgent		     ? 1
			: e->of->how->urgent ? part
					     : left,
			MSG_NOSIGNAL | (urgent ? MSG_OOB : 0));
		if (n < 0) {
			e->failed = errno != EAGAIN && errno != EINPROGRESS;
			return;
		}
		e->sent += (size_t)n;
	}
}

static bool may_finish(const struct end *e)
{
	const struct connection *const c = e->of;
	const size_t wanted = c->ends[!e->side].out;
	const enum when when = c->how->when[e->side];

	if (c->how->idle && load.now < c->began + IDLE)
		return false;
	if (when == HALF)
		return e->received >= wanted / 2;
	return e->sent == e->out &&
	       (when == SENT || (when == ALL && e->received == wanted) || e->eof);
}

static void finish(struct end *e)
{
	const bool at_once = e->of->at_once && e->of->how->when[e->side] == ALL;

	e->finished = true;
	if (e->of->how->resets[e->side])
		setsockopt(e->fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0},
			sizeof(struct linger));
	if (e->of->how->resets[e->side] || at_once)
		close_end(e);
	else
		shutdown(e->fd, SHUT_WR);
}

static void advance(struct end *e, uint32_t events)
{
	e->connected |= (events & (EPOLLIN | EPOLLOUT)) && !(events & EPOLLERR);
	if (events & EPOLLERR)
		e->failed = true;
	if (e->connected)
		receive(e);
	if (e->connected && !e->failed)
		send_out(e);
	if (e->connected && !e->failed && !e->finished && may_finish(e))
		finish(e);
	if (e->fd >= 0 && (e->failed || (e->finished && e->eof)))
		close_end(e);
	if (e->fd >= 0)
		watch(e, (may_read(e) ? EPOLLIN : 0u) |
				 (may_write(e) || !e->connected ? EPOLLOUT : 0u));
	if (e->of->ends[0].closed && (e->of->ends[1].closed || e->of->how->refused))
		end_connection(e->of, false);
}

/* Probes bring no event. */
static bool is_window_closed(const struct end *e)
{
	struct tcp_info info = {0};
	socklen_t len = sizeof(info);

	return e->fd >= 0 && getsockopt(e->fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 &&
	       info.tcpi_backoff >= PROBES;
}

/* The peer of an end that reset may never hear of it. */
static void check_untold(struct connection *c)
{
	for (enum side side = CLIENT; side <= SERVER; side++) {
		struct end *const peer = &c->ends[!side];
		if (c->ends[side].closed && !peer->closed &&
			(c->how->resets[side] || c->ends[side].failed) &&
			load.now > c->ends[side].closed_at + UNTOLD) {
			close_end(peer);
			end_connection(c, false);
			return;
		}
	}
}

static void tick(struct connection *c)
{
	struct end *const client = &c->ends[CLIENT], *const server = &c->ends[SERVER];

	if (c->how->closed_window && !c->window_was_closed && is_window_closed(client)) {
		c->window_was_closed = true;
		advance(server, 0);
	}
	if (c->how && c->how->idle && client->connected && client->fd >= 0)
		advance(client, 0);
	if (c->how)
		check_untold(c);
	if (c->how && load.now > c->moved + STUCK)
		end_connection(c, true);
}

/* From the same port, as soon as the kernel gives it; the server's end is in TIME-WAIT. */
static void begin_again(void)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < load.wanted; i++)
		if (load.begun < load.count && !begin(&scenarios[0], load.again[i]))
			load.again[kept++] = load.again[i];
	load.wanted = kept;
}

static void turn(void)
{
	struct epoll_event events[256];
	const int n = epoll_wait(load.epoll, events, 256, TICK);
	static uint64_t ticked;

	load.now = clock_ms();
	for (int i = 0; i < n; i++) {
		int *const listener = events[i].data.ptr;
		if (listener >= load.listeners && listener < load.listeners + LISTENERS)
			accept_all((unsigned)(listener - load.listeners));
	}
	for (int i = 0; i < n; i++) {
		struct end *const e = events[i].data.ptr;
		if ((uint8_t *)e >= (uint8_t *)load.all &&
			(uint8_t *)e < (uint8_t *)(load.all + PARALLEL_MAX) && e->of &&
			e->of->how && e->fd >= 0)
			advance(e, events[i].events);
	}
	if (load.now < ticked + TICK)
		return;
	ticked = load.now;
	begin_again();
	for (struct connection *c = load.all; c < load.all + PARALLEL_MAX; c++)
		if (c->how)
			tick(c);
}

static int namespace_of(const char *path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die(path);
	return fd;
}

static void read_address(enum side side, const char *text)
{
	struct sockaddr_storage *const a = &load.address[side];

	if (inet_pton(AF_INET, text, &((struct sockaddr_in *)a)->sin_addr) == 1) {
		a->ss_family = AF_INET;
		load.address_len = sizeof(struct sockaddr_in);
	} else if (inet_pton(AF_INET6, text, &((struct sockaddr_in6 *)a)->sin6_addr) == 1) {
		a->ss_family = AF_INET6;
		load.address_len = sizeof(struct sockaddr_in6);
	} else {
		errno = EINVAL;
		die(text);
	}
}

static void read_arguments(char **argv)
{
	const struct rlimit files = {8192, 8192};

	setrlimit(RLIMIT_NOFILE, &files);
	for (enum side side = CLIENT; side <= SERVER; side++) {
		load.namespaces[side] = namespace_of(argv[1 + side]);
		read_address(side, argv[3 + side]);
	}
	load.port = (unsigned)atoi(argv[5]);
	load.count = (unsigned)atoi(argv[6]);
	load.parallel = (unsigned)atoi(argv[7]);
	load.random = (uint64_t)atoll(argv[8]);
	load.kinds = SCENARIOS;
	load.epoll = epoll_create1(EPOLL_CLOEXEC);
	for (size_t i = 0; i < sizeof(load.pattern); i++)
		load.pattern[i] = (uint8_t)(i * 7 + i / 251);
}

int main(int argc, char **argv)
{
	if (argc < 9 || argc > 10) {
		fputs("usage: tcp_load CLIENT-NETNS SERVER-NETNS CLIENT-ADDRESS SERVER-ADDRESS "
		      "PORT CONNECTIONS PARALLEL SEED [mptcp]\n",
			stderr);
		return 2;
	}
	read_arguments(argv);
	if (argc == 10) {
		load.protocol = MPTCP;
		load.kinds = ORDINARY;
	}
	for (unsigned i = 0; i < LISTENERS; i++)
		listen_on(i);
	load.now = clock_ms();
	while (load.done < load.count) {
		while (load.begun < load.count && load.running < load.parallel)
			begin(draw_scenario(), 0);
		turn();
	}
	return 0;
}
