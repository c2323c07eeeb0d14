/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "pkts_runtime.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arguments.h"
#include "fail.h"
#include "nic_use.h"
#include "pkts_dpdk.h"
#include "pkts_mbuf.h"
#include "quiet.h"
#include "words.h"

#define MEMORY_MB     256u
#define HUGEPAGES_MB  64u /* below that much free, a port's pool might not fit */
#define HUGEPAGES_DIR "/sys/kernel/mm/hugepages"

/* What a user may have decided in conf->eal, and we then do not. */
static const char *const memory_options[] = {"--no-huge", "--in-memory", "--huge-dir",
	"--legacy-mem", "--proc-type", "--socket-mem", "--numa-mem", NULL};
static const char *const amount_options[] = {
	"-m", "--memory-size", "--socket-mem", "--numa-mem", NULL};
static const char *const lcore_options[] = {"-l", "-c", "--lcores", "--coremask", "-s", "-S",
	"--service-coremask", "--service-corelist", "-R", "--remap-lcore-ids", NULL};
static const char *const shconf_options[] = {"--no-shconf", NULL};
static const char *const telemetry_options[] = {"--telemetry", "--no-telemetry", NULL};
static const char *const pci_options[] = {"--no-pci", "-a", "--allow", "-b", "--block", NULL};
static const char *const iova_options[] = {"--iova-mode", NULL};
static const char *const log_options[] = {"--log-level", NULL};
static const char *const prefix_options[] = {"--file-prefix", NULL};
/* These make EAL print a page and end the process; the last is what may follow --log-level. */
static const char *const help_options[] = {"-h", "--help", "--log-level=help", "help", NULL};

static bool started, hugepages;
static struct words arguments; /* EAL keeps pointers to them */

static uint64_t free_pages(const char *dir)
{
	char path[sizeof(HUGEPAGES_DIR) + 300];
	uint64_t n = 0;

	snprintf(path, sizeof(path), HUGEPAGES_DIR "/%s/free_hugepages", dir);
	FILE *f = fopen(path, "r");
	if (!f)
		return 0;
	if (fscanf(f, "%" SCNu64, &n) != 1)
		n = 0;
	fclose(f);
	return n;
}

/* A limit on this process or its control group may keep it from pages that are free. */
static bool may_map(uint64_t page_kb)
{
	const size_t size = page_kb << 10;
	const int size_flag = __builtin_ctzll(size) << MAP_HUGE_SHIFT;
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | size_flag, -1, 0);

	if (p == MAP_FAILED)
		return false;
	munmap(p, size);
	return true;
}

static bool enough_hugepages(void)
{
	bool enough = false;
	uint64_t kb;
	DIR *dir = opendir(HUGEPAGES_DIR);

	if (!dir)
		return false;
	for (struct dirent *e; !enough && (e = readdir(dir));) {
		if (sscanf(e->d_name, "hugepages-%" SCNu64 "kB", &kb) != 1 || !kb)
			continue;
		enough = free_pages(e->d_name) * kb >= HUGEPAGES_MB << 10 && may_map(kb);
	}
	closedir(dir);
	return enough;
}

static void add_memory(
	struct words *w, const struct words *user, const struct pkts_runtime_conf *conf)
{
	hugepages = enough_hugepages();
	if (hugepages) {
		words_add(w, "--in-memory");
		return;
	}
	words_add(w, "--no-huge");
	if (PKTS_DPDK_NO_HUGE_IN_MEMORY)
		words_add(w, "--in-memory");
	else if (!words_have(user, shconf_options))
		words_add(w, "--no-shconf");
	if (!words_have(user, amount_options)) {
		words_add(w, "-m");
		words_add(w, "%u", conf->memory_mb ? conf->memory_mb : MEMORY_MB);
	}
	if (conf->on_notice)
		conf->on_notice(conf->ctx, "no free hugepages: using ordinary memory, which is "
					   "slower on fast ports (as root, "
					   "`echo 256 > /proc/sys/vm/nr_hugepages` provides them)");
}

