/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "nic_use.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define UIO_MAX 1024u

static bool links_to(const char *path, const char *target)
{
	char text[64];
	const ssize_t n = readlink(path, text, sizeof(text) - 1);

	if (n < 0)
		return false;
	text[n] = 0;
	return strcmp(text, target) == 0;
}

static bool process_has(const char *pid, const char *file)
{
	char path[300 + sizeof("/proc//fd/")];
	bool found = false;

	snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	DIR *dir = opendir(path);
	if (!dir)
		return false;
	for (struct dirent *e; !found && (e = readdir(dir));) {
		snprintf(path, sizeof(path), "/proc/%.20s/fd/%.20s", pid, e->d_name);
		found = links_to(path, file);
	}
	closedir(dir);
	return found;
}

static bool others_have(const char *file)
{
	bool found = false;
	DIR *dir = opendir("/proc");

	if (!dir)
		return false;
	for (struct dirent *e; !found && (e = readdir(dir));) {
		const long pid = strtol(e->d_name, NULL, 10);
		found = pid > 0 && pid != (long)getpid() && process_has(e->d_name, file);
	}
	closedir(dir);
	return found;
}

/* The address that /dev/uioN stands for. */
static bool address_of(unsigned n, char *address)
{
	char path[64], link[256];

	snprintf(path, sizeof(path), "/sys/class/uio/uio%u/device", n);
	const ssize_t len = readlink(path, link, sizeof(link) - 1);
	if (len < 0)
		return false;
	link[len] = 0;
	const char *const slash = strrchr(link, '/');
	snprintf(address, PCI_NAME_SIZE, "%.12s", slash ? slash + 1 : link);
	return true;
}

bool nic_use_next(unsigned *at, char address[PCI_NAME_SIZE])
{
	char file[32];

	while (*at < UIO_MAX) {
		const unsigned n = (*at)++;
		if (!address_of(n, address))
			continue;
		snprintf(file, sizeof(file), "/dev/uio%u", n);
		if (others_have(file))
			return true;
	}
	return false;
}

bool nic_use_check(const char *name)
{
	char address[PCI_NAME_SIZE], wanted[PCI_NAME_SIZE];
	unsigned at = 0;

	if (!pci_name_read(wanted, name))
		return false;
	while (nic_use_next(&at, address))
		if (strcmp(address, wanted) == 0)
			return true;
	return false;
}
