/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * SCTP associations of usrsctp's, over raw sockets, with every ending that it knows. The server echoes
 * messages, and does as the last of them says. The client writes a line of JSON for each association.
 *
 * No socket is closed: usrsctp's timers and its receiver now and then reach for a closed one that is freed already.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <usrsctp.h>

#define ADDRESSES    2
#define STREAMS	     8
#define MESSAGES     12
#define SIZE	     8192 /* of a message at most: several fragments */
#define PARALLEL     16
#define INTERLEAVING 0x1206 /* SCTP_INTERLEAVING_SUPPORTED, RFC 8260 4.3.1 */
#define MIX_STREAMS  2	    /* value of SCTP_FRAGMENT_INTERLEAVE that it needs, RFC 6458 8.1.20 */

/* Payload protocol identifiers: what the server does about a message. */
enum ppid { ECHO_BACK, SHUT_DOWN, RESET, NOTHING };

static const struct ending {
	const char *name;
	enum ppid last; /* the client's last message */
	bool resets;	/* the client */
	bool refused;
} endings[] = {
	{"client_shuts_down", NOTHING},
	{"server_shuts_down", SHUT_DOWN},
	{"client_aborts", NOTHING, .resets = true},
	{"server_aborts", RESET},
	{"refused", NOTHING, .refused = true},
};
#define ENDINGS (sizeof(endings) / sizeof(endings[0]))

static struct {
	struct sockaddr_in own[ADDRESSES], peer[ADDRESSES];
	uint16_t port, first_port; /* first_port 0: any */
	unsigned count;
	bool vanishes; /* the associations stay open when the process ends */
	uint64_t seed;
	unsigned next;
	pthread_mutex_t mutex;
} load = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static void die(const char *what)
{
	perror(what);
	_exit(2);
}

static uint64_t draw(uint64_t *random, uint64_t bound)
{
	uint64_t z = *random += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return (z ^ (z >> 31)) % bound;
}

static void silent(const char *format, ...)
{
	(void)format;
}

/* Timers that fit the path: what is lost is sent again soon, and both paths have heartbeats. */
static void start_stack(void)
{
	usrsctp_init(0, NULL, silent);
	usrsctp_sysctl_set_sctp_rto_initial_default(200);
	usrsctp_sysctl_set_sctp_rto_min_default(50);
	usrsctp_sysctl_set_sctp_rto_max_default(1000);
	usrsctp_sysctl_set_sctp_init_rto_max_default(400);
	usrsctp_sysctl_set_sctp_delayed_sack_time_default(10);
	usrsctp_sysctl_set_sctp_heartbeat_interval_default(300);
	usrsctp_sysctl_set_sctp_cmt_on_off(1);
	usrsctp_sysctl_set_sctp_ecn_enable(1);
}

static void set(struct socket *so, int option, int value)
{
	usrsctp_setsockopt(so, IPPROTO_SCTP, option, &value, sizeof(value));
}

static void use_interleaving(struct socket *so)
{
	const struct sctp_assoc_value value = {.assoc_id = SCTP_FUTURE_ASSOC, .assoc_value = 1};

	set(so, SCTP_FRAGMENT_INTERLEAVE, MIX_STREAMS);
	usrsctp_setsockopt(so, IPPROTO_SCTP, INTERLEAVING, &value, sizeof(value));
}

static struct socket *new_socket(bool interleaving, uint16_t port)
{
	const struct sctp_initmsg init = {
		.sinit_num_ostreams = STREAMS, .sinit_max_instreams = STREAMS};
	struct socket *const so =
		usrsctp_socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);
	struct sockaddr_in own[ADDRESSES];

	if (!so)
		die("usrsctp_socket");
	memcpy(own, load.own, sizeof(own));
	for (unsigned i = 0; i < ADDRESSES; i++)
		own[i].sin_port = htons(port);
	set(so, SCTP_RECVRCVINFO, 1);
	set(so, SCTP_NODELAY, 1);
	usrsctp_setsockopt(so, IPPROTO_SCTP, SCTP_INITMSG, &init, sizeof(init));
	if (interleaving)
		use_interleaving(so);
	if (usrsctp_bindx(so, (struct sockaddr *)own, ADDRESSES, SCTP_BINDX_ADD_ADDR))
		die("usrsctp_bindx");
	return so;
}

