/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_overlap.h"

struct policy {
	const char *name;
	pkts_overlap_fn *rule;
};

static bool always(uint64_t os, uint64_t oe, uint64_t ns, uint64_t ne)
{
	(void)os, (void)oe, (void)ns, (void)ne;
	return true;
}

static bool starts_before(uint64_t os, uint64_t oe, uint64_t ns, uint64_t ne)
{
	(void)oe, (void)ne;
	return ns < os;
}

static bool starts_no_later(uint64_t os, uint64_t oe, uint64_t ns, uint64_t ne)
{
	(void)oe, (void)ne;
	return ns <= os;
}

static bool starts_no_earlier(uint64_t os, uint64_t oe, uint64_t ns, uint64_t ne)
{
	(void)oe, (void)ne;
	return ns >= os;
}

static bool reaches_round(uint64_t os, uint64_t oe, uint64_t ns, uint64_t ne)
{
	return ns < os && ne > oe;
}

static bool reaches_round_or_ends_with(uint64_t os, uint64_t oe, uint64_t ns, uint64_t ne)
{
	return ns < os && ne >= oe;
}

static bool tcp_linux(uint64_t os, uint64_t oe, uint64_t ns, uint64_t ne)
{
	return ns < os || (ns == os && ne > oe);
}

static bool tcp_old_linux(uint64_t os, uint64_t oe, uint64_t ns, uint64_t ne)
{
	return ns < os || (ns == os && ne >= oe);
}

static bool tcp_solaris(uint64_t os, uint64_t oe, uint64_t ns, uint64_t ne)
{
	return ne > oe || (ne == oe && ns <= os);
}

static const struct policy ip_policies[PKTS_IP_POLICY_MAX] = {
	[PKTS_IP_RFC8200] = {"rfc8200", NULL},
	[PKTS_IP_DROP] = {"drop", NULL},
	[PKTS_IP_FIRST] = {"first", NULL},
	[PKTS_IP_LAST] = {"last", always},
	[PKTS_IP_BSD] = {"bsd", starts_before},
	[PKTS_IP_BSD_RIGHT] = {"bsd-right", starts_no_earlier},
	[PKTS_IP_LINUX] = {"linux", starts_no_later},
	[PKTS_IP_WINDOWS] = {"windows", reaches_round},
	[PKTS_IP_SOLARIS] = {"solaris", reaches_round_or_ends_with},
};

static const struct policy tcp_policies[PKTS_TCP_POLICY_MAX] = {
	[PKTS_TCP_FIRST] = {"first", NULL},
	[PKTS_TCP_LAST] = {"last", always},
	[PKTS_TCP_BSD] = {"bsd", starts_before},
	[PKTS_TCP_WINDOWS] = {"windows", starts_before},
	[PKTS_TCP_WIN2K3] = {"win2k3", starts_before},
	[PKTS_TCP_VISTA] = {"vista", NULL},
	[PKTS_TCP_MACOS] = {"macos", starts_before},
	[PKTS_TCP_IRIX] = {"irix", starts_before},
	[PKTS_TCP_HPUX10] = {"hpux10", starts_before},
	[PKTS_TCP_HPUX11] = {"hpux11", tcp_solaris},
	[PKTS_TCP_LINUX] = {"linux", tcp_linux},
	[PKTS_TCP_OLD_LINUX] = {"old-linux", tcp_old_linux},
	[PKTS_TCP_SOLARIS] = {"solaris", tcp_solaris},
};

static bool same_name(const char *known, const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (known[i] == 0 || known[i] != (name[i] == '_' ? '-' : name[i]))
			return false;
	return known[len] == 0;
}

/* The row of that name; max if there is none. */
static unsigned find(const struct policy *policies, unsigned max, const char *name, size_t len)
{
	unsigned i = 0;

	while (i < max && !same_name(policies[i].name, name, len))
		i++;
	return i;
}

pkts_overlap_fn *pkts_ip_policy_rule(enum pkts_ip_policy policy)
{
	return (unsigned)policy < PKTS_IP_POLICY_MAX ? ip_policies[policy].rule : NULL;
}

pkts_overlap_fn *pkts_tcp_policy_rule(enum pkts_tcp_policy policy)
{
	return (unsigned)policy < PKTS_TCP_POLICY_MAX ? tcp_policies[policy].rule : NULL;
}

const char *pkts_ip_policy_name(enum pkts_ip_policy policy)
{
	return (unsigned)policy < PKTS_IP_POLICY_MAX ? ip_policies[policy].name : "";
}

const char *pkts_tcp_policy_name(enum pkts_tcp_policy policy)
{
	return (unsigned)policy < PKTS_TCP_POLICY_MAX ? tcp_policies[policy].name : "";
}

bool pkts_ip_policy_by_name(const char *name, size_t len, enum pkts_ip_policy *policy)
{
	const unsigned i = find(ip_policies, PKTS_IP_POLICY_MAX, name, len);

	if (i == PKTS_IP_POLICY_MAX)
		return false;
	*policy = (enum pkts_ip_policy)i;
	return true;
}

bool pkts_tcp_policy_by_name(const char *name, size_t len, enum pkts_tcp_policy *policy)
{
	const unsigned i = find(tcp_policies, PKTS_TCP_POLICY_MAX, name, len);

	if (i == PKTS_TCP_POLICY_MAX)
		return false;
	*policy = (enum pkts_tcp_policy)i;
	return true;
}
