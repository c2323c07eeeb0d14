#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# devtools/deps.sh PURPOSE...         installs the Debian packages that each purpose needs
# devtools/deps.sh --list PURPOSE...   prints their names
#
# Purposes: build, test, peers (of more tests), check (format and layers, clang), fuzz, bench. What is
# installed is left alone; where nothing is missing neither root nor the network is needed.
# shellcheck disable=SC2086 # lists of names are split on purpose
set -eu

packages() {
    case $1 in
    # libdpdk-dev brings every driver and library of DPDK, and what its pkg-config file asks for
    build) echo gcc libc6-dev pkg-config meson ninja-build libdpdk-dev libpcap-dev zlib1g-dev libssl-dev libnuma-dev ;;
    test) echo libcmocka-dev libusrsctp-dev python3 python3-scapy tshark iproute2 iputils-ping tcpdump openssl ;;
    # servers and collectors that tests talk to, 30 MB; some of them start a service of their own when they
    # are installed, so that only who asks for them gets them: without them those tests are skipped
    peers) echo freediameterd libmariadb3 mariadb-client-core mariadb-server-core nfdump postgresql-15 ;;
    check) echo clang clang-format binutils git ;;
    fuzz) echo clang libclang-rt-14-dev ;;
    bench) echo g++ libtins-dev libnids-dev tcpdump tcpflow tshark ;;
    *)
        echo "deps.sh: no purpose '$1': build, test, peers, check, fuzz or bench" >&2
        exit 2
        ;;
    esac
}

is_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

list=
[ "${1:-}" = --list ] && list=yes && shift
[ $# -gt 0 ] || set -- build

wanted=$(for purpose in "$@"; do packages "$purpose" || exit 2; done)
wanted=$(printf '%s\n' $wanted | sort -u)
[ -n "$list" ] && echo "$wanted" && exit

if ! command -v dpkg-query >/dev/null; then
    echo "deps.sh: this is not a Debian system; install by other means what these packages hold:" $wanted >&2
    exit 1
fi
missing=
for package in $wanted; do
    is_installed "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
    echo "deps.sh: packages are missing and you are neither root nor have sudo. As root, run:" >&2
    echo "    apt-get update && apt-get install --no-install-recommends$missing" >&2
    exit 1
fi

echo "Installing:$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# A bare machine has no package lists yet. A source that cannot be reached matters only if a package then lacks.
if ! { as_root apt-get -q -o Acquire::Retries=3 update || :
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qy -o Acquire::Retries=3 \
        -o DPkg::Lock::Timeout=300 install --no-install-recommends $missing; } >"$log" 2>&1 </dev/null; then
    tail -n 20 "$log" >&2
    echo "deps.sh: apt-get could not install:$missing (its last words stand above)" >&2
    exit 1
fi