static bool send_message(struct socket *so, const void *bytes, size_t n, uint16_t stream,
	uint16_t flags, enum ppid ppid)
{
	struct sctp_sndinfo info = {.snd_sid = stream, .snd_flags = flags, .snd_ppid = htonl(ppid)};

	return usrsctp_sendv(so, bytes, n, NULL, 0, &info, sizeof(info), SCTP_SENDV_SNDINFO, 0) ==
	       (ssize_t)n;
}

/* Sends ABORT. */
static void reset(struct socket *so)
{
	send_message(so, "", 0, 0, SCTP_ABORT, NOTHING);
}

static ssize_t receive(struct socket *so, void *bytes, size_t n, struct sctp_rcvinfo *info)
{
	socklen_t len = sizeof(*info);
	unsigned type = 0;
	int flags = 0;

	return usrsctp_recvv(so, bytes, n, NULL, NULL, info, &len, &type, &flags);
}

/* Server */

static void *serve(void *socket)
{
	struct socket *const so = socket;
	struct sctp_rcvinfo info = {0};
	uint8_t bytes[SIZE];
	ssize_t n;

	while ((n = receive(so, bytes, sizeof(bytes), &info)) > 0) {
		const enum ppid ppid = ntohl(info.rcv_ppid);
		if (ppid == RESET)
			reset(so);
		if (ppid == SHUT_DOWN)
			usrsctp_shutdown(so, SHUT_WR);
		if (ppid == ECHO_BACK)
			send_message(so, bytes, (size_t)n, info.rcv_sid,
				info.rcv_flags & SCTP_UNORDERED, ECHO_BACK);
	}
	return NULL;
}

static void *accept_all(void *socket)
{
	pthread_attr_t attr;
	pthread_t thread;
	struct socket *so;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	while ((so = usrsctp_accept(socket, NULL, NULL)))
		if (pthread_create(&thread, &attr, serve, so))
			die("pthread_create");
	return NULL;
}

/* On the port without I-DATA, on the next with it; nobody is on the one after that. */
static int be_server(void)
{
	struct socket *sockets[2];
	pthread_t thread;

	for (unsigned i = 0; i < 2; i++) {
		sockets[i] = new_socket(i, (uint16_t)(load.port + i));
		if (usrsctp_listen(sockets[i], 128))
			die("usrsctp_listen");
		if (pthread_create(&thread, NULL, accept_all, sockets[i]))
			die("pthread_create");
	}
	puts("listening");
	fflush(stdout);
	getchar(); /* until nobody holds the other end */
	_exit(0);
}

/* Client */

/* One of the states of the association, SCTP_CLOSED once it has ended. */
static int state_of(struct socket *so)
{
	struct sctp_status status;
	socklen_t len = sizeof(status);

	if (usrsctp_getsockopt(so, IPPROTO_SCTP, SCTP_STATUS, &status, &len))
		return SCTP_CLOSED;
	return status.sstat_state;
}

/* There is no call that waits until the handshake is done, or the last packet sent. */
static int wait_while(struct socket *so, int first, int last)
{
	int state;

	while ((state = state_of(so)) >= first && state <= last)
		usleep(1000);
	return state;
}

static bool connect_to(struct socket *so, uint16_t port, unsigned first)
{
	struct sockaddr_in peer[ADDRESSES];
	sctp_assoc_t id;

	for (unsigned i = 0; i < ADDRESSES; i++) {
		peer[i] = load.peer[(i + first) % ADDRESSES];
		peer[i].sin_port = htons(port);
	}
	return usrsctp_connectx(so, (struct sockaddr *)peer, ADDRESSES, &id) == 0 &&
	       wait_while(so, SCTP_COOKIE_WAIT, SCTP_COOKIE_ECHOED) != SCTP_CLOSED;
}