/* One lcore that the scheduler may put on any CPU it likes: "0@(0,1,5)". */
static void add_lcore(struct words *w)
{
	char cpus[4096] = "";
	size_t n = 0;
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		return;
	for (unsigned i = 0; i < CPU_SETSIZE && n < sizeof(cpus) - 8; i++)
		if (CPU_ISSET(i, &set))
			n += (size_t)snprintf(cpus + n, sizeof(cpus) - n, "%s%u", n ? "," : "", i);
	words_add(w, "--lcores");
	words_add(w, "0@(%s)", cpus);
}

/* DPDK resets what it finds. A NIC that someone works with is none of those that nobody named. */
static void block_used(struct words *w)
{
	char address[PCI_NAME_SIZE];

	for (unsigned at = 0; nic_use_next(&at, address);)
		words_add(w, "--block=%s", address);
}

static void allow_devices(struct words *w, const char *devices)
{
	struct words names = {0};

	if (words_split(&names, devices) == 0)
		for (int i = 0; i < names.n; i++)
			words_add(w, "--allow=%s", names.at[i]);
	words_free(&names);
}

static void add_pci(struct words *w, const struct words *user, const struct pkts_runtime_conf *conf)
{
	if (words_have(user, pci_options))
		return;
	if (conf->pci && conf->pci_devices)
		allow_devices(w, conf->pci_devices);
	else if (conf->pci)
		block_used(w);
	if (conf->pci)
		return;
	words_add(w, "--no-pci");
	/* Virtual addresses need no privileges; a NIC without IOMMU would need the others. */
	if (!words_have(user, iova_options))
		words_add(w, "--iova-mode=va");
}

static void add_files(
	struct words *w, const struct words *user, const struct pkts_runtime_conf *conf)
{
	if (conf->telemetry)
		return;
	if (!words_have(user, telemetry_options))
		words_add(w, "--no-telemetry");
	/* EAL makes a folder of this name even if it has nothing to put into it; nobody else uses
	 * ours. */
	if (!words_have(user, prefix_options))
		words_add(w, "--file-prefix=pkts-%ld", (long)getpid());
}

/* Our own choices, as far as the user has made none, stand first: EAL finds its log level early. */
static void add_defaults(
	struct words *w, const struct words *user, const struct pkts_runtime_conf *conf)
{
	words_add(w, "%s", conf->program ? conf->program : "pkts");
	if (!words_have(user, log_options))
		words_add(w, "--log-level=*:error");
	if (!words_have(user, memory_options))
		add_memory(w, user, conf);
	if (!words_have(user, lcore_options))
		add_lcore(w);
	add_pci(w, user, conf);
	add_files(w, user, conf);
}

static int check_devices(const char *devices, struct pkts_error *err)
{
	struct words names = {0};
	int ret = 0;

	if (devices && words_split(&names, devices) == 0)
		for (int i = 0; ret == 0 && i < names.n; i++)
			if (nic_use_check(names.at[i]))
				ret = pkts_error_set(err, -EBUSY,
					"the NIC '%s' is in use by another process", names.at[i]);
	words_free(&names);
	return ret;
}

static int build_arguments(
	struct words *w, const struct pkts_runtime_conf *conf, struct pkts_error *err)
{
	struct words user = {0};
	int ret = 0;

	if (conf->eal && words_split(&user, conf->eal))
		ret = pkts_error_set(
			err, -EINVAL, "EAL arguments '%s': a quote is not closed", conf->eal);
	else if (words_have(&user, help_options))
		ret = pkts_error_set(err, -EINVAL,
			"EAL arguments '%s': help is not for here, see DPDK's guide \"EAL "
			"parameters\"",
			conf->eal);
	if (ret == 0) {
		add_defaults(w, &user, conf);
		for (int i = 0; i < user.n; i++)
			words_add(w, "%s", user.at[i]);
	}
	if (ret == 0 && (w->failed || user.failed))
		ret = pkts_error_set(err, -E2BIG, "more than %d EAL arguments", WORDS_MAX);
	words_free(&user);
	return ret;
}

