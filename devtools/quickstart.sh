#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# devtools/quickstart.sh: installs what the build needs, builds into build/, and shows what is in a capture.
# Nothing else is needed: no NIC, no hugepages, no configuration. Run it as root, or as a user with sudo.
set -eu
cd "$(dirname "$0")/.."

quietly() {
    if ! "$@" >build/quickstart.log 2>&1 </dev/null; then
        tail -n 30 build/quickstart.log >&2
        echo "quickstart.sh: failed: $* (all of its output: build/quickstart.log)" >&2
        exit 1
    fi
}

echo "1/3 packages: gcc, meson, DPDK, libpcap"
devtools/deps.sh build

echo "2/3 build, into build/"
mkdir -p build
[ -f build/build.ninja ] || quietly meson setup build --buildtype=release -Dtests=false
quietly ninja -C build

echo "3/3 build/apps/pkts-dump -r tests/vectors/sample.pcapng"
echo
build/apps/pkts-dump -r tests/vectors/sample.pcapng -c 20
echo
echo "These were the first 20 packets; --stats counts them all:"
build/apps/pkts-dump -r tests/vectors/sample.pcapng --stats
echo
echo "Try next: build/apps/pkts-dump --help"
