/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "ends.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source.h"

int ends_open_source(struct pkts_port **port, const struct dump_options *o, struct pkts_error *err)
{
	const struct source_conf conf = {
		.program = "pkts-dump",
		.read = o->read,
		.port = o->port,
		.filter = o->filter,
		.eal = o->eal,
		.snaplen = (uint32_t)o->snaplen,
		.no_promiscuous = o->no_promiscuous,
	};

	return source_open(port, &conf, err);
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

int ends_open_target(struct pkts_port **port, const struct dump_options *o, struct pkts_error *err)
{
	const struct pkts_port_conf conf = {
		.mode = PKTS_PORT_WRITE,
		.snaplen = (uint32_t)o->snaplen,
	};
	char name[SOURCE_NAME_MAX];

	*port = NULL;
	if (!o->write)
		return 0;
	if (is_same_file(o)) {
		snprintf(err->text, sizeof(err->text),
			"-w '%s' is the file that is read: it would be lost, so give another name",
			o->write);
		return -EINVAL;
	}
	const int ret = source_name(name, "pcap:", o->write, err);
	return ret ? ret : pkts_port_open(port, name, &conf, err);
}