static const int outputs[2] = {STDOUT_FILENO, STDERR_FILENO};

/* What EAL has to say it says in its log, and then again on standard output and standard error. */
static void silence(int *saved)
{
	const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	fflush(stdout);
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(outputs); i++) {
		saved[i] = fcntl(outputs[i], F_DUPFD_CLOEXEC, 3);
		if (saved[i] >= 0 && null >= 0)
			dup2(null, outputs[i]);
	}
	if (null >= 0)
		close(null);
}

static void restore(const int *saved)
{
	fflush(stdout);
	for (unsigned i = 0; i < PKTS_ARRAY_LEN(outputs); i++) {
		if (saved[i] < 0)
			continue;
		dup2(saved[i], outputs[i]);
		close(saved[i]);
	}
}

static int refuse(
	struct pkts_error *err, const struct pkts_runtime_conf *conf, int code, const char *why)
{
	return pkts_error_set(err, code, "DPDK does not start: %s%s%s%s", why,
		conf->eal ? " (EAL arguments '" : "", conf->eal ? conf->eal : "",
		conf->eal ? "')" : "");
}

/* Our own choices are known to be right; only those of the user may not be. */
static int check_arguments(
	const struct words *w, const struct pkts_runtime_conf *conf, struct pkts_error *err)
{
	char why[200];
	int saved[2];

	if (!PKTS_DPDK_ENDS_PROCESS || !conf->eal)
		return 0;
	silence(saved);
	const int ret = arguments_check(w, why, sizeof(why));
	restore(saved);
	if (ret == 0)
		return 0;
	return refuse(err, conf, ret, *why ? why : "its arguments cannot be looked at");
}

/* Removes the folder that EAL made for files, if it holds none. */
static void remove_folder(void)
{
	char folder[PATH_MAX];
	char *slash;

	snprintf(folder, sizeof(folder), "%s", rte_eal_get_runtime_dir());
	if (!*folder || rmdir(folder) || !(slash = strrchr(folder, '/')))
		return;
	*slash = 0;
	rmdir(folder);
}

static int start_eal(struct words *w, const struct pkts_runtime_conf *conf, struct pkts_error *err)
{
	char *argv[WORDS_MAX + 1]; /* EAL moves the pointers about */
	struct quiet quiet;
	int saved[2];

	memcpy(argv, w->at, sizeof(argv));
	silence(saved);
	quiet_begin(&quiet);
	const int ret = rte_eal_init(w->n, argv);
	const int code = ret < 0 && rte_errno ? rte_errno : EINVAL;
	const char *why = quiet_end(&quiet, rte_strerror(code));
	restore(saved);
	remove_folder();
	if (ret >= 0)
		return 0;
	return refuse(err, conf, -code, why);
}

int pkts_runtime_init(const struct pkts_runtime_conf *conf, struct pkts_error *err)
{
	const struct pkts_runtime_conf c = conf ? *conf : (struct pkts_runtime_conf){0};

	if (started)
		return pkts_error_set(err, -EALREADY,
			"the runtime has been started before: a process can do that once");
	int ret = check_devices(c.pci ? c.pci_devices : NULL, err);
	if (ret == 0)
		ret = build_arguments(&arguments, &c, err);
	if (ret == 0)
		ret = check_arguments(&arguments, &c, err);
	if (ret == 0) {
		started = true;
		ret = start_eal(&arguments, &c, err);
	}
	if (ret) {
		words_free(&arguments);
		return ret;
	}
	/* A filter that DPDK's verifier does not like is run by libpcap: no reason to say anything.
	 */
	rte_log_set_level_pattern("lib.bpf", RTE_LOG_EMERG);
	return pkts_mbuf_init(err);
}

void pkts_runtime_fini(void)
{
	struct quiet quiet;

	quiet_begin(&quiet);
	rte_eal_cleanup();
	quiet_end(&quiet, "");
	remove_folder();
	words_free(&arguments);
}

bool pkts_runtime_hugepages(void)
{
	return hugepages;
}
