/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "source.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "signals.h"
#include "start.h"

#define NAME_MAX_LEN 4200 /* a path and the driver's name */

/* What -r and -w name are files, whatever they look like; -i prefers an interface to a file. */
static int driver_name(char *to, const char *driver, const char *name, struct pkts_error *err)
{
	if (snprintf(to, NAME_MAX_LEN, "%s%s", driver, name) < NAME_MAX_LEN)
		return 0;
	snprintf(err->text, sizeof(err->text), "a name of over %d bytes: '%.60s...'", NAME_MAX_LEN,
		name);
	return -ENAMETOOLONG;
}

static int source_name(char *to, const struct dump_options *o, struct pkts_error *err)
{
	if (o->read)
		return driver_name(to, "pcap:", o->read, err);
	return driver_name(to, if_nametoindex(o->port) ? "af_packet:" : "", o->port, err);
}

static void add_hint(struct pkts_error *err, const char *hint)
{
	const size_t n = strnlen(err->text, sizeof(err->text) - 1);
	snprintf(err->text + n, sizeof(err->text) - n, "%s", hint);
}

/* A pipe may be silent for ever: opening it ends when the user asks for that. */
static int open_patiently(struct pkts_port **port, const char *name,
	const struct pkts_port_conf *conf, struct pkts_error *err)
{
	signals_catch();
	const int ret = pkts_port_open(port, name, conf, err);
	signals_release();
	return signals_stop() && (ret == 0 || ret == -EINTR) ? -EINTR : ret;
}

int source_open(struct pkts_port **port, const struct dump_options *o, struct pkts_error *err)
{
	const struct pkts_port_conf conf = {
		.snaplen = (uint32_t)o->snaplen,
		.no_promiscuous = o->no_promiscuous,
	};
	char name[NAME_MAX_LEN];
	int ret = source_name(name, o, err);

	*port = NULL;
	if (ret == 0)
		ret = start_runtime("pkts-dump", name, o->eal, err);
	if (ret == 0)
		ret = open_patiently(port, name, &conf, err);
	if (ret == -ENOENT && o->port)
		add_hint(err, " (pkts-dump -D lists what there is)");
	if (ret == 0)
		ret = pkts_port_activate(*port, o->filter, err);
	signals_catch();
	return ret;
}

/* One regular file by two names would be emptied before it is read. */
static bool is_same_file(const struct dump_options *o)
{
	const bool from_stdin = o->read && strcmp(o->read, "-") == 0;
	const bool to_stdout = strcmp(o->write, "-") == 0;
	struct stat from, to;

	if (!o->read)
		return false;
	if (from_stdin ? fstat(STDIN_FILENO, &from) : stat(o->read, &from))
		return false;
	if (to_stdout ? fstat(STDOUT_FILENO, &to) : stat(o->write, &to))
		return false;
	return S_ISREG(from.st_mode) && from.st_dev == to.st_dev && from.st_ino == to.st_ino;
}

int target_open(struct pkts_port **port, const struct dump_options *o, struct pkts_error *err)
{
	const struct pkts_port_conf conf = {
		.mode = PKTS_PORT_WRITE,
		.snaplen = (uint32_t)o->snaplen,
	};
	char name[NAME_MAX_LEN];

	*port = NULL;
	if (!o->write)
		return 0;
	if (is_same_file(o)) {
		snprintf(err->text, sizeof(err->text),
			"-w '%s' is the file that is read: it would be lost, so give another name",
			o->write);
		return -EINVAL;
	}
	const int ret = driver_name(name, "pcap:", o->write, err);
	return ret ? ret : pkts_port_open(port, name, &conf, err);
}
