/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "source.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "signals.h"
#include "start.h"

/* What -r and -w name are files, whatever they look like; -i prefers an interface to a file. */
int source_name(char *to, const char *driver, const char *name, struct pkts_error *err)
{
	if (snprintf(to, SOURCE_NAME_MAX, "%s%s", driver, name) < SOURCE_NAME_MAX)
		return 0;
	snprintf(err->text, sizeof(err->text), "a name of over %d bytes: '%.60s...'",
		SOURCE_NAME_MAX, name);
	return -ENAMETOOLONG;
}

static int name_of(char *to, const struct source_conf *conf, struct pkts_error *err)
{
	if (conf->read)
		return source_name(to, "pcap:", conf->read, err);
	return source_name(to, if_nametoindex(conf->port) ? "af_packet:" : "", conf->port, err);
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

int source_open(struct pkts_port **port, const struct source_conf *conf, struct pkts_error *err)
{
	const struct pkts_port_conf how = {
		.snaplen = conf->snaplen,
		.pool_size = conf->pool_size,
		.no_promiscuous = conf->no_promiscuous,
	};
	char name[SOURCE_NAME_MAX];
	int ret = name_of(name, conf, err);

	*port = NULL;
	start_memory(conf->memory_mb);
	if (ret == 0)
		ret = start_runtime(conf->program, name, conf->eal, err);
	if (ret == 0)
		ret = open_patiently(port, name, &how, err);
	if (ret == -ENOENT && conf->port)
		add_hint(err, " (pkts-dump -D lists what there is)");
	if (ret == 0)
		ret = pkts_port_activate(*port, conf->filter, err);
	signals_catch();
	return ret;
}