/* True once everything has come back. */
static bool exchange(struct socket *so, uint64_t *random)
{
	struct sctp_rcvinfo info;
	uint8_t bytes[SIZE];
	size_t left = 0;
	ssize_t n = 0;

	memset(bytes, 'x', sizeof(bytes));
	for (uint64_t i = draw(random, MESSAGES); i; i--) {
		const size_t size = 1 + draw(random, draw(random, 3) ? 500 : SIZE);
		const uint16_t stream = (uint16_t)draw(random, STREAMS);
		const uint16_t flags = draw(random, 4) ? 0 : SCTP_UNORDERED;
		if (!send_message(so, bytes, size, stream, flags, ECHO_BACK))
			return false;
		left += size;
	}
	while (left && (n = receive(so, bytes, sizeof(bytes), &info)) > 0)
		left -= (size_t)n;
	return left == 0;
}

static void end_association(struct socket *so, const struct ending *ending)
{
	if (ending->resets)
		reset(so);
	else if (ending->last != NOTHING)
		send_message(so, "end", 3, 0, 0, ending->last);
	else
		usrsctp_shutdown(so, SHUT_WR);
	wait_while(so, SCTP_COOKIE_WAIT, SCTP_SHUTDOWN_ACK_SENT);
}

static uint16_t port_of(struct socket *so)
{
	struct sockaddr_in first = {0};
	struct sockaddr *own;

	if (usrsctp_getladdrs(so, 0, &own) <= 0)
		return 0;
	memcpy(&first, own, sizeof(first));
	usrsctp_freeladdrs(own);
	return ntohs(first.sin_port);
}

static void one_association(unsigned id)
{
	uint64_t random = load.seed * 1000003 + id;
	const struct ending *const ending = &endings[load.vanishes ? 0 : draw(&random, ENDINGS)];
	const bool interleaving = id % 2;
	const uint16_t dport = (uint16_t)(load.port + (ending->refused ? 2 : interleaving));
	const uint16_t sport = load.first_port ? (uint16_t)(load.first_port + id) : 0;
	struct socket *const so = new_socket(interleaving, sport);
	const bool connected = connect_to(so, dport, id % ADDRESSES);
	const uint16_t port = port_of(so);
	const bool complete = connected && exchange(so, &random);

	if (connected && !load.vanishes)
		end_association(so, ending);
	printf("{\"id\":%u,\"ending\":\"%s\",\"sport\":%u,\"dport\":%u,\"connected\":%s,"
	       "\"complete\":%s}\n",
		id, load.vanishes ? "vanishes" : ending->name, port, dport,
		connected ? "true" : "false", complete ? "true" : "false");
}

static void *work(void *unused)
{
	(void)unused;
	for (;;) {
		pthread_mutex_lock(&load.mutex);
		const unsigned id = load.next++;
		pthread_mutex_unlock(&load.mutex);
		if (id >= load.count)
			return NULL;
		one_association(id);
	}
}

static int be_client(void)
{
	pthread_t threads[PARALLEL];

	for (unsigned i = 0; i < PARALLEL; i++)
		if (pthread_create(&threads[i], NULL, work, NULL))
			die("pthread_create");
	for (unsigned i = 0; i < PARALLEL; i++)
		pthread_join(threads[i], NULL);
	fflush(stdout);
	_exit(0);
}

static void read_addresses(struct sockaddr_in *to, char **argv)
{
	for (unsigned i = 0; i < ADDRESSES; i++) {
		to[i].sin_family = AF_INET;
		if (inet_pton(AF_INET, argv[i], &to[i].sin_addr) != 1)
			die(argv[i]);
	}
}

int main(int argc, char **argv)
{
	const bool client = argc >= 10 && strcmp(argv[1], "client") == 0;

	if (!client && (argc != 5 || strcmp(argv[1], "server") != 0)) {
		fputs("usage: sctp_load server ADDRESS ADDRESS PORT\n"
		      "       sctp_load client ADDRESS ADDRESS PORT PEER PEER FIRST-PORT "
		      "ASSOCIATIONS SEED [vanish]\n",
			stderr);
		return 2;
	}
	read_addresses(load.own, argv + 2);
	load.port = (uint16_t)atoi(argv[4]);
	start_stack();
	if (!client)
		return be_server();
	read_addresses(load.peer, argv + 5);
	load.first_port = (uint16_t)atoi(argv[7]);
	load.count = (unsigned)atoi(argv[8]);
	load.seed = (uint64_t)atoll(argv[9]);
	load.vanishes = argc > 10;
	return be_client();
}
