/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <sys/types.h> /* pcap/bpf.h takes it for granted */

#include <pcap/bpf.h>

#include <errno.h>
#include <linux/filter.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "af_packet.h"

_Static_assert(sizeof(struct bpf_insn) == sizeof(struct sock_filter), "libpcap's is the kernel's");

static const struct sock_filter reject_all[] = {BPF_STMT(BPF_RET | BPF_K, 0)};

/* Frames with a tag beside them are accepted here; the others go on to the program behind. */
static const struct sock_filter tagged_pass[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
	BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
};

static int attach(int fd, const struct sock_filter *instructions, size_t n)
{
	const struct sock_fprog program = {
		.len = (unsigned short)n,
		.filter = (struct sock_filter *)(uintptr_t)instructions, /* only read */
	};
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) ? -errno : 0;
}

int socket_filter_reject(int fd)
{
	return attach(fd, reject_all, PKTS_ARRAY_LEN(reject_all));
}

static int detach(int fd)
{
	int unused = 0;
	return setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof(unused)) ? -errno : 0;
}

int socket_filter_attach(int fd, const struct bpf_program *program)
{
	const size_t before = PKTS_ARRAY_LEN(tagged_pass);

	if (!program)
		return detach(fd);
	if (program->bf_len + before > BPF_MAXINSNS)
		return -E2BIG;
	struct sock_filter *all = malloc((before + program->bf_len) * sizeof(*all));
	if (!all)
		return -ENOMEM;
	memcpy(all, tagged_pass, sizeof(tagged_pass));
	memcpy(all + before, program->bf_insns, program->bf_len * sizeof(*all));
	const int ret = attach(fd, all, before + program->bf_len);
	free(all);
	return ret;
}
